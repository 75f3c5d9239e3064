"""Writes what is made from the chart: manifests, and the table of values in docs/install.md."""

import sys

from tests.deploy import manifests, valuestable
from tests.deploy.helm import HELM
from tests.realcluster import build


def main() -> int:
    """Write all files."""
    build.ensure([HELM])
    for path, text in [*manifests.files(), (valuestable.PAGE, valuestable.page())]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
