"""The set-up itself: control plane, kubectl, fake kubelets and the Go metrics-server together."""

import re
from collections.abc import Iterator

import pytest

from tests.realcluster import servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, create_node, run_pod
from tests.realcluster.process import ProcessError, wait_until
from tests.realcluster.servers import MetricsServer
from tests.realcluster.versions import KUBERNETES_OLDER

NAMESPACE = "smoke"


@pytest.fixture(scope="module")
def world(control_plane: ControlPlane, kubelets: Kubelets) -> Iterator[FakeKubelet]:
    """A node that runs one pod of 250 millicores and 100 MiB."""
    control_plane.create_namespace(NAMESPACE)
    kubelet = kubelets.add("smoke-node", housekeeping=0)
    create_node(control_plane.admin, kubelet)
    run_pod(control_plane.admin, kubelet, NAMESPACE, "web", cpu=0.25, memory=100 << 20)
    yield kubelet
    control_plane.request("DELETE", "/api/v1/nodes/smoke-node")
    kubelets.remove(kubelet)


@pytest.fixture(scope="module")
def registered(world: FakeKubelet, incumbent: MetricsServer) -> MetricsServer:
    """The Go server as the cluster's metrics server, with data."""
    assert world.containers
    incumbent.register(["v1beta1"])
    incumbent.wait_ready()
    return incumbent


@pytest.mark.parametrize("version", ["1.37", "1.32"])
def test_kubectl_shows_both_versions(control_plane: ControlPlane, version: str) -> None:
    """Both kubectl know their own version and the server's."""
    shown = control_plane.kubectl("version", version=version)

    assert shown.code == 0, shown.stderr
    assert f"Client Version: v{version}." in shown.stdout
    assert "Server Version: v1.37.2" in shown.stdout


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("version", ["1.37", "1.32"])
def test_top_prints_what_a_fake_kubelet_said(control_plane: ControlPlane, version: str) -> None:
    """Numbers go from a fake kubelet through the Go server and kube-apiserver to kubectl top."""
    nodes = control_plane.kubectl("top", "nodes", version=version)
    pods = control_plane.kubectl("top", "pods", "-n", NAMESPACE, version=version)

    assert re.search(r"^smoke-node +350m +4% +612Mi +1%", nodes.stdout, re.MULTILINE), nodes
    assert re.search(r"^web +250m +100Mi", pods.stdout, re.MULTILINE), pods


def test_a_kubelet_sees_the_token_of_the_metrics_server(
    world: FakeKubelet, registered: MetricsServer
) -> None:
    """The Go server shows its service account's token to kubelets, from the kubeconfig's file."""
    assert registered.token_file.read_text() in {each.token for each in world.requests}


@pytest.mark.usefixtures("registered")
def test_a_user_without_rights_is_refused(control_plane: ControlPlane) -> None:
    """RBAC holds through the aggregation layer."""
    config = control_plane.kubeconfig("stranger", [])

    shown = control_plane.kubectl("top", "nodes", kubeconfig=config)

    assert shown.code == 1
    assert 'User "stranger" cannot list resource "nodes"' in shown.stderr


def test_kube_apiserver_goes_and_comes_back(control_plane: ControlPlane) -> None:
    """A paused API server refuses connections; a resumed one has what it had."""
    control_plane.create_namespace("kept")
    control_plane.pause_apiserver()
    with pytest.raises(OSError, match="refused"):
        control_plane.admin.send("GET", "/readyz")

    control_plane.resume_apiserver()

    assert control_plane.request("GET", "/api/v1/namespaces/kept")["metadata"]["name"] == "kept"


def test_pods_of_a_deployment_run_on_fake_kubelets(
    control_plane: ControlPlane, world: FakeKubelet
) -> None:
    """The placer runs what the ReplicaSet controller makes, shares its load, and takes it away."""
    labels = {"app": "scaled"}
    container = {"name": "app", "image": "none.invalid/none"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "scaled", "namespace": NAMESPACE},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/scaled"

    with Placer(control_plane.client("placer", ["system:masters"]), [world]) as placer:
        placer.set_load(NAMESPACE, "scaled", cpu=1.0)
        control_plane.apply(deployment)
        control_plane.wait_for(path, lambda d: d["status"].get("readyReplicas") == 2)
        running = [c for c in world.containers if c.pod.startswith("scaled-")]
        wait_until(lambda: [c.cpu for c in running] == [0.5, 0.5], "the load shared", 10)
        control_plane.admin.delete(deployment)
        wait_until(
            lambda: not any(c.pod.startswith("scaled-") for c in world.containers), "gone", 30
        )

        assert not placer.failures


def test_starting_what_fails_names_the_log(control_plane: ControlPlane) -> None:
    """A server that ends at once is reported with the end of its log."""
    server = servers.incumbent(control_plane, "--no-such-flag", name="wrong")

    with pytest.raises(ProcessError, match="unknown flag: --no-such-flag"):
        server.__enter__()


def test_an_older_control_plane_runs(older_control_plane: ControlPlane) -> None:
    """The smoke run's version starts with the same flags."""
    assert older_control_plane.request("GET", "/version")["gitVersion"] == KUBERNETES_OLDER
