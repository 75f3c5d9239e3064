"""How the window holds a size up: the highest that was asked for within the last five minutes."""

from collections.abc import Sequence

from tests.autoscale.pictures.canvas import Canvas, Plot
from tests.autoscale.pictures.looks import PERIOD, looks
from tidegauge.autoscale.engine.decision import Decision

_MINUTE = int(60 / PERIOD)
WANTED = (
    [9] * (2 * _MINUTE)
    + [4] * (2 * _MINUTE)
    + [7] * 3
    + [4] * (4 * _MINUTE - 3)
    + [3] * (2 * _MINUTE)
    + [5] * 1
    + [3] * (8 * _MINUTE - 1)
)
"""A load that falls, with an echo and a twitch."""

TWITCH = 10 * 60
_LOOKED_AT = 8.5 * 60
_WINDOW = 300


def draw() -> str:
    decisions = looks(WANTED, start=9)
    sizes = [(number * PERIOD, decision.desired or 0) for number, decision in enumerate(decisions)]
    wanted = [(number * PERIOD, each) for number, each in enumerate(WANTED)]
    canvas = Canvas(340, "Sizes follow the highest that was asked for within the last five minutes")
    canvas.text(20, 34, "Down goes only what was asked for five minutes long", "title")
    plot = Plot(canvas, (56, 60, 780, 210), (0, len(WANTED) * PERIOD), (0, 10))
    plot.area((_LOOKED_AT - _WINDOW, _LOOKED_AT), (0, 10), "f-band")
    plot.rows((0, 2, 4, 6, 8, 10))
    minutes = range(0, len(WANTED) // _MINUTE + 1, 2)
    plot.columns([minute * 60 for minute in minutes], [f"{minute} min" for minute in minutes])
    plot.steps(wanted, "s-orange thick dots")
    plot.steps(sizes, "s-blue thick")
    _looked_at(canvas, plot, decisions)
    canvas.key(56, 314, "s-blue thick", "size")
    canvas.key(152, 314, "s-orange thick dots", "what the metrics ask for")
    canvas.key(384, 314, "f-band", "the window of one look, and what bounds it")
    return str(canvas)


def _looked_at(canvas: Canvas, plot: Plot, decisions: Sequence[Decision]) -> None:
    decision = decisions[int(_LOOKED_AT / PERIOD)]
    assert decision.normalization
    bound = decision.normalization.stabilization.bound_by
    assert bound
    canvas.line([plot.at(_LOOKED_AT, 0), plot.at(_LOOKED_AT, 10)], "s-dim")
    x, y = plot.at(bound.at, bound.replicas)
    canvas.dot(x, y, 5, "f-orange")
    canvas.text(x - 8, y - 10, f"asks for {bound.replicas}", "small", "end")
    x, y = plot.at(TWITCH, 5)
    canvas.text(x, y - 12, "one look asks for 5: up at once, for five minutes", "small")
