"""The documentation names what the code has."""

import re
from pathlib import Path

import msgspec
import pytest

from tidegauge.kubelet import addressing, errors
from tidegauge.kubelet.errors import KubeletError
from tidegauge.sandbox.simulation import library, story
from tidegauge.telemetry.metrics import Metrics

DOCS = Path(__file__).parent.parent / "docs"
OPERATIONS = (DOCS / "operations.md").read_text()
STORIES = (DOCS / "stories.md").read_text()


def causes() -> set[str]:
    """Those that the scraper tells apart."""
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    return {kind.cause for kind in kinds if issubclass(kind, KubeletError)} - {"other"}


@pytest.mark.parametrize("cause", sorted(causes()))
def test_every_cause_of_a_failed_scrape_is_explained(cause: str) -> None:
    """Whoever sees a cause in a metric finds what to do about it."""
    assert f"`{cause}`" in OPERATIONS


def test_every_family_of_ours_is_explained() -> None:
    """By its full name."""
    ours = {
        line.split()[2]
        for line in Metrics(15).render().decode().splitlines()
        if line.startswith("# TYPE tidegauge_")
    }

    assert ours
    assert [name for name in sorted(ours) if f"`{name}`" not in OPERATIONS] == []


@pytest.mark.parametrize("annotation", addressing.ANNOTATIONS)
def test_every_annotation_is_explained(annotation: str) -> None:
    """With its full name."""
    assert f"`{annotation}`" in OPERATIONS


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_table_has_a_head(page: Path) -> None:
    """Rows after an empty line are shown as text, with all their bars."""
    tables = re.findall(r"(?:^\|.*\n)+", page.read_text(), re.MULTILINE)

    assert [table for table in tables if not re.match(r".*\n[-:| ]+\n", table)] == []


def fields_of(part: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(part)}


@pytest.mark.parametrize(
    "part",
    [
        story.Image,
        story.Workload,
        story.Container,
        story.Autoscale,
        story.Load,
        story.Step,
        story.Wave,
        story.Crowd,
        story.Change,
    ],
)
def test_every_field_of_a_story_is_explained(part: type[msgspec.Struct]) -> None:
    """Whoever writes one finds what may stand there."""
    assert [name for name in sorted(fields_of(part)) if f"`{name}`" not in STORIES] == []


def test_every_story_is_told_of() -> None:
    """By its name."""
    assert [name for name in library.names() if f"| `{name}` |" not in STORIES] == []


def test_the_story_of_the_documentation_is_one() -> None:
    """It can be told as it stands there."""
    library.parse("docs/stories.md", STORIES.partition("```yaml\n")[2].partition("```")[0])
