"""Setups to start from; each test changes what it is about."""

from typing import Any

from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.simulation import Setup, Simulation
from tidegauge.autoscale.replay.workload import Container, Measuring, Workload

APP = Container(name="app", work=0.01, request=1.0, limit=1.0)
"""A hundred requests per second fill it, and are a hundred percent of its request."""


def cpu(percent: int = 50) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def spec(*metrics: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settled = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 20,
        "metrics": list(metrics or (cpu(),)),
    }
    return {**settled, **changes}


def load(*rows: tuple[float, float], seconds: float, **series: tuple[float, ...]) -> Load:
    times, rates = zip(*rows, strict=True)
    return Load(times=times, rates=rates, seconds=seconds, series=series)


def setup(load: Load, *metrics: dict[str, Any], **changes: Any) -> Setup:
    """Fields of the workload and of the spec may be changed by name; else two full pods' time."""
    of_workload = {name: changes.pop(name) for name in [*changes] if name in _WORKLOAD}
    of_setup = {name: changes.pop(name) for name in [*changes] if name in _SETUP}
    settled: dict[str, Any] = {
        "containers": (APP,),
        "replicas": 2,
        "start_delay": 0.0,
        "ready_delay": 0.0,
        "measuring": Measuring(period=15, window=15, delay=0),
    }
    return Setup(
        autoscaler=Autoscaler(
            namespace="default", name="web", spec=decode_spec(spec(*metrics, **changes))
        ),
        load=load,
        workload=Workload(**{**settled, **of_workload}),
        **of_setup,
    )


_WORKLOAD = Workload.__struct_fields__
_SETUP = Setup.__struct_fields__


def run(setup: Setup):
    """The steps, and the scores."""
    simulation = Simulation(setup)
    steps = list(simulation.steps())
    return steps, simulation.scores()


def sizes(steps) -> dict[float, int]:
    """The changes of size, by time."""
    return {step.at: step.size for step in steps if step.size != step.had}
