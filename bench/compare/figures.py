"""What was measured, and its table."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

OURS, THEIRS = "Tidegauge", "metrics-server"


@dataclass(frozen=True)
class Figure:
    """Samples of one figure, of both servers. `limit` is the ratio that is promised, if one is."""

    name: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float]
    limit: float | None = None

    @property
    def ratio(self) -> float:
        """Of the medians."""
        theirs = median(self.theirs)
        return median(self.ours) / theirs if theirs else math.nan

    @property
    def kept(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


def markdown(figures: Iterable[Figure]) -> str:
    """A table: medians, with the least and the most where there are several samples."""
    rows = [
        f"| {figure.name} | {shown(figure.ours, figure.unit)} "
        f"| {shown(figure.theirs, figure.unit)} | {figure.ratio:.2f} | {_promise(figure)} |"
        for figure in figures
    ]
    head = f"| | {OURS} | {THEIRS} | ratio | promised |\n|---|---|---|---|---|"
    return "\n".join([head, *rows])


def as_json(setup: dict[str, Any], figures: Iterable[Figure]) -> str:
    """All samples, for whoever wants to reckon anew."""
    rows = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    return json.dumps({"setup": setup, "figures": rows}, indent=1) + "\n"


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest of the samples; they must not be empty."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _promise(figure: Figure) -> str:
    if figure.limit is None:
        return ""
    return f"≤ {figure.limit:g}" if figure.kept else f"≤ {figure.limit:g}: **not kept**"


def shown(samples: Sequence[float], unit: str) -> str:
    """The median, with the least and the most where there are several."""
    middle = _number(median(samples))
    if len(samples) == 1:
        return f"{middle} {unit}"
    return f"{middle} ({_number(min(samples))} to {_number(max(samples))}) {unit}"


def _number(value: float) -> str:
    """Three digits that count."""
    if value and abs(value) < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"
