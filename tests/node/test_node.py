"""The server where it is meant to run: in a pod of a real node, installed by Helm."""

from typing import Any

import pytest

from tests.node.conftest import SERVER, Installed
from tests.node.node import NAME
from tests.realcluster.aggregation import VERSIONS
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API

CHECKS = (
    "ping",
    "log",
    "poststarthook/max-in-flight-filter",
    "poststarthook/storage-object-count-tracker-hook",
)
HEALTH = {
    "livez": (*CHECKS, "metric-collection-timely", "metadata-informer-sync"),
    "readyz": (
        *CHECKS,
        "metric-storage-ready",
        "metric-informer-sync",
        "metadata-informer-sync",
        "shutdown",
    ),
}
FAMILIES = {
    "metrics_server_api_metric_freshness_seconds",
    "metrics_server_kubelet_last_request_time_seconds",
    "metrics_server_kubelet_request_duration_seconds",
    "metrics_server_kubelet_request_total",
    "metrics_server_manager_tick_duration_seconds",
    "metrics_server_storage_points",
}


def test_the_pod_runs_as_the_chart_has_it(installed: Installed) -> None:
    """Ready, not once restarted, and confined."""
    (pod,) = installed.pods("kube-system", SERVER)
    (status,) = pod["status"]["containerStatuses"]

    assert status["ready"]
    assert status["restartCount"] == 0
    assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


@pytest.mark.parametrize("version", VERSIONS)
def test_kube_apiserver_verifies_it(installed: Installed, version: str) -> None:
    """By the authority that the server itself has put there."""
    path = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.metrics.k8s.io"
    spec: dict[str, Any] = installed.plane.request("GET", path)["spec"]

    assert installed.plane.api_service_condition(version)["reason"] == "Passed"
    assert spec["caBundle"]
    assert "insecureSkipTLSVerify" not in spec


def test_kubectl_top(installed: Installed) -> None:
    """The node and the server's own pod have usage."""
    assert NAME in installed.kubectl("top", "nodes")
    assert "tidegauge-" in installed.kubectl("top", "pods", "-n", "kube-system")


@pytest.mark.parametrize("path", HEALTH)
def test_the_incumbents_health_texts(installed: Installed, path: str) -> None:
    """Check by check, as its end-to-end tests compare them."""
    lines = [f"[+]{name} ok" for name in HEALTH[path]] + [f"{path} check passed", ""]

    assert installed.server.send("GET", f"/{path}?verbose").body.decode() == "\n".join(lines)


def test_the_incumbents_families(installed: Installed) -> None:
    """Six under its prefix, exactly."""
    page = installed.server.send("GET", "/metrics").body.decode()
    types = [line.split()[2] for line in page.splitlines() if line.startswith("# TYPE ")]

    assert {name for name in types if name.startswith("metrics_server_")} == FAMILIES


def test_the_doctor_in_the_pod(installed: Installed) -> None:
    """As its manual says; what the pod's account may not see is told, the kubelet is reached."""
    command = ("exec", "deploy/tidegauge", "--", "tidegauge", "doctor", "--fail-on=never")
    said = installed.kubectl("-n", "kube-system", *command)

    assert "1 of 1 kubelets answer" in said
    assert "TG108" in said


def test_a_node_that_is_left_out(installed: Installed) -> None:
    """It has no usage, and says 404."""
    plane = installed.plane
    annotation = "tidegauge.dev/scrape"
    path = f"{API}/v1beta1/nodes/{NAME}"
    plane.wait_for(path, bool)
    installed.kubectl("annotate", "node", NAME, f"{annotation}=false")
    try:
        wait_until(lambda: plane.admin.send("GET", path).status == 404, "its absence", 30)
    finally:
        installed.kubectl("annotate", "node", NAME, f"{annotation}-")
    plane.wait_for(path, bool)
