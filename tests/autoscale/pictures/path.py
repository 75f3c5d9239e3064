"""From two metrics to a size: one decision, step by step."""

from collections.abc import Sequence
from itertools import pairwise

from tests.autoscale.engine.given import QUEUE, autoscaler, cpu_metric, situation, usages
from tests.autoscale.pictures.canvas import Canvas
from tests.autoscale.pictures.looks import behavior
from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.spec import Policy
from tidegauge.autoscale.replay.figures import metric_of, shown, usage_of

_TOP, _HEIGHT = 64, 148
_COLUMNS = (
    ("each metric asks", 20, 262),
    ("the highest wins", 314, 132),
    ("stabilised", 478, 150),
    ("limited", 660, 200),
)


def decision() -> Decision:
    """Four pods, busy; and a queue that asks for more than the policies allow at once."""
    queue = {
        "type": "External",
        "external": {
            "metric": {"name": "queue"},
            "target": {"type": "AverageValue", "averageValue": "10"},
        },
    }
    hpa = autoscaler(metrics=[cpu_metric(50), queue], maxReplicas=10, behavior=behavior())
    answers = Answers(resource=usages(80, 90, 70, 80).resource, external={QUEUE: (120_000,)})
    return decide(situation(autoscaler=hpa, answers=answers))


def draw() -> str:
    got = decision()
    assert got.proposals
    assert got.normalization
    stable, limit = got.normalization.stabilization, got.normalization.limit
    canvas = Canvas(
        270, "From two metrics to a size: proposals, the highest, stabilised, limited by policies"
    )
    canvas.text(20, 36, f"{got.current} pods run. How many should?", "title")
    for name, x, width in _COLUMNS:
        canvas.rect(x, _TOP, width, _HEIGHT, "f-raised s-rule", rx=8)
        canvas.text(x + 14, _TOP + 24, name, "dim small")
    for (_, x, width), (_, following, _) in pairwise(_COLUMNS):
        canvas.arrow(x + width + 6, _TOP + _HEIGHT / 2, following - x - width - 12)
    _metrics(canvas, got)
    _number(canvas, 1, got.proposals.replicas, [])
    _number(canvas, 2, stable.replicas, ["window on the way", "up: 0 s, on the way", "down: 300 s"])
    policies = [f"{_policy(one.policy)}: {one.limit}" for one in limit.policies]
    _number(
        canvas,
        3,
        limit.replicas,
        ["at most, by policy", *policies, f"and by maximum: {got.maximum}"],
    )
    _below(canvas)
    return str(canvas)


def _policy(policy: Policy) -> str:
    unit = " %" if policy.type == "Percent" else " pods"
    return f"+{policy.value}{unit} in {policy.period_seconds} s"


def _metrics(canvas: Canvas, got: Decision) -> None:
    x = _COLUMNS[0][1] + 14
    assert got.proposals
    for number, one in enumerate(got.proposals.proposals):
        calculation = one.calculation
        assert calculation
        metric, used = metric_of(one.metric, one.name), usage_of(calculation)
        assert used is not None
        y = _TOP + 56 + number * 46
        usage, target = shown(used, metric.unit), shown(metric.target, metric.unit)
        canvas.text(x, y, f"{metric.label}: {usage} of {target} each", "bold")
        canvas.text(
            x,
            y + 20,
            f"{calculation.ratio:g} times the target, and {got.current} pods",
            "dim small",
        )
        canvas.text(x + 242, y + 10, str(calculation.replicas), "title", "end")


def _number(canvas: Canvas, column: int, value: int, words: Sequence[str]) -> None:
    _, x, _ = _COLUMNS[column]
    canvas.text(x + 14, _TOP + 58, str(value), "title")
    for number, line in enumerate(words):
        canvas.text(x + 14, _TOP + 80 + number * 18, line, "dim small")


def _below(canvas: Canvas) -> None:
    settings = ("metrics, tolerance", "", "behavior: windows", "behavior: policies; min, max")
    for (_, x, _), name in zip(_COLUMNS, settings, strict=True):
        canvas.text(x + 14, _TOP + _HEIGHT + 26, name, "dim small")
