"""HPAs as a table, a line each."""

from collections.abc import Iterator, Sequence

from tidegauge.autoscale.explaining.explanation import Explanation, Measure, Outcome
from tidegauge.autoscale.explaining.wording import clock
from tidegauge.console.hpa.explain.screen import MARKS
from tidegauge.console.spans import Line, Span, fitted

_HEAD = ("HPA", "SIZE", "OF", "METRICS", "NEXT")

_SHOWN = 2
"""Metrics of one HPA; more are only counted."""


def table(told: Sequence[Explanation], columns: int) -> Iterator[Line]:
    """Of at most that many columns; what does not fit is cut, the sentence at the end first."""
    rows = [_cells(one) for one in told]
    widths = [max(map(len, column)) for column in zip(_HEAD[:-1], *rows, strict=True)]
    yield [Span(_row(_HEAD[:-1], widths) + f"  {_HEAD[-1]}", "head")]
    for one, cells in zip(told, rows, strict=True):
        mark, style = MARKS[one.verdict.outcome]
        line = [Span(_row(cells, widths)), Span(f"{mark} ", style), Span(_next(one))]
        yield fitted(line, columns)


def _cells(one: Explanation) -> tuple[str, ...]:
    current = one.verdict.current
    size = "?" if current is None else str(current)
    name = f"{one.namespace}/{one.name}"
    return name, size, f"{one.minimum}-{one.maximum}", _metrics(one.metrics)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:<{width}}  " for cell, width in zip(cells, widths, strict=True))


def _metrics(metrics: Sequence[Measure]) -> str:
    texts = [f"{one.name} {one.usage or '?'}/{one.target}" for one in metrics[:_SHOWN]]
    more = f" +{len(metrics) - _SHOWN}" if len(metrics) > _SHOWN else ""
    return ", ".join(texts) + more if texts else "-"


def _next(one: Explanation) -> str:
    verdict = one.verdict
    if verdict.outcome in (Outcome.UP, Outcome.DOWN):
        return f"{verdict.desired}: {verdict.why}"
    if one.outlook:
        latest = " at the latest" if one.outlook.at_latest else ""
        at = clock(one.outlook.at.timestamp())
        return f"{verdict.current} until {at}{latest}, then {one.outlook.desired}"
    if verdict.outcome is Outcome.STAYS and verdict.wanted == verdict.current:
        unknown = sum(bool(metric.error) for metric in one.metrics)
        told = f"; {unknown} of {len(one.metrics)} metrics unknown" if unknown else ""
        return f"{verdict.current}{told}"
    prefix = f"{verdict.current}: " if verdict.current is not None else ""
    return prefix + (_first_error(one) or verdict.why)


def _first_error(one: Explanation) -> str:
    return next((metric.error for metric in one.metrics if metric.error), "")
