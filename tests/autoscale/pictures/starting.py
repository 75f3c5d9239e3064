"""When a pod begins to count, for cpu and for other metrics: three pods, second by second."""

from collections.abc import Callable, Iterator
from itertools import groupby

from tests.autoscale.pictures.canvas import Canvas, Plot
from tidegauge.autoscale.engine.answers import Sample
from tidegauge.autoscale.engine.grouping import Group, group_pods
from tidegauge.autoscale.engine.pods import Pod, ReadyCondition
from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.settings import Settings

_STARTED = 5.0
"""Seconds after it was created; so long it is pending."""
_LOOK, _WINDOW = 15.0, 15.0
"""The metrics server looks this often, and needs two looks."""
END = 420

Life = Callable[[float], ReadyCondition]


def healthy(now: float) -> ReadyCondition:
    return ReadyCondition("True", 40.0) if now >= 40 else ReadyCondition("False", 0.0)


def never(_now: float) -> ReadyCondition:
    return ReadyCondition("False", 0.0)


def lost(now: float) -> ReadyCondition:
    """Ready after 40 s, and no longer after 120 s."""
    return ReadyCondition("False", 120.0) if now >= 120 else healthy(now)


LIVES: dict[str, Life] = {"becomes ready": healthy, "never ready": never, "ready, then not": lost}


def group(life: Life, resource: str, now: float) -> Group:
    pod = Pod(
        name="pod",
        phase="Pending" if now < _STARTED else "Running",
        started=_STARTED if now >= _STARTED else None,
        ready=life(now),
    )
    newest = now // _LOOK * _LOOK
    sampled = newest - _WINDOW >= _STARTED
    samples = {"pod": Sample(1, newest, _WINDOW)} if sampled else {}
    [found] = group_pods([pod], samples, resource, Settings(), NEWEST, now)
    return found.group


def spans(life: Life, resource: str) -> Iterator[tuple[Group, int, int]]:
    """From when until when it is in which group."""
    seconds = [(second, group(life, resource, second)) for second in range(END)]
    for found, same in groupby(seconds, key=lambda each: each[1]):
        inside = [second for second, _ in same]
        yield found, inside[0], inside[-1] + 1


_LOOKS = {
    Group.READY: ("f-pale", "counts"),
    Group.UNREADY: ("f-warm", "unready"),
    Group.MISSING: ("f-rule", "missing"),
}


def draw() -> str:
    canvas = Canvas(372, "When a pod begins to count, for cpu and for other metrics")
    canvas.text(20, 34, "When does a new pod begin to count?", "title")
    plot = Plot(canvas, (212, 60, 640, 240), (0, END), (0, 6))
    ticks = range(0, END + 1, 60)
    plot.columns(ticks, [f"{tick // 60} min" for tick in ticks])
    for number, (name, life) in enumerate(LIVES.items()):
        top = 60 + number * 82
        canvas.text(20, top + 46, name, "bold")
        _condition(canvas, plot, life, top)
        for row, resource in enumerate(("cpu", "memory")):
            _row(canvas, plot, life, resource, top + 14 + row * 30)
    x = plot.across(_STARTED + Settings().cpu_initialization_period)
    canvas.line([(x, 56), (x, 300)], "s-dim dash")
    _legend(canvas)
    return str(canvas)


def _condition(canvas: Canvas, plot: Plot, life: Life, top: float) -> None:
    """A line where the pod is ready."""
    ready = [second for second in range(END) if life(second).status == "True"]
    if ready:
        canvas.line(
            [(plot.across(ready[0]), top + 6), (plot.across(ready[-1] + 1), top + 6)],
            "s-green thick",
        )


def _row(canvas: Canvas, plot: Plot, life: Life, resource: str, top: float) -> None:
    canvas.text(plot.left - 10, top + 17, resource, "dim small", "end")
    for found, begin, end in spans(life, resource):
        kind, name = _LOOKS[found]
        left, right = plot.across(begin), plot.across(end)
        canvas.rect(left, top, right - left, 24, f"{kind} s-ground")
        if right - left > 60:
            canvas.text((left + right) / 2, top + 17, name, "small", "middle")


def _legend(canvas: Canvas) -> None:
    canvas.key(212, 346, "s-green thick", "is ready")
    for place, (kind, name) in enumerate(_LOOKS.values()):
        canvas.key(322 + place * 105, 346, kind, name)
    canvas.key(644, 346, "s-dim dash", "5 minutes after its start")
