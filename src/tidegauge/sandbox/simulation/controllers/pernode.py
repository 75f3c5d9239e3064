"""Pods that each node of a kind has one of: those of DaemonSets, and static ones.

The API server here holds no DaemonSets: their pods name an owner that can't be looked up.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from tidegauge.sandbox.simulation.controllers.workqueue import Control, Key, WorkQueue
from tidegauge.sandbox.simulation.machines import CONTROL_PLANE
from tidegauge.sandbox.simulation.manifests import pod_of, pod_template
from tidegauge.sandbox.simulation.story import Workload

Object: TypeAlias = dict[str, Any]

_STATIC = {"kubernetes.io/config.source": "file", "kubernetes.io/config.mirror": "sandbox"}
"""How the API knows the pods that a kubelet has from a file."""


class PerNode:
    def __init__(self, control: Control, workloads: Sequence[Workload]) -> None:
        self._control = control
        self._workloads = [each for each in workloads if each.kind in ("DaemonSet", "Static")]
        self._names: dict[tuple[str, str], Key] = {}
        """Workload and node → the pod."""

        self._queue = WorkQueue(control.engine, self._reconcile)
        self._queue.watch(control.storage, "nodes")
        control.storage.subscribe("pods", self._pod_changed)

    def _pod_changed(self, change: str, pod: Object) -> None:
        if change == "DELETED" and pod["spec"].get("nodeName"):
            self._queue.add(("", pod["spec"]["nodeName"]))

    def _reconcile(self, key: Key) -> None:
        node = self._control.storage.get("nodes", *key)
        if node is None or key[1] not in self._control.nodes:
            return
        master = CONTROL_PLANE in (node["metadata"].get("labels") or {})
        for workload in self._workloads:
            if master or workload.nodes == "every":
                self._ensure(workload, node)

    def _ensure(self, workload: Workload, node: Object) -> None:
        name = node["metadata"]["name"]
        known = self._names.get((workload.key, name))
        if known and self._control.storage.get("pods", *known):
            return
        pod = _static_pod(workload, node) if workload.kind == "Static" else self._daemon(workload)
        pod["spec"] |= {"nodeName": name, "tolerations": [{"operator": "Exists"}]}
        made = self._control.storage.create("pods", pod)
        self._names[workload.key, name] = workload.namespace, made["metadata"]["name"]

    def _daemon(self, workload: Workload) -> Object:
        owner = _owner("apps/v1", "DaemonSet", workload.name, _uid(workload.key))
        metadata = {
            "name": f"{workload.name}-{self._control.suffix()}",
            "generateName": f"{workload.name}-",
        }
        return _pod(workload, metadata, owner)


def _static_pod(workload: Workload, node: Object) -> Object:
    name = node["metadata"]["name"]
    owner = _owner("v1", "Node", name, node["metadata"]["uid"])
    metadata = {"name": f"{workload.name}-{name}", "annotations": _STATIC}
    return _pod(workload, metadata, owner)


def _pod(workload: Workload, metadata: Object, owner: Object) -> Object:
    own = {"namespace": workload.namespace, "ownerReferences": [owner]}
    return pod_of(pod_template(workload), **(metadata | own))


def _owner(api_version: str, kind: str, name: str, uid: str) -> Object:
    return {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "controller": True}


def _uid(key: str) -> str:
    """Always the same for the same workload."""
    return str(UUID(bytes=key.encode()[-16:].rjust(16, b"\0"), version=4))
