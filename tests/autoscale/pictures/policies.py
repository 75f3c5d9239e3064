"""How fast policies let a size go: to a hundred, and back to one."""

from collections.abc import Mapping
from typing import Any

from tests.autoscale.pictures.canvas import Canvas, Plot
from tests.autoscale.pictures.looks import PERIOD, behavior, looks

_HIGH, _LOW = 100, 1

Behavior = Mapping[str, Any] | None


def _rule(kind: str, value: int, seconds: int) -> dict[str, Any]:
    policy = {"type": kind, "value": value, "periodSeconds": seconds}
    return {"policies": [policy], "stabilizationWindowSeconds": 0}


UP: dict[str, tuple[str, Behavior]] = {
    "no behavior: doubles": ("s-dim thick dash", None),
    "default: doubles, or 4 pods": ("s-blue thick", behavior()),
    "50 % in 60 s": ("s-green thick", behavior(up=_rule("Percent", 50, 60))),
    "4 pods in 60 s": ("s-orange thick", behavior(up=_rule("Pods", 4, 60))),
}
DOWN: dict[str, tuple[str, Behavior]] = {
    "default, once the window lets go": ("s-blue thick", behavior(down=_rule("Percent", 100, 15))),
    "10 % in 60 s": ("s-green thick", behavior(down=_rule("Percent", 10, 60))),
    "4 pods in 60 s": ("s-orange thick", behavior(down=_rule("Pods", 4, 60))),
}


def sizes(rules: Behavior, start: int, wanted: int, seconds: int) -> list[tuple[float, int]]:
    decisions = looks([wanted] * int(seconds / PERIOD), start, rules)
    after = [(number * PERIOD, one.desired or 0) for number, one in enumerate(decisions)]
    return [(-PERIOD, start), *after]


def draw() -> str:
    canvas = Canvas(424, "How fast policies let a size go up and down")
    canvas.text(20, 34, "How fast may it go?", "title")
    _plot(canvas, 56, f"from {_LOW} to {_HIGH}", UP, (_LOW, _HIGH, 240), 60)
    _plot(canvas, 496, f"from {_HIGH} to {_LOW}", DOWN, (_HIGH, _LOW, 1800), 600)
    return str(canvas)


def _plot(
    canvas: Canvas,
    left: float,
    title: str,
    rules: Mapping[str, tuple[str, Behavior]],
    way: tuple[int, int, int],
    step: int,
) -> None:
    start, wanted, seconds = way
    plot = Plot(canvas, (left, 84, 350, 200), (-PERIOD, seconds), (0, 100))
    plot.rows((0, 25, 50, 75, 100))
    ticks = range(0, seconds + 1, step)
    plot.columns(ticks, [f"{tick // 60} min" for tick in ticks])
    canvas.text(left, 70, title, "bold")
    for number, (name, (kind, behaviour)) in enumerate(rules.items()):
        plot.steps(sizes(behaviour, start, wanted, seconds), kind)
        canvas.key(left, 334 + number * 22, kind, name)
