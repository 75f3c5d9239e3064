"""Scores as lines of text, those of several runs side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Scores

_NAME_WIDTH, _WIDTH = 36, 12


class _Line(NamedTuple):
    name: str
    value: Callable[[Scores], float | None]
    form: str
    """Of the value, for `format`; or `clock`."""


_LINES = (
    _Line("Pods lacking (theta U)", lambda got: got.under_provisioning, ".2f%"),
    _Line("  time with pods lacking (tau U)", lambda got: got.under_time, ".2f%"),
    _Line("Pods too many (theta O)", lambda got: got.over_provisioning, ".2f%"),
    _Line("  time with pods too many (tau O)", lambda got: got.over_time, ".2f%"),
    _Line("Instability (upsilon)", lambda got: got.instability, ".2f%"),
    _Line("Pod-hours", lambda got: got.pod_hours, ".2f"),
    _Line("  of which the load needed", lambda got: got.pod_hours_needed, ".2f"),
    _Line("Most pods", lambda got: float(got.peak_pods), ".0f"),
    _Line("Changes of size", lambda got: float(got.rescales), ".0f"),
    _Line("  against the one before", lambda got: float(got.reversals), ".0f"),
    _Line("Worst saturation", lambda got: _percent(got.worst_saturation), ".0f%"),
    _Line("  at", lambda got: got.worst_saturation_at, "clock"),
    _Line("  time saturated", lambda got: got.saturated_time, ".2f%"),
    _Line("Requests", lambda got: got.requests, ".0f"),
    _Line("  dropped", lambda got: got.dropped, ".0f"),
    _Line("  late", lambda got: got.late, ".0f"),
    _Line("  still waiting", lambda got: got.waiting, ".0f"),
    _Line("  longest wait", lambda got: got.longest_wait, ".1f s"),
)


def score_lines(marks: str, runs: Sequence[Run]) -> Iterator[str]:
    """With the difference to the first where there are two."""
    scores = [run.scores for run in runs if run.scores]
    if not scores:
        return
    both = len(scores) == 2
    heads = [f"{mark:>{_WIDTH}}" for mark, _ in zip(marks, scores, strict=False)]
    yield f"{'SCORES':<{_NAME_WIDTH}}" + "".join(heads) + ("  difference" if both else "")
    for line in _LINES:
        values = [line.value(one) for one in scores]
        text = "".join(f"{_shown(value, line.form):>{_WIDTH}}" for value in values)
        yield f"{line.name:<{_NAME_WIDTH}}" + text + (_difference(values, line) if both else "")


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _shown(value: float | None, form: str) -> str:
    if value is None:
        return "no pod"
    if form == "clock":
        return clock(value)
    number, _, unit = form.partition("f")
    return format(value, f"{number}f") + unit


def _difference(values: Sequence[float | None], line: _Line) -> str:
    first, second = values
    if first is None or second is None or line.form == "clock":
        return ""
    return f"{_shown(second - first, '+' + line.form):>{_WIDTH}}"
