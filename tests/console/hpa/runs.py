"""Runs to draw, simulated by the real engine."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.engine.sources import source_of
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.replay.figures import metric_of
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.result import Run
from tidegauge.autoscale.replay.simulation import Setup, Simulation
from tidegauge.autoscale.replay.workload import Container, Workload

SPEC: Mapping[str, Any] = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "minReplicas": 2,
    "maxReplicas": 20,
    "metrics": [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 60},
            },
        }
    ],
}

POD = Container(name="app", work=0.01, idle=0.01, starting=0.4, request=0.25, limit=0.5)
"""Serves 49 requests per second at its limit, and 24 at its request."""


def crowd(at: float) -> float:
    """Requests per second: a slow wave, and four times as many for ten minutes."""
    wave = 140 - 90 * math.cos(at / 7200 * 2 * math.pi)
    return wave + (300 if 2400 <= at < 3000 else 0)


def run(
    name: str = "web.yaml",
    load: Callable[[float], float] = crowd,
    seconds: float = 7200,
    spec: Mapping[str, Any] | None = None,
    **workload: Any,
) -> Run:
    """With changes to the spec's fields and to the workload's."""
    whole = {**SPEC, **(spec or {})}
    hpa = Autoscaler(namespace="shop", name="web", spec=decode_spec(whole))
    times = tuple(number * 15.0 for number in range(int(seconds / 15)))
    pods = Workload(**{"containers": (POD,), "replicas": 3, "queue": False, **workload})
    simulation = Simulation(
        Setup(
            autoscaler=hpa,
            load=Load(times=times, rates=tuple(map(load, times)), seconds=seconds),
            workload=pods,
        )
    )
    steps = tuple(simulation.steps())
    metrics = (
        metric_of(each, source.name) for each in hpa.spec.metrics if (source := source_of(each))
    )
    return Run(
        name=name,
        namespace=hpa.namespace,
        hpa=hpa.name,
        target="Deployment web",
        spec=whole,
        workload={"work": "10ms", "request": "250m", "limit": "500m", "replicas": 3},
        assumptions=("Requests are spread evenly over the ready pods.",),
        profile="1.37",
        seconds=seconds,
        period=15.0,
        metrics=tuple(metrics),
        steps=steps,
        scores=simulation.scores(),
    )
