"""Our informers against the real kube-apiserver: both wire formats and lists, an outage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

import pytest

from tests.realcluster.controlplane import ControlPlane
from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Forbidden, Gone
from tidegauge.cluster.events import Resource
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.observing import Observer
from tidegauge.cluster.pods import PODS
from tidegauge.cluster.records import Pod
from tidegauge.cluster.watching import pages, watch
from tidegauge.units.clock import SystemClock

NAMESPACE = "informer"
NODE = "informer-node"
LABELS = {"tier": "front", "app": "web"}
# On a machine that other tests load too; each takes well under a second when it is idle.
SECONDS = 30.0


@pytest.fixture(scope="module")
def plane(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The cluster with a namespace and a node of ours, which no other test sees afterwards."""
    control_plane.create_namespace(NAMESPACE)
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": LABELS}}
    control_plane.apply(node)
    yield control_plane
    for path in (f"namespaces/{NAMESPACE}/pods", f"nodes/{NODE}", f"namespaces/{NAMESPACE}"):
        control_plane.request("DELETE", f"/api/v1/{path}")


@pytest.fixture
async def client(plane: ControlPlane) -> AsyncIterator[Client]:
    async with Client(load_kubeconfig([plane.kubeconfig()]), SystemClock()) as opened:
        yield opened


def run_pod(plane: ControlPlane, name: str) -> None:
    """A pod that says it is running."""
    container = {"name": "main", "image": "example.com/web:1"}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": LABELS}
    spec = {"nodeName": NODE, "containers": [container], "terminationGracePeriodSeconds": 0}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    plane.request("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", pod)
    set_phase(plane, name, "Running")


def set_phase(plane: ControlPlane, name: str, phase: str) -> None:
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
    pod = plane.request("GET", path)
    pod["status"] = {"phase": phase}
    plane.request("PUT", f"{path}/status", pod)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.02)


class Outages(Observer):
    """Keeps what failed."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def failed(self, resource: str, error: ClusterError) -> None:
        self.failures.append(f"{resource}: {error}")


class Running:
    """An informer as a task, for the length of a block."""

    def __init__(self, client: Client, resource: Resource[Any], store: Any) -> None:
        self.outages = Outages()
        self._informer = Informer(
            client, resource, store, clock=SystemClock(), observer=self.outages
        )

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._informer.run())
        async with asyncio.timeout(SECONDS):
            await self._informer.synced()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_pods_come_and_go(plane: ControlPlane, client: Client) -> None:
    """Running pods appear with node and labels, and are gone when they stop or are deleted."""
    pods = Pods()
    run_pod(plane, "first")
    async with Running(client, PODS, pods):
        labels = b'{"app":"web","tier":"front"}'
        assert pods.get(NAMESPACE, "first") == Pod(NAMESPACE, "first", NODE, labels)

        run_pod(plane, "second")
        await until(lambda: pods.get(NAMESPACE, "second") is not None)
        set_phase(plane, "second", "Succeeded")
        await until(lambda: pods.get(NAMESPACE, "second") is None)
        plane.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/first")
        await until(lambda: pods.get(NAMESPACE, "first") is None)


async def test_nodes(plane: ControlPlane, client: Client) -> None:
    """Nodes are followed as JSON, and a change of one is noticed."""
    nodes = Nodes()
    async with Running(client, NODES, nodes):
        found = nodes.get(NODE)
        assert found is not None
        assert found.created.endswith("Z")
        assert not found.ready

        node = plane.request("GET", f"/api/v1/nodes/{NODE}")
        node["status"]["addresses"] = [{"type": "InternalIP", "address": "127.9.9.9"}]
        node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
        plane.request("PUT", f"/api/v1/nodes/{NODE}/status", node)

        await until(lambda: (changed := nodes.get(NODE)) is not None and changed.ready)
        changed = nodes.get(NODE)
        assert changed is not None
        assert changed.addresses == (("InternalIP", "127.9.9.9"),)
        assert dict(found.annotations) == {}


async def test_pages(plane: ControlPlane, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paged list has every pod once, and all pages are of one version."""
    monkeypatch.setattr("tidegauge.cluster.watching.PAGE", 2)
    names = [f"paged-{i}" for i in range(5)]
    for name in names:
        run_pod(plane, name)

    found = [page async for page in pages(client, PODS)]

    listed = [pod.name for page in found for pod in page.records if pod.namespace == NAMESPACE]
    assert [name for name in listed if name.startswith("paged-")] == names
    assert len({page.version for page in found}) == 1
    assert len(found) >= 3
    assert not found[-1].next_token


async def test_forbidden(plane: ControlPlane) -> None:
    """Who may not watch is told so in the API server's words; they come as protobuf."""
    access = load_kubeconfig([plane.kubeconfig("nobody", ())])
    async with Client(access, SystemClock()) as nobody:
        with pytest.raises(Forbidden, match='User "nobody" cannot watch resource "pods"'):
            async for _ in watch(nobody, PODS, "", last=5, silence=lambda: SECONDS):
                pass


async def test_outage(plane: ControlPlane, client: Client) -> None:
    """While the API server is away all stays, and its return is noticed; old versions are gone."""
    pods = Pods()
    run_pod(plane, "steady")
    async with Running(client, PODS, pods) as informer:
        await asyncio.to_thread(plane.pause_apiserver)
        await until(lambda: informer.outages.failures != [])
        assert pods.get(NAMESPACE, "steady") is not None
        assert pods.synced
        # In this thread: the kernel ends the API server with the thread that started it.
        plane.resume_apiserver()

        run_pod(plane, "later")
        await until(lambda: pods.get(NAMESPACE, "later") is not None)
        assert pods.get(NAMESPACE, "steady") is not None

    with pytest.raises(Gone, match="too old"):
        async for _ in watch(client, PODS, "1", last=5, silence=lambda: SECONDS):
            pass
