"""The real HPA controller scales Deployments by what our server says of fake kubelets.

The scenarios run side by side, for an autoscaler takes most of half a minute to go up and down.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, node
from tests.realcluster.process import wait_until
from tests.realcluster.servers import MetricsServer

NAMESPACE = "autoscaling"
MIB = 1 << 20
# What the sidecars of a Deployment use together: far more than its target, and none of its concern.
SIDECARS = 3.0
SCALING_SECONDS = 60.0


class Load(NamedTuple):
    """What a Deployment's containers `app` use together, and what the autoscaler makes of it.

    `cpu` is in cores. `shown` is the figure of one pod in the autoscaler's status, after scaling.
    """

    cpu: float
    memory: int
    replicas: int
    shown: dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A Deployment, what it is scaled by, and two loads."""

    name: str
    containers: Sequence[str]
    requests: dict[str, str]
    metric: dict[str, Any]
    busy: Load
    calm: Load


HALF = {"type": "Utilization", "averageUtilization": 50}

SCENARIOS = (
    # 2.7 cores at half a core a pod are 5.4 pods, and 0.8 are 1.6.
    Scenario(
        "by-cpu",
        ["app"],
        {"cpu": "1"},
        {"type": "Resource", "resource": {"name": "cpu", "target": HALF}},
        Load(2.7, 64 * MIB, 6, {"averageUtilization": 45, "averageValue": "450m"}),
        Load(0.8, 64 * MIB, 2, {"averageUtilization": 40, "averageValue": "400m"}),
    ),
    # 430 MiB at 100 MiB a pod are 4.3 pods, and 160 MiB are 1.6. It requests nothing.
    Scenario(
        "by-memory",
        ["app"],
        {},
        {
            "type": "Resource",
            "resource": {
                "name": "memory",
                "target": {"type": "AverageValue", "averageValue": "100Mi"},
            },
        },
        Load(0.1, 430 * MIB, 5, {"averageValue": "86Mi"}),
        Load(0.1, 160 * MIB, 2, {"averageValue": "80Mi"}),
    ),
    # 360 millicores at 100 a container are 3.6 pods, and 80 fit one.
    Scenario(
        "by-container",
        ["app", "sidecar"],
        {"cpu": "200m"},
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "app", "target": HALF},
        },
        Load(0.36, 64 * MIB, 4, {"averageUtilization": 45, "averageValue": "90m"}),
        Load(0.08, 64 * MIB, 1, {"averageUtilization": 40, "averageValue": "80m"}),
    ),
)

each = pytest.mark.parametrize("scenario", SCENARIOS, ids=[s.name for s in SCENARIOS])


def _deployment(scenario: Scenario) -> dict[str, Any]:
    labels = {"app": scenario.name}
    containers = [
        {
            "name": name,
            "image": "none.invalid/none",
            "resources": {"requests": scenario.requests},
        }
        for name in scenario.containers
    ]
    pod = {"terminationGracePeriodSeconds": 0, "containers": containers}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": scenario.name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _autoscaler(scenario: Scenario) -> dict[str, Any]:
    # Up in one step: by default it would be four pods in 15 s.
    at_once = {"type": "Pods", "value": 10, "periodSeconds": 1}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": scenario.name, "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": scenario.name,
            },
            "maxReplicas": 10,
            "metrics": [scenario.metric],
            "behavior": {"scaleUp": {"policies": [at_once]}},
        },
    }


@pytest.fixture(scope="module")
def busy(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[Placer]:
    """A Deployment with its autoscaler for each scenario, with more to do than its one pod can."""
    assert metrics_api.running
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with ExitStack() as stack:
        nodes = [stack.enter_context(node(admin, kubelets, f"scaled-{i}")) for i in range(2)]
        placer = Placer(control_plane.client("placer", ["system:masters"]), nodes)
        stack.enter_context(placer)
        placer.set_load(NAMESPACE, "by-container", "sidecar", cpu=SIDECARS)
        for scenario in SCENARIOS:
            _set_load(placer, scenario.name, scenario.busy)
            control_plane.apply(_deployment(scenario), _autoscaler(scenario))
        yield placer
        for scenario in SCENARIOS:
            admin.delete(_autoscaler(scenario))
            admin.delete(_deployment(scenario))
        wait_until(lambda: not any(kubelet.containers for kubelet in nodes), "no pods", 30)
        assert not placer.failures


@pytest.fixture(scope="module")
def calm(control_plane: ControlPlane, busy: Placer) -> None:
    """Every Deployment was scaled up, and has less to do again."""
    for scenario in SCENARIOS:
        _wait_scaled(control_plane, scenario, scenario.busy)
    for scenario in SCENARIOS:
        _set_load(busy, scenario.name, scenario.calm)


def _set_load(placer: Placer, name: str, load: Load) -> None:
    placer.set_load(NAMESPACE, name, cpu=load.cpu, memory=load.memory)


@each
@pytest.mark.usefixtures("busy")
def test_scaling_up(control_plane: ControlPlane, scenario: Scenario) -> None:
    """As many pods as the load is worth at the target, the fraction rounded up."""
    _wait_scaled(control_plane, scenario, scenario.busy)


@each
@pytest.mark.usefixtures("calm")
def test_scaling_down(control_plane: ControlPlane, scenario: Scenario) -> None:
    """Back to what is enough, once that held for the stabilization window."""
    _wait_scaled(control_plane, scenario, scenario.calm)


def _wait_scaled(plane: ControlPlane, scenario: Scenario, load: Load) -> None:
    """Until the autoscaler has settled and its status shows what all the pods use."""
    autoscalers = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"

    def settled(autoscaler: Any) -> bool:
        status = autoscaler["status"]
        conditions = {c["type"]: c["reason"] for c in status.get("conditions", [])}
        return (
            (status.get("currentReplicas"), status["desiredReplicas"]) == (load.replicas,) * 2
            and conditions["ScalingActive"] == "ValidMetricFound"
            and status["currentMetrics"] == [_shown(scenario.metric, load.shown)]
        )

    try:
        plane.wait_for(f"{autoscalers}/{scenario.name}", settled, SCALING_SECONDS)
    except TimeoutError:
        pytest.fail(plane.kubectl("describe", "hpa", scenario.name, "-n", NAMESPACE).stdout)


def _shown(metric: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """The metric's place in the status: as in the spec, with its value instead of its target."""
    source = next(key for key in metric if key != "type")
    place = {key: value for key, value in metric[source].items() if key != "target"}
    return {**metric, source: {**place, "current": current}}
