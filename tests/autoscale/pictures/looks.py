"""One HPA looked at every 15 seconds, its memory carried from look to look by the real engine."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from tests.autoscale.engine.given import situation
from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale
from tidegauge.autoscale.engine.spec import MetricName, decode_spec

PERIOD = 15.0

_ONE_EACH = {
    "type": "External",
    "external": {
        "metric": {"name": "wanted"},
        "target": {"type": "AverageValue", "averageValue": "1"},
    },
}
"""A metric that asks for as many replicas as its value is."""

EXACT = Settings(tolerance=0.0)
"""What is wanted is asked for, however near it is to the size."""


def looks(
    wanted: Iterable[int],
    start: int,
    behavior: Mapping[str, Any] | None = None,
    least: int = 1,
    most: int = 1000,
) -> list[Decision]:
    """A decision for each figure that the metrics ask for, from `start` replicas on."""
    spec = decode_spec(
        {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [_ONE_EACH],
            **({} if behavior is None else {"behavior": behavior}),
        }
    )
    hpa = Autoscaler(namespace="ns", name="web", spec=spec)
    size, memory, decisions = start, Memory(()), []
    for number, each in enumerate(wanted):
        decision = decide(
            situation(
                autoscaler=hpa,
                scale=Scale(size, size, "app=web"),
                answers=Answers(external={MetricName(name="wanted"): (each * 1000,)}),
                memory=memory,
                settings=EXACT,
                now=number * PERIOD,
            )
        )
        assert decision.desired is not None
        size, memory = decision.desired, decision.outcome.memory
        hpa = replace(hpa, status=decision.outcome.status)
        decisions.append(decision)
    return decisions


_UP = [
    {"type": "Percent", "value": 100, "periodSeconds": 15},
    {"type": "Pods", "value": 4, "periodSeconds": 15},
]
_DOWN = [{"type": "Percent", "value": 100, "periodSeconds": 15}]


def behavior(
    up: Mapping[str, Any] | None = None, down: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """With what the API server fills in where it is set at all."""
    settled_up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": _UP}
    settled_down = {"selectPolicy": "Max", "policies": _DOWN}
    return {"scaleUp": {**settled_up, **(up or {})}, "scaleDown": {**settled_down, **(down or {})}}
