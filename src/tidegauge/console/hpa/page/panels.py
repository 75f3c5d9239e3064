"""What is drawn of the runs: panels over one common time, each with its lines and areas."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.measures import measure_of
from tidegauge.console.hpa.page.paths import Gapped
from tidegauge.console.hpa.page.ticks import number

LETTERS = "ABCD"
"""What the runs are called where they are compared. More lines can't be told apart."""

_WORTH_SHOWING = 1.25
"""Up to how many times the largest size is drawn what the metrics want, which has no limit."""


class Shape(NamedTuple):
    """A line, or with `lower` the area between two lines of steps."""

    label: str
    style: str
    points: Gapped
    lower: Gapped | None = None
    smooth: bool = False
    """Straight from point to point, instead of in steps."""


class Panel(NamedTuple):
    """Some shapes over one pair of axes."""

    title: str
    shapes: Sequence[Shape]
    """In the order they are drawn, areas first."""
    suffix: str = ""
    """After a number, as ` %`."""
    whole: bool = False
    """It counts something."""
    top: float | None = None
    """Where it is cut off; None: all is shown."""


def panels(runs: Sequence[Run]) -> list[Panel]:
    """Of one run, or of several over each other."""
    metrics = dict.fromkeys(key for run in runs for key in _keys(run))
    drawn = [_load(runs), _replicas(runs), *(_metric(key, runs) for key in metrics)]
    return [panel for panel in drawn if panel.shapes]


def longest(runs: Sequence[Run]) -> float:
    """Seconds; of a recording with a single step, which takes none, one."""
    return max(run.seconds for run in runs) or 1.0


def _overlaid(runs: Sequence[Run], make: Callable[[Run], Shape | None]) -> list[Shape]:
    """A shape for each run that has one; a single one where the runs agree."""
    made = [make(run) for run in runs]
    if all(shape == made[0] for shape in made):
        return [shape for shape in made[:1] if shape]
    return [
        shape._replace(label=f"{shape.label} {letter}", style=f"{shape.style} {letter.lower()}")
        for letter, shape in zip(LETTERS, made, strict=False)
        if shape
    ]


def _column(run: Run, value: Callable[[Step], float | None]) -> Gapped:
    return [*((step.at, value(step)) for step in run.steps), (run.seconds, None)]


def _constant(run: Run, value: float) -> Gapped:
    return [(0.0, value), (run.seconds, None)]


def _load(runs: Sequence[Run]) -> Panel:
    shapes = [*_overlaid(runs, _offered), *_overlaid(runs, _served)]
    return Panel("Load", shapes, " /s")


def _known(run: Run, label: str, style: str, value: Callable[[Step], float | None]) -> Shape | None:
    """None where no step has it."""
    if all(value(step) is None for step in run.steps):
        return None
    return Shape(label, style, _column(run, value))


def _offered(run: Run) -> Shape | None:
    return _known(run, "requests", "load", lambda step: step.load)


def _served(run: Run) -> Shape | None:
    """Only where it differs from the load, so that trouble is what catches the eye."""
    if not any(step.dropped or step.waiting for step in run.steps):
        return None
    return Shape("served", "served", _column(run, lambda step: step.served))


def _replicas(runs: Sequence[Run]) -> Panel:
    areas = (_starting, _ready) if len(runs) == 1 else (_starting,)  # one would cover the other
    makers = (*areas, _bounds, _needed, _wanted, _cluster, _size)
    shapes = [shape for make in makers for shape in _overlaid(runs, make)]
    top = max(map(_largest, runs)) * _WORTH_SHOWING
    return Panel("Replicas", shapes, whole=True, top=top)


def _largest(run: Run) -> int:
    return max((max(step.size, step.pods, step.demand or 0) for step in run.steps), default=1)


def _starting(run: Run) -> Shape:
    ready = _column(run, lambda step: step.ready)
    pods = _column(run, lambda step: max(step.pods, step.ready))
    return Shape("starting", "starting", pods, ready)


def _ready(run: Run) -> Shape:
    ready = _column(run, lambda step: step.ready)
    return Shape("ready", "ready", ready, _constant(run, 0))


def _bounds(run: Run) -> Shape:
    """One line with a gap, for both."""
    least, most = run.spec.get("minReplicas", 1), run.spec["maxReplicas"]
    return Shape("min, max", "bounds", [*_constant(run, least), *_constant(run, most)])


def _needed(run: Run) -> Shape | None:
    return _known(run, "needed", "needed", lambda step: step.demand)


def _wanted(run: Run) -> Shape:
    return Shape("wanted", "wanted", _column(run, lambda step: step.wanted))


def _cluster(run: Run) -> Shape | None:
    return _known(run, "the cluster's own", "cluster", lambda step: step.cluster)


def _size(run: Run) -> Shape:
    return Shape("size", "size", _column(run, lambda step: step.size))


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
        return _overlaid(runs, lambda run: _of(run, key, draw))

    return Panel(key.label, [*make(_band), *make(_target), *make(_usage)], key.suffix)


def _of(run: Run, key: _Key, draw: Callable[[Run, int], Shape]) -> Shape | None:
    """None where the run has no such metric."""
    keys = _keys(run)
    return draw(run, keys.index(key)) if key in keys else None


def _band(run: Run, place: int) -> Shape:
    target = _shown(run, place, run.metrics[place].target)
    lower = _column(run, lambda step: target * step.tolerance[0])
    return Shape("tolerated", "band", _column(run, lambda step: target * step.tolerance[1]), lower)


def _target(run: Run, place: int) -> Shape:
    target = _shown(run, place, run.metrics[place].target)
    label = f"target {number(target)}{measure_of(run.metrics[place]).suffix}"
    return Shape(label, "target", _constant(run, target))


def _usage(run: Run, place: int) -> Shape:
    def usage(step: Step) -> float | None:
        said = step.readings[place].usage if step.readings else None
        return None if said is None else _shown(run, place, said)

    return Shape("usage", "usage", _column(run, usage), smooth=True)


def _shown(run: Run, place: int, value: float) -> float:
    return value * measure_of(run.metrics[place]).factor
