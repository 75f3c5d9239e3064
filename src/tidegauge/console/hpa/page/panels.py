"""What is drawn of the runs: load, replicas, and each metric."""

from collections.abc import Sequence

from tidegauge.autoscale.replay.result import Run
from tidegauge.console.hpa.page.metricpanels import metric_panels
from tidegauge.console.hpa.page.shapes import Panel, Shape, column, constant, known, overlaid

_WORTH_SHOWING = 1.25
"""Up to how many times the largest size is drawn what the metrics want, which has no limit."""


def panels(runs: Sequence[Run]) -> list[Panel]:
    """Of one run, or of several over each other."""
    drawn = [_load(runs), _replicas(runs), *metric_panels(runs)]
    return [panel for panel in drawn if panel.shapes]


def _load(runs: Sequence[Run]) -> Panel:
    shapes = [*overlaid(runs, _offered), *overlaid(runs, _served)]
    return Panel("Load", shapes, " /s")


def _offered(run: Run) -> Shape | None:
    return known(run, "requests", "load", lambda step: step.load)


def _served(run: Run) -> Shape | None:
    """Only where it differs from the load, so that trouble is what catches the eye."""
    if not any(step.dropped or step.waiting for step in run.steps):
        return None
    return Shape("served", "served", column(run, lambda step: step.served))


def _replicas(runs: Sequence[Run]) -> Panel:
    areas = (_starting, _ready) if len(runs) == 1 else (_starting,)  # one would cover the other
    makers = (*areas, _bounds, _needed, _wanted, _cluster, _size)
    shapes = [shape for make in makers for shape in overlaid(runs, make)]
    top = max(map(_largest, runs)) * _WORTH_SHOWING
    return Panel("Replicas", shapes, whole=True, top=top)


def _largest(run: Run) -> int:
    return max((max(step.size, step.pods, step.demand or 0) for step in run.steps), default=1)


def _starting(run: Run) -> Shape:
    ready = column(run, lambda step: step.ready)
    pods = column(run, lambda step: max(step.pods, step.ready))
    return Shape("starting", "starting", pods, ready)


def _ready(run: Run) -> Shape:
    ready = column(run, lambda step: step.ready)
    return Shape("ready", "ready", ready, constant(run, 0))


def _bounds(run: Run) -> Shape:
    """One line with a gap, for both."""
    least, most = run.spec.get("minReplicas", 1), run.spec["maxReplicas"]
    return Shape("min, max", "bounds", [*constant(run, least), *constant(run, most)])


def _needed(run: Run) -> Shape | None:
    return known(run, "needed", "needed", lambda step: step.demand)


def _wanted(run: Run) -> Shape:
    return Shape("wanted", "wanted", column(run, lambda step: step.wanted))


def _cluster(run: Run) -> Shape | None:
    return known(run, "the cluster's own", "cluster", lambda step: step.cluster)


def _size(run: Run) -> Shape:
    return Shape("size", "size", column(run, lambda step: step.size))
