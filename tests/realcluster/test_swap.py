"""From the incumbent to us and back, as docs/install.md says, under a running autoscaler.

Clients ask all the time, and the Deployment has a steady load: no request may fail, and nothing may
be scaled.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from tests.deploy.helm import ROOT
from tests.realcluster import aggregation, charted, servers
from tests.realcluster.charted import SECRET, Replica
from tests.realcluster.conftest import COMMON_NODES
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, node
from tests.realcluster.process import free_port, wait_until
from tests.realcluster.servers import MetricsServer

NAMESPACE, APP, REPLICAS = "swapped", "steady", 3
AUTOSCALER = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers/{APP}"
NODES = "/apis/metrics.k8s.io/v1beta1/nodes"
ANSWERED = "tidegauge_request_duration_seconds_count"
V1BETA1 = "v1beta1.metrics.k8s.io"
# Six syncs of the autoscaler; kube-apiserver looks at once who is available where one changed.
STEADY_SECONDS = 12.0

# 1.5 cores on three pods that request one each: at the target, so nothing is to be scaled.
DEPLOYMENT: Mapping[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": APP, "namespace": NAMESPACE},
    "spec": {
        "replicas": REPLICAS,
        "selector": {"matchLabels": {"app": APP}},
        "template": {
            "metadata": {"labels": {"app": APP}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {
                        "name": "app",
                        "image": "none.invalid/none",
                        "resources": {"requests": {"cpu": "1"}},
                    }
                ],
            },
        },
    },
}
HPA: Mapping[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": APP, "namespace": NAMESPACE},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": APP},
        "maxReplicas": 10,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 50},
                },
            }
        ],
    },
}


@dataclass
class Watching:
    """Asks for nodes and looks at the autoscaler all the time; a context manager."""

    plane: ControlPlane
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)
    _done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.05):
            answer = self.plane.admin.send("GET", NODES)
            self.asked += 1
            if answer.status != 200 or not answer.json()["items"]:
                self.failures.append(f"{answer.status} {answer.body[:300]!r}")
            self.seen.add(state(self.plane))
        self.plane.admin.close()


def state(plane: ControlPlane) -> tuple[int, str]:
    """How many pods the autoscaler wants, and whether it has what it needs for that."""
    status = plane.request("GET", AUTOSCALER)["status"]
    conditions = {each["type"]: each["reason"] for each in status.get("conditions", [])}
    return status["desiredReplicas"], conditions.get("ScalingActive", "")


@dataclass(frozen=True)
class Stage:
    """The incumbent at work, and us beside it."""

    plane: ControlPlane
    incumbent: MetricsServer
    ours: Replica

    def lead(self, service: str, port: int, trust: Mapping[str, Any]) -> None:
        """Let v1beta1 lead to another Service, in one step, as documented."""
        spec = {"service": {"name": service, "namespace": "kube-system", "port": port}, **trust}
        change = json.dumps({"spec": spec})
        done = self.plane.kubectl("patch", "apiservice", V1BETA1, "--type=merge", "--patch", change)
        assert done.code == 0, done.stderr

    def answered(self) -> float:
        """How many requests we have answered so far."""
        client = self.ours.client()
        page = client.send("GET", "/metrics").body.decode()
        client.close()
        counts = [line for line in page.splitlines() if line.startswith(ANSWERED)]
        return sum(float(line.rpartition(" ")[2]) for line in counts)


@pytest.fixture(scope="module")
def stage(control_plane: ControlPlane, kubelets: Kubelets) -> Iterator[Stage]:
    """The autoscaler has settled by what the incumbent says."""
    plane = control_plane
    plane.unregister_metrics_api()
    plane.create_namespace(NAMESPACE)
    with ExitStack() as stack:
        one = stack.enter_context(node(plane.admin, kubelets, "swapped-node"))
        placer = Placer(plane.client("placer", ["system:masters"]), [one])
        stack.enter_context(placer)
        placer.set_load(NAMESPACE, APP, cpu=1.5)
        incumbent = stack.enter_context(servers.incumbent(plane, COMMON_NODES, name="swapped-out"))
        plane.apply(DEPLOYMENT)
        incumbent.wait_ready()
        plane.register_metrics_api(incumbent.port, None, ["v1beta1"])
        plane.wait_metrics_api(["v1beta1"])
        wait_until(lambda: len(one.containers) == REPLICAS, "pods", 30)
        port = free_port()
        rendered = charted.installed(plane, port, {"apiService": {"create": False}})
        ours = stack.enter_context(Replica(plane, rendered, port, COMMON_NODES))
        ours.wait_ready()
        plane.apply(HPA)
        steady = REPLICAS, "ValidMetricFound"
        wait_until(lambda: state(plane) == steady, "a settled autoscaler", 60)
        yield Stage(plane, incumbent, ours)
        plane.admin.delete(HPA)
        plane.admin.delete(DEPLOYMENT)
        wait_until(lambda: not one.containers, "no pods", 30)
    plane.unregister_metrics_api()


def test_there_and_back(stage: Stage) -> None:
    """Both ways without a failed request, and the autoscaler never wants another number."""
    authority = stage.plane.request("GET", SECRET)["data"]["ca.crt"]
    verified = {"caBundle": authority, "insecureSkipTLSVerify": None}
    unverified = {"caBundle": None, "insecureSkipTLSVerify": True}
    with Watching(stage.plane) as watching:
        stage.lead("tidegauge", stage.ours.port, verified)
        before = stage.answered(), watching.asked
        _steady(watching)
        answered, asked = stage.answered() - before[0], watching.asked - before[1]
        stage.lead(aggregation.SERVICE, stage.incumbent.port, unverified)
        _steady(watching)

    assert watching.failures == []
    assert watching.seen == {(REPLICAS, "ValidMetricFound")}
    # A few of the requests were still under way to or from the incumbent.
    assert answered > 0.9 * asked


def _steady(watching: Watching) -> None:
    """As many requests as are made in that time, whatever this machine is busy with."""
    until = watching.asked + STEADY_SECONDS / 0.1
    wait_until(lambda: watching.asked >= until, "requests", 3 * STEADY_SECONDS)


def test_the_documented_commands_do_that() -> None:
    """What an operator is told to type is what was tried."""
    page = (ROOT / "docs" / "install.md").read_text()

    assert "kubectl patch apiservice v1beta1.metrics.k8s.io --type=merge" in page
    assert '"insecureSkipTLSVerify":null' in page
