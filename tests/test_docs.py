"""The documentation names what the code has."""

from pathlib import Path

import pytest

from tidegauge.kubelet import addressing
from tidegauge.kubelet.errors import KubeletError
from tidegauge.telemetry.metrics import Metrics

OPERATIONS = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()


def causes(kind: type[KubeletError] = KubeletError) -> set[str]:
    return {kind.cause}.union(*(causes(each) for each in kind.__subclasses__())) - {"other"}


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
