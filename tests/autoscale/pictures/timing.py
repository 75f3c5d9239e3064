"""How long it takes from more load to pods that serve it, over all phases of the clocks."""

from typing import NamedTuple

from msgspec.structs import replace

from tests.autoscale.engine.given import autoscaler, cpu_metric
from tests.autoscale.pictures.canvas import Canvas, Plot
from tests.autoscale.pictures.looks import behavior
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.result import Step
from tidegauge.autoscale.replay.simulation import Setup, Simulation
from tidegauge.autoscale.replay.workload import Container, Measuring, Workload

_POD = Container(name="app", work=0.01, request=0.5, limit=0.5)
"""Serves fifty requests per second."""
_BEFORE, _AFTER = 100.0, 350.0
"""Requests per second: four pods at half their request, then what takes seven pods, and fourteen
to be at half of it again.
"""
_TARGET = 50
_JUMP = 120
_SECONDS = 600


class Way(NamedTuple):
    """What differs from the defaults."""

    ready_delay: float = 10.0
    measured_each: float = 15.0
    looked_each: float = 15.0
    up_window: int = 0


WAYS: dict[str, Way] = {
    "nothing": Way(),
    "pods are ready 60 s after they run, not 10 s": Way(ready_delay=60.0),
    "metrics each 60 s, not 15 s": Way(measured_each=60.0),
    "a look each 60 s, not 15 s": Way(looked_each=60.0),
    "a scale-up window of 60 s": Way(up_window=60),
}
"""As docs/hpa.md calls them."""


class Delay(NamedTuple):
    """Seconds after the jump until the size changed, and until enough pods were ready."""

    changed: float
    enough: float


def delays(way: Way) -> list[Delay]:
    """For each second of the slowest clock at which the load may jump."""
    return [_delay(way, second) for second in range(int(max(way.measured_each, way.looked_each)))]


def _delay(way: Way, second: int) -> Delay:
    setup = _setup(way, _JUMP + second)
    steps = steps_after(setup)
    changed = next(step.at for step in steps if step.size > step.had)
    asked = next(step.at for step in steps if step.at >= 0 and step.size >= (step.demand or 0))
    return Delay(changed, asked + setup.workload.start_delay + setup.workload.ready_delay)


def steps_after(setup: Setup) -> list[Step]:
    """From the look before the jump on, with times since the jump."""
    jump = setup.load.times[1]
    steps = (replace(step, at=step.at - jump) for step in Simulation(setup).steps())
    return [step for step in steps if step.at > -setup.period]


def _setup(way: Way, jump: float) -> Setup:
    up = {"stabilizationWindowSeconds": way.up_window}
    return Setup(
        autoscaler=autoscaler(metrics=[cpu_metric(_TARGET)], behavior=behavior(up=up)),
        load=Load(times=(0.0, jump), rates=(_BEFORE, _AFTER), seconds=_SECONDS),
        workload=Workload(
            containers=(_POD,),
            replicas=4,
            ready_delay=way.ready_delay,
            queue=False,
            measuring=Measuring(period=way.measured_each, window=way.measured_each),
        ),
        period=way.looked_each,
    )


_LOOKS = 9


def shown() -> list[Step]:
    """Of the picture: a jump of the load just after a look."""
    return steps_after(_setup(Way(), _JUMP + 1))[: _LOOKS + 1]


def draw() -> str:
    steps = shown()
    canvas = Canvas(330, "From more load to more pods: look by look")
    times = f"{_AFTER / _BEFORE:g} times the load at second 0"
    canvas.text(20, 34, f"{times}: what each look does", "title")
    plot = Plot(canvas, (48, 60, 385, 200), (steps[0].at, steps[-1].at), (0, 15))
    plot.rows((0, 5, 10, 15))
    plot.columns(range(0, 121, 30), [f"{tick} s" for tick in range(0, 121, 30)])
    plot.steps([(steps[0].at, steps[0].demand or 0), (0, steps[-1].demand or 0)], "s-ink thin dash")
    plot.steps(_ready(steps), "s-green thick")
    plot.steps([(step.at, step.size) for step in steps], "s-blue thick")
    _said(canvas, steps)
    canvas.key(48, 306, "s-blue thick", "size")
    canvas.key(153, 306, "s-green thick", "ready")
    canvas.key(258, 306, "s-ink thin dash", "needed to serve it all")
    return str(canvas)


def _ready(steps: list[Step]) -> list[tuple[float, int]]:
    """Pods become ready between looks."""
    workload = _setup(Way(), _JUMP).workload
    delay = workload.start_delay + workload.ready_delay
    return [(steps[0].at, steps[0].had), *((step.at + delay, step.size) for step in steps[:-1])]


def _said(canvas: Canvas, steps: list[Step]) -> None:
    for number, step in enumerate(steps[:_LOOKS]):
        y = 74 + number * 24
        canvas.text(500, y, f"{step.at:.0f} s", "small dim", "end")
        kind = "small bold" if step.size != step.had else "small"
        canvas.text(514, y, _words(step), kind)


def _words(step: Step) -> str:
    """The reason; or what the pods that do not count yet make of the ratio."""
    [reading] = step.readings
    if reading.rebalanced is None:
        return step.reason
    left_out = sum(group.count for group in step.groups if group.group != "ready")
    guessed = f"{reading.rebalanced * _TARGET:.0f}%"
    return f"cpu {reading.usage:.0f}%, but {guessed} with {left_out} pods that don't count yet"
