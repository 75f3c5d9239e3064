"""Namespaces can be deleted whatever the kubelets do: discovery does not hang on their answers."""

from collections.abc import Iterator

import pytest

from tests.realcluster import servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer

NODE = "dark-node"
# The namespace controller looks again after 5 s when it found pods. Incomplete discovery would hold
# it up for ever.
DELETION_SECONDS = 20.0


@pytest.fixture(scope="module")
def darkness(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[None]:
    """A node and pods, and not one kubelet that answers any more."""
    with node(control_plane.admin, kubelets, NODE) as kubelet:
        for namespace in ("dark-once", "dark-ever"):
            control_plane.create_namespace(namespace)
            run_pod(control_plane.admin, kubelet, namespace, "web")
        control_plane.wait_for(f"{API}/v1/nodes/{NODE}", bool)
        metrics_api.wait_ready()
        for other in kubelets.all():
            kubelets.remove(other)
        nodes = f"{API}/v1/nodes"
        control_plane.wait_for(nodes, lambda answer: answer["items"] == [], 30)
        yield


@pytest.mark.usefixtures("darkness")
def test_after_an_outage_of_all_kubelets(
    control_plane: ControlPlane, metrics_api: MetricsServer
) -> None:
    """A server whose data went stale stays ready, and does not hold a namespace up."""
    assert metrics_api.admin.send("GET", "/readyz").status == 200
    _delete(control_plane, "dark-once")


@pytest.mark.usefixtures("darkness")
def test_before_any_kubelet_ever_answered(control_plane: ControlPlane) -> None:
    """A server that never had data is not ready, and answers discovery all the same."""
    with servers.tidegauge(control_plane, "--metric-resolution=1s", name="dataless") as dataless:
        dataless.register()
        assert dataless.admin.send("GET", "/readyz").status == 500
        _delete(control_plane, "dark-ever")


def _delete(plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    plane.request("DELETE", path)
    wait_until(lambda: plane.admin.send("GET", path).status == 404, namespace, DELETION_SECONDS)
    shown = plane.kubectl("api-resources", "--output=name")
    assert shown.code == 0, shown.stderr
    assert "nodes.metrics.k8s.io" in shown.stdout.split()
