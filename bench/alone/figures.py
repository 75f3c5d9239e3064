"""What was measured, each figure beside its target."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.compare.figures import shown

NOTE = """\
What the process takes without any node is in all figures: it makes few nodes look dear, and more of
them cheap beside those."""


@dataclass(frozen=True)
class Figure:
    """Samples of one figure. `target` is what their median may be at most, or `at_least`."""

    name: str
    unit: str
    samples: Sequence[float]
    target: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        if self.target is None:
            return True
        middle = median(self.samples)
        return middle >= self.target if self.at_least else middle <= self.target


def markdown(figures: Iterable[Figure]) -> str:
    """A table: medians, with the least and the most where there are several samples."""
    rows = [
        f"| {figure.name} | {shown(figure.samples, figure.unit)} | {_target(figure)} |"
        for figure in figures
    ]
    return "\n".join(["| | measured | target |", "|---|---|---|", *rows])


def as_json(setup: dict[str, Any], figures: Iterable[Figure]) -> str:
    """All samples, for whoever wants to reckon anew."""
    rows = [{**asdict(figure), "kept": figure.kept} for figure in figures]
    return json.dumps({"setup": setup, "figures": rows}, indent=1) + "\n"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≥" if figure.at_least else "≤"
    word = "kept" if figure.kept else "**not kept**"
    return f"{sign} {figure.target:g} {figure.unit}: {word}"
