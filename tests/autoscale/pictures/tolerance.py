"""What a utilisation asks for: the tolerance's flat piece, and how rounding up widens it."""

from tests.autoscale.engine.given import autoscaler, cpu_metric, pods, situation, usages
from tests.autoscale.pictures.canvas import Canvas, Plot
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Scale

TARGET = 60
_SETTLED = Settings()
_EXACT = Settings(tolerance=0.0)


def asked(percent: int, count: int, settings: Settings = _SETTLED) -> int:
    """By so many pods, each of which uses that share of its request."""
    decision = decide(
        situation(
            autoscaler=autoscaler(metrics=[cpu_metric(TARGET)]),
            scale=Scale(count, count, "app=web"),
            pods=pods(count),
            answers=usages(*[percent] * count),
            settings=settings,
        )
    )
    assert decision.proposals
    return decision.proposals.replicas


def draw() -> str:
    canvas = Canvas(340, "What a utilisation asks for, with ten pods and with two")
    canvas.text(20, 34, f"What a utilisation asks for, where the target is {TARGET} %", "title")
    _plot(canvas, 56, 10, (0, 5, 10, 15, 20))
    _plot(canvas, 496, 2, (0, 1, 2, 3, 4))
    canvas.key(56, 318, "s-blue thick", "what is asked for")
    canvas.key(232, 318, "s-dim dash", "the same without tolerance")
    canvas.key(466, 318, "f-band", "tolerated: 10 % to both sides of the target")
    return str(canvas)


def _plot(canvas: Canvas, left: float, count: int, rows: tuple[int, ...]) -> None:
    plot = Plot(canvas, (left, 84, 350, 180), (0, 120), (0, rows[-1]))
    down, up = TARGET * 0.9, TARGET * 1.1
    plot.area((down, up), (0, rows[-1]), "f-band")
    plot.rows(rows)
    plot.columns((0, 30, TARGET, 90, 120), ("0 %", "30 %", "60 %", "90 %", "120 %"))
    canvas.text(left, 70, f"{count} pods", "bold")
    plot.steps(
        [(percent, asked(percent, count, _EXACT)) for percent in range(1, 121)], "s-dim thin dash"
    )
    plot.steps([(percent, asked(percent, count)) for percent in range(1, 121)], "s-blue thick")
