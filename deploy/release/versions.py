"""One version everywhere: what names it is read, and what differs is told."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.release.running import ReleaseError

PACKAGE = Path("src/tidegauge/__init__.py")
CHART = Path("deploy/helm/tidegauge/Chart.yaml")
CHANGELOG = Path("CHANGELOG.md")
# What an operator is told to type, or gets by default.
NAMING_THE_IMAGE = (
    Path("docs/install.md"),
    Path("deploy/image/Containerfile"),
    Path("deploy/manifests/base/tidegauge.yaml"),
    Path("deploy/manifests/ha/tidegauge.yaml"),
)
UNRELEASED = "Unreleased"

_VERSION = re.compile(r'^__version__ = "(\d+\.\d+\.\d+)"$', re.MULTILINE)
_IMAGE = re.compile(r"\b(?:tidegauge:|VERSION=)(\d+\.\d+\.\d+)")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def version(root: Path) -> str:
    """The version of the package in a checkout; MAJOR.MINOR.PATCH."""
    found = _VERSION.search((root / PACKAGE).read_text())
    if found is None:
        raise ReleaseError(f'{PACKAGE}: no line __version__ = "MAJOR.MINOR.PATCH"')
    return found[1]


def problems(root: Path, tag: str | None = None) -> Iterator[str]:
    """Each place that disagrees, with its file and what belongs there.

    Args:
        root: a checkout.
        tag: that of the commit to release; None for a rehearsal, in which the changelog may still
            say "Unreleased".

    """
    wanted = version(root)
    chart = yaml.safe_load((root / CHART).read_text())
    for field in ("version", "appVersion"):
        if str(chart[field]) != wanted:
            yield f"{CHART}: {field} is {chart[field]}, not {wanted} as in {PACKAGE}"
    for path in NAMING_THE_IMAGE:
        named = set(_IMAGE.findall((root / path).read_text()))
        if named != {wanted}:
            shown = ", ".join(sorted(named)) or "none"
            yield f"{path}: names the image by {shown}, not by {wanted}"
    yield from _changelog_problems((root / CHANGELOG).read_text(), wanted, tag)


def _changelog_problems(changelog: str, wanted: str, tag: str | None) -> Iterator[str]:
    if tag is None:
        if heading(changelog, wanted) is None and UNRELEASED not in _HEADING.findall(changelog):
            yield f'{CHANGELOG}: neither "## {UNRELEASED}" nor "## {wanted} - YYYY-MM-DD" is there'
        return
    if tag != f"v{wanted}":
        yield f"the tag is {tag}, but {PACKAGE} says {wanted}: tag v{wanted}, or change the version"
    if heading(changelog, wanted) is None:
        yield f'{CHANGELOG}: no heading "## {wanted} - YYYY-MM-DD": rename "## {UNRELEASED}"'


def heading(changelog: str, wanted: str) -> str | None:
    """The heading of that version, which ends with its date."""
    dated = re.compile(rf"{re.escape(wanted)} - \d{{4}}-\d\d-\d\d")
    return next(filter(dated.fullmatch, _HEADING.findall(changelog)), None)


def notes(changelog: str, wanted: str) -> str:
    """What the changelog says of that version, or of what is not released yet; ends with a newline.

    Raises:
        ReleaseError: there is no such section, or nothing in it.

    """
    title = heading(changelog, wanted) or UNRELEASED
    _, _, rest = changelog.partition(f"\n## {title}\n")
    section = _HEADING.split(rest, maxsplit=1)[0].strip()
    if not section:
        raise ReleaseError(f'{CHANGELOG}: nothing below "## {title}"')
    return f"{section}\n"
