"""A panel for each metric: its usage against its target, with the tolerance around it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.measures import measure_of
from tidegauge.console.hpa.page.shapes import Panel, Shape, column, constant, overlaid
from tidegauge.console.hpa.page.ticks import number


def metric_panels(runs: Sequence[Run]) -> list[Panel]:
    """Those of the first run first."""
    keys = dict.fromkeys(key for run in runs for key in _keys(run))
    return [_metric(key, runs) for key in keys]


class _Key(NamedTuple):
    """By which a metric of one run is found in another; labels may come twice."""

    label: str
    suffix: str
    number: int


def _keys(run: Run) -> list[_Key]:
    """In the order of the metrics."""
    keys: list[_Key] = []
    for metric in run.metrics:
        key = _Key(metric.label, measure_of(metric).suffix, 0)
        while key in keys:
            key = key._replace(number=key.number + 1)
        keys.append(key)
    return keys


def _metric(key: _Key, runs: Sequence[Run]) -> Panel:
    def make(draw: Callable[[Run, int], Shape]) -> list[Shape]:
        return overlaid(runs, lambda run: _of(run, key, draw))

    return Panel(key.label, [*make(_band), *make(_target), *make(_usage)], key.suffix)


def _of(run: Run, key: _Key, draw: Callable[[Run, int], Shape]) -> Shape | None:
    """None where the run has no such metric."""
    keys = _keys(run)
    return draw(run, keys.index(key)) if key in keys else None


def _band(run: Run, place: int) -> Shape:
    target = _shown(run, place, run.metrics[place].target)
    lower = column(run, lambda step: target * step.tolerance[0])
    return Shape("tolerated", "band", column(run, lambda step: target * step.tolerance[1]), lower)


def _target(run: Run, place: int) -> Shape:
    target = _shown(run, place, run.metrics[place].target)
    label = f"target {number(target)}{measure_of(run.metrics[place]).suffix}"
    return Shape(label, "target", constant(run, target))


def _usage(run: Run, place: int) -> Shape:
    def usage(step: Step) -> float | None:
        said = step.readings[place].usage if step.readings else None
        return None if said is None else _shown(run, place, said)

    return Shape("usage", "usage", column(run, usage), smooth=True)


def _shown(run: Run, place: int, value: float) -> float:
    return value * measure_of(run.metrics[place]).factor
