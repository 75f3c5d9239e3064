"""A machine in an API server's storage: a Node, and a mirror pod for each pod that is seen.

Mirror pods are how a kubelet shows what it runs without the API server having asked for it; they
may be read, deleting one changes nothing for long. The node takes no pods from a scheduler.
"""

import platform
from typing import Any

from tidegauge.sandbox.apiserver.defaults import fill_in
from tidegauge.sandbox.apiserver.poddefaults import quality_of_service
from tidegauge.sandbox.apiserver.storage import Object, Storage
from tidegauge.sandbox.records import Container, Node, Pod
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.machines import (
    KUBELET_VERSION,
    STATUS,
    conditions,
    with_times,
)
from tidegauge.sandbox.simulation.podspec import condition, is_ready
from tidegauge.units.timestamp import format_rfc3339

MIRROR = "kubernetes.io/config.mirror"
MAX_PODS = 2000
"""Mirrored at once, the first by name: a walk of cgroups finds no more than twice as many."""

_TAINT = {"key": "tidegauge.dev/this-machine", "effect": "NoSchedule"}


class Mirror:
    """Keeps storage as the last look; `address` and `port` are where the node's figures are."""

    def __init__(self, storage: Storage, *, address: str, port: int, cpus: int) -> None:
        self._storage = storage
        self._address = address
        self._port = port
        self._cpus = cpus
        self._told = float("-inf")
        """When the node's status was written, in the look's seconds."""

    def show(self, node: Node) -> None:
        """Make, change and remove objects; a look that isn't whole removes nothing."""
        self._show_node(node)
        shown = {(pod.namespace, pod.name): pod for pod in node.pods[:MAX_PODS]}
        for namespace in sorted({namespace for namespace, _ in shown}):
            if not self._storage.get("namespaces", "", namespace):
                self._storage.create("namespaces", _filled("namespaces", {"name": namespace}))
        for pod in shown.values():
            self._show_pod(pod, node)
        for key, stored in self._mirrored(node.name).items():
            if node.whole and key not in shown:
                self._storage.delete("pods", *_key(stored))

    def lose(self, node: Node) -> None:
        """Show that nothing has been heard of the node for long."""
        stored = self._storage.get("nodes", "", node.name)
        if stored and is_ready(stored):
            lost = {"conditions": conditions(int(node.usage.time), ready=False)}
            status = stored["status"] | _continued(lost, stored, beat=False)
            self._storage.update("nodes", stored | {"status": status})

    def remove(self, name: str) -> None:
        """Take the node of that name and its mirror pods away."""
        for stored in self._mirrored(name).values():
            self._storage.delete("pods", *_key(stored))
        if self._storage.get("nodes", "", name):
            self._storage.delete("nodes", "", name)

    def _mirrored(self, node: str) -> dict[tuple[str, str], Object]:
        return {
            _key(pod): pod
            for pod in self._storage.list("pods")
            if pod["spec"].get("nodeName") == node
            and MIRROR in (pod["metadata"].get("annotations") or {})
        }

    def _show_pod(self, pod: Pod, node: Node) -> None:
        """A pod of another life, or with other containers, is another pod."""
        made = _pod(pod, node)
        stored = self._storage.get("pods", pod.namespace, pod.name)
        if stored:
            marks = stored["metadata"].get("annotations") or {}
            if MIRROR not in marks:
                return  # somebody else's: a workload may be called like a service
            if marks == made["metadata"]["annotations"]:
                return
            self._storage.delete("pods", pod.namespace, pod.name)
        self._storage.create("pods", made)

    def _show_node(self, node: Node) -> None:
        """As kubelets do it: a status that stays the same is told again every few minutes only."""
        made, now = self._node(node), node.usage.time
        stored = self._storage.get("nodes", "", node.name)
        if stored is None:
            self._storage.create("nodes", made)
        else:
            status = _continued(made["status"], stored)
            same = _settled(status) == _settled(stored.get("status") or {})
            if same and now - self._told < STATUS / SECOND:
                return
            self._storage.update("nodes", stored | {"status": status})
        self._told = now

    def _node(self, node: Node) -> Object:
        size = {
            "cpu": str(self._cpus),
            "memory": f"{node.memory_capacity >> 10}Ki",
            "pods": str(MAX_PODS),
        }
        info: dict[str, Any] = {
            "architecture": platform.machine(),
            "kernelVersion": platform.release(),
            "kubeletVersion": KUBELET_VERSION,
            "operatingSystem": "linux",
            "osImage": "this machine",
        }
        if node.swap_capacity:
            info["swap"] = {"capacity": node.swap_capacity}
        labels = {"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux"}
        return {
            "metadata": {"name": node.name, "labels": labels, "annotations": {}},
            "spec": {"unschedulable": True, "taints": [_TAINT]},
            "status": {
                "addresses": [
                    {"type": "InternalIP", "address": self._address},
                    {"type": "Hostname", "address": node.name},
                ],
                "allocatable": size,
                "capacity": size,
                "conditions": conditions(int(node.usage.time), ready=True),
                "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
                "nodeInfo": info,
            },
        }


def _continued(status: Object, stored: Object, *, beat: bool = True) -> Object:
    """A new status, with the times at which conditions became what they are."""
    kept = [
        with_times(each, condition(stored, each["type"]), beat=beat)
        for each in status["conditions"]
    ]
    return status | {"conditions": kept}


def _settled(status: Object) -> Object:
    """What of it does not change by being told again."""
    kept = [each | {"lastHeartbeatTime": None} for each in status.get("conditions") or ()]
    return status | {"conditions": kept}


def _key(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _filled(resource: str, metadata: Object, **rest: Any) -> Object:
    obj: Object = {"metadata": metadata, **rest}
    fill_in(resource, obj)
    return obj


def _pod(pod: Pod, node: Node) -> Object:
    """The annotation tells one life of a pod from another, as a static pod's hash does."""
    names = " ".join(f"{each.name}@{each.start:.0f}" for each in pod.containers)
    annotations = {
        "kubernetes.io/config.source": "file",
        MIRROR: f"{pod.uid} {names}"[:1024],
    }
    made = _filled(
        "pods",
        {"name": pod.name, "namespace": pod.namespace, "annotations": annotations},
        spec={
            "nodeName": node.name,
            "hostNetwork": True,
            "containers": [{"name": each.name, "image": "this-machine"} for each in pod.containers],
        },
    )
    return made | {"status": _status(pod, made)}


def _status(pod: Pod, made: Object) -> Object:
    at = format_rfc3339(int(pod.start))
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
            for kind in kinds
        ],
        "startTime": at,
        "qosClass": quality_of_service(made["spec"]),
        "containerStatuses": [_container_status(each) for each in pod.containers],
    }


def _container_status(container: Container) -> Object:
    return {
        "name": container.name,
        "image": "this-machine",
        "imageID": "",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "lastState": {},
        "state": {"running": {"startedAt": format_rfc3339(int(container.start))}},
    }
