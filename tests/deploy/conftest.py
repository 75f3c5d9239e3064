"""What runs Helm, kubectl or buildah is left out of the fast checks, as all that is real."""

from pathlib import Path

import pytest

from tests.deploy.helm import HELM, HELM_3, KUBECTL
from tests.realcluster import build

HERE = Path(__file__).parent
REAL = ("test_chart", "test_manifests", "test_image")


def _is_real(item: pytest.Item) -> bool:
    return item.path.parent == HERE and item.path.stem.startswith(REAL)


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in filter(_is_real, items):
        item.add_marker(pytest.mark.realcluster)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what they run before the first test, so that no test's time limit counts it."""
    if any(map(_is_real, session.items)) and not session.config.option.collectonly:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter is not None
        build.ensure((HELM, HELM_3, KUBECTL), lambda line: reporter.write_line(line, flush=True))
