"""Wheel, sdist and chart: made twice from the same commit, and the same bytes both times."""

import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.release.running import ReleaseError, run
from tests.deploy.helm import HELM
from tests.realcluster import build


def python_packages(checkout: Path, folder: Path) -> None:
    """Wheel and sdist. All times in them are SOURCE_DATE_EPOCH, which whoever calls has set."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=checkout)


def chart(checkout: Path, folder: Path) -> None:
    """The packaged chart; Helm 4 takes its times from SOURCE_DATE_EPOCH, Helm 3 does not."""
    helm = build.ensure([HELM])[HELM.label]
    run(helm, "package", checkout / "deploy" / "helm" / "tidegauge", "--destination", folder)


def twice(make: Callable[[Path, Path], None], checkout: Path, folder: Path) -> list[Path]:
    """Make into the folder; the new files.

    Raises:
        ReleaseError: a second time gave other bytes.

    """
    before = set(folder.iterdir())
    make(checkout, folder)
    made = sorted(set(folder.iterdir()) - before)
    with TemporaryDirectory() as again:
        make(checkout, Path(again))
        different = list(_different(made, Path(again)))
    if different:
        raise ReleaseError(f"made again from the same commit, other bytes: {', '.join(different)}")
    return made


def _different(made: list[Path], again: Path) -> Iterator[str]:
    for path in made:
        if digest(path) != digest(again / path.name):
            yield path.name


def digest(path: Path) -> str:
    """Its SHA-256, in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()
