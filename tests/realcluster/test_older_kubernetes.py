"""A smoke run with a control plane of an older version."""

from collections.abc import Iterator

import pytest

from tests.realcluster import servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.reading import API, rows, rows_of

NAMESPACE = "older"
NODE = "older-node"


@pytest.fixture(scope="module")
def world(older_control_plane: ControlPlane) -> Iterator[None]:
    """A node with a pod, and our server as this cluster's metrics server, with data."""
    plane = older_control_plane
    plane.create_namespace(NAMESPACE)
    with (
        Kubelets(plane.authority) as kubelets,
        node(plane.admin, kubelets, NODE) as kubelet,
        servers.tidegauge(plane, "--metric-resolution=1s") as tidegauge,
    ):
        run_pod(plane.admin, kubelet, NAMESPACE, "web", cpu=0.25, memory=100 << 20)
        tidegauge.register()
        for path in (f"nodes/{NODE}", f"namespaces/{NAMESPACE}/pods/web"):
            plane.wait_for(f"{API}/v1/{path}", bool)
        yield


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("version", ["1.37", "1.32"])
def test_kubectl_reads_metrics(older_control_plane: ControlPlane, version: str) -> None:
    """Each by its own version of the API, both of which are available."""
    plane = older_control_plane

    nodes = plane.kubectl("top", "nodes", version=version)
    pods = plane.kubectl("top", "pods", "-n", NAMESPACE, version=version)
    resources = plane.kubectl("api-resources", "--api-group=metrics.k8s.io", version=version)

    assert rows_of(nodes.stdout, [NODE]) == [[NODE, "350m", "4%", "612Mi", "1%"]]
    assert rows_of(pods.stdout, ["web"]) == [["web", "250m", "100Mi"]]
    assert [row[0] for row in rows(resources.stdout)] == ["NAME", "nodes", "pods"]
