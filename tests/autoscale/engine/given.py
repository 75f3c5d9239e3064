"""Situations to start from; each test changes what it is about."""

from typing import Any

from tidegauge.autoscale.engine.answers import Answers, ContainerUsage, PodUsage
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Container, Pod, ReadyCondition
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, Situation
from tidegauge.autoscale.engine.spec import MetricName, decode_spec
from tidegauge.autoscale.engine.tolerance import Tolerance
from tidegauge.autoscale.engine.view import View
from tidegauge.units.quantities import parse

NOW = 10_000.0
LONG_AGO = NOW - 5_000.0
QUEUE = MetricName(name="queue")


def pod(name: str, cpu: str | None = "100m", **changes: Any) -> Pod:
    """Ready for long, one container."""
    requests = {} if cpu is None else {"cpu": parse(cpu)}
    settled: dict[str, Any] = {
        "started": LONG_AGO,
        "ready": ReadyCondition("True", LONG_AGO + 10.0),
        "containers": (Container(name="app", requests=requests),),
        "labels": {"app": "web"},
    }
    return Pod(name=name, **{**settled, **changes})


def pods(count: int) -> tuple[Pod, ...]:
    return tuple(pod(f"web-{i}") for i in range(count))


def usage(name: str, cpu: int, at: float = NOW - 5.0, container: str = "app") -> PodUsage:
    return PodUsage(name, at, 15.0, (ContainerUsage(container, {"cpu": cpu}),))


def usages(*cpu: int) -> Answers:
    """Of web-0, web-1 and so on, in millicores."""
    return Answers(resource=tuple(usage(f"web-{i}", value) for i, value in enumerate(cpu)))


def view(**changes: Any) -> View:
    settled: dict[str, Any] = {
        "namespace": "ns",
        "replicas": 4,
        "status_replicas": 4,
        "pods": pods(4),
        "answers": usages(50, 50, 50, 50),
        "tolerance": Tolerance(0.1, 0.1),
        "now": NOW,
    }
    return View(**{**settled, **changes})


def cpu_metric(percent: int = 50) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def queue_metric(value: str = "10", selector: Any = None) -> dict[str, Any]:
    metric = {"name": "queue", "selector": selector}
    target = {"type": "Value", "value": value}
    return {"type": "External", "external": {"metric": metric, "target": target}}


def autoscaler(status: Any = None, **spec: Any) -> Autoscaler:
    settled = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 100,
        "metrics": [cpu_metric()],
    }
    more = {} if status is None else {"status": status}
    return Autoscaler(namespace="ns", name="web", spec=decode_spec({**settled, **spec}), **more)


def situation(**changes: Any) -> Situation:
    settled: dict[str, Any] = {
        "autoscaler": autoscaler(),
        "scale": Scale(4, 4, "app=web"),
        "pods": pods(4),
        "answers": usages(50, 50, 50, 50),
        "memory": Memory(()),
        "now": NOW,
    }
    return Situation(**{**settled, **changes})
