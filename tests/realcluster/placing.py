"""Node and Pod objects for fake kubelets, and a stand-in for scheduler and kubelet.

Nobody runs a container here. A pod "runs" when its status says so and a fake kubelet reports it.
"""

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from tests.realcluster.client import Client, RequestFailed
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.kubelets import Kubelets

LOOK_SECONDS = 0.5
READY = [{"type": "Ready", "status": "True"}]
_MERGE = {"Content-Type": "application/merge-patch+json"}


def node_manifest(
    name: str,
    address: str,
    port: int,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    cpu: str = "8",
    memory: str = "32Gi",
    swap: int | None = None,
) -> dict[str, Any]:
    """A Ready node whose kubelet is at `address`:`port`; `swap` is its size in bytes, if any."""
    size = {"cpu": cpu, "memory": memory, "pods": "250"}
    own = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": own | dict(labels or {}),
            "annotations": dict(annotations or {}),
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": READY,
            "capacity": size,
            "allocatable": size,
            "nodeInfo": {} if swap is None else {"swap": {"capacity": swap}},
        },
    }


def pod_manifest(
    namespace: str,
    name: str,
    node: str,
    containers: Sequence[str] = ("app",),
    *,
    labels: Mapping[str, str] | None = None,
    requests: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A pod that needs no scheduler, for it is on its node already."""
    resources = {"requests": dict(requests)} if requests else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels or {})},
        "spec": {
            "nodeName": node,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {"name": container, "image": "none.invalid/none", "resources": resources}
                for container in containers
            ],
        },
    }


def running_status(containers: Sequence[str]) -> dict[str, Any]:
    """The status of a pod that has run and been ready for a minute."""
    started = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    since = started.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "phase": "Running",
        "startTime": since,
        "conditions": [{**READY[0], "lastTransitionTime": since}],
        "containerStatuses": [
            {
                "name": container,
                "image": "none.invalid/none",
                "imageID": "",
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": since}},
            }
            for container in containers
        ],
    }


def create_node(client: Client, kubelet: FakeKubelet, **options: Any) -> None:
    """The Node object of a fake kubelet; options as of `node_manifest`."""
    manifest = node_manifest(kubelet.name, kubelet.address, kubelet.port, **options)
    client.request("POST", "/api/v1/nodes", manifest)


@contextmanager
def node(
    client: Client, kubelets: Kubelets, name: str, *, swap: int | None = None, **options: Any
) -> Iterator[FakeKubelet]:
    """A fake kubelet that measures when asked, with its Node object; both are gone at the end.

    Options are as of `node_manifest`.
    """
    kubelet = kubelets.add(name, housekeeping=0, swap=swap is not None)
    create_node(client, kubelet, swap=swap, **options)
    try:
        yield kubelet
    finally:
        client.request("DELETE", f"/api/v1/nodes/{name}")
        if kubelet in kubelets.all():
            kubelets.remove(kubelet)


def create_pod(client: Client, manifest: Mapping[str, Any]) -> None:
    """Create a pod and say that it runs."""
    namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
    client.request("POST", f"/api/v1/namespaces/{namespace}/pods", manifest)
    containers = [container["name"] for container in manifest["spec"]["containers"]]
    set_status(client, namespace, name, running_status(containers))


def set_status(client: Client, namespace: str, name: str, status: Mapping[str, Any]) -> None:
    """Patch a pod's status."""
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
    client.request("PATCH", path, {"status": status}, _MERGE)


def run_pod(
    client: Client,
    kubelet: FakeKubelet,
    namespace: str,
    name: str,
    containers: Sequence[str] = ("app",),
    *,
    cpu: float = 0.1,
    memory: int = 64 << 20,
    age: float = 3600.0,
    **options: Any,
) -> None:
    """A pod at the API server and its containers in its kubelet; options as of `pod_manifest`."""
    for container in containers:
        kubelet.add(namespace, name, container, cpu=cpu, memory=memory, age=age)
    manifest = pod_manifest(namespace, name, kubelet.name, containers, **options)
    create_pod(client, manifest)


@dataclass
class Load:
    """What a workload's pods have to carry together: cores and bytes, for one container each."""

    cpu: float = 0.0
    memory: int = 0


class Placer:
    """Takes the part of scheduler and kubelets for pods made by controllers; runs in a thread.

    Pods without a node go to the kubelets in turn and run at once; deleted ones vanish. The load of
    a workload (pods of one `app` label) is shared evenly by its pods, so scaling has an effect.
    """

    def __init__(self, client: Client, kubelets: Sequence[FakeKubelet]) -> None:
        self._client = client
        self._kubelets = list(kubelets)
        self._loads: dict[tuple[str, str, str], Load] = {}
        self._placed: dict[tuple[str, str], tuple[str, FakeKubelet]] = {}
        self._turn = 0
        self._sharing = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="placer", daemon=True)
        self.failures: list[Exception] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def set_load(
        self, namespace: str, app: str, container: str = "app", *, cpu: float, memory: int = 0
    ) -> None:
        """What the containers of that name in pods labelled `app` use together from now on."""
        with self._sharing:  # else the thread, midway, would give some pods the old load again
            self._loads[namespace, app, container] = Load(cpu, memory)
            self._share()

    def _run(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            try:
                self._look()
            except (OSError, RequestFailed) as error:
                self.failures.append(error)  # the API server may be away; the next look will tell

    def _look(self) -> None:
        pods = self._client.request("GET", "/api/v1/pods")["items"]
        for pod in pods:
            key = pod["metadata"]["namespace"], pod["metadata"]["name"]
            if "nodeName" not in pod["spec"]:
                self._place(pod)
            elif key in self._placed and "deletionTimestamp" in pod["metadata"]:
                path = f"/api/v1/namespaces/{key[0]}/pods/{key[1]}"
                self._client.send("DELETE", path, {"gracePeriodSeconds": 0})
        there = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods}
        for key in set(self._placed) - there:
            _, kubelet = self._placed.pop(key)
            kubelet.remove(*key)
        with self._sharing:
            self._share()

    def _place(self, pod: Mapping[str, Any]) -> None:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        kubelet = self._kubelets[self._turn % len(self._kubelets)]
        self._turn += 1
        target = {"apiVersion": "v1", "kind": "Node", "name": kubelet.name}
        binding = {"metadata": {"name": name}, "target": target}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/binding"
        self._client.request("POST", path, binding)
        containers = [container["name"] for container in pod["spec"]["containers"]]
        for container in containers:
            kubelet.add(namespace, name, container, cpu=0.0, memory=16 << 20, age=0.0)
        set_status(self._client, namespace, name, running_status(containers))
        app = pod["metadata"].get("labels", {}).get("app", "")
        self._placed[namespace, name] = app, kubelet

    def _share(self) -> None:
        for (namespace, app, container), load in list(self._loads.items()):
            names = {
                name
                for (where, name), (label, _) in list(self._placed.items())
                if (where, label) == (namespace, app)
            }
            for kubelet in self._kubelets:
                for running in kubelet.containers:
                    if running.name == container and running.pod in names:
                        _set(running, load, len(names))


def _set(container: Any, load: Load, share: int) -> None:
    if container.cpu != load.cpu / share:
        container.cpu = load.cpu / share
    if load.memory:
        container.memory = load.memory // share
