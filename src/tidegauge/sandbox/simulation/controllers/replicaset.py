"""ReplicaSets: as many pods as are asked for."""

from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.controllers.availability import is_available, until_available
from tidegauge.sandbox.simulation.controllers.workqueue import (
    Control,
    Key,
    Owned,
    WorkQueue,
    is_active,
    owner_reference,
)
from tidegauge.sandbox.simulation.manifests import pod_of
from tidegauge.sandbox.simulation.podspec import is_ready

Object: TypeAlias = dict[str, Any]

_COMPONENT = "replicaset-controller"


class ReplicaSets:
    def __init__(self, control: Control, pods: Owned) -> None:
        self._control = control
        self._pods = pods
        self._queue = WorkQueue(control.engine, self._reconcile)
        self._queue.watch(control.storage, "replicasets")
        self._queue.watch_owned(control.storage, "pods", "ReplicaSet")

    def _reconcile(self, key: Key) -> None:
        found = self._control.storage.get("replicasets", *key)
        if found is None or "deletionTimestamp" in found["metadata"]:
            return
        active = [pod for pod in self._pods.of(found) if is_active(pod)]
        surplus = len(active) - _wanted(found)
        if surplus > 0:
            for pod in sorted(active, key=_dispensable, reverse=True)[:surplus]:
                self._control.delete_pod(pod)
                self._tell(found, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
        for _ in range(-surplus):
            self._create(found)
        self._write_status(found)

    def _create(self, owner: Object) -> None:
        metadata, template = owner["metadata"], owner["spec"]["template"]
        pod = self._control.storage.create(
            "pods",
            pod_of(
                template,
                name=f"{metadata['name']}-{self._control.suffix()}",
                generateName=f"{metadata['name']}-",
                namespace=metadata["namespace"],
                ownerReferences=[owner_reference(owner)],
            ),
        )
        self._tell(owner, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")

    def _tell(self, about: Object, reason: str, message: str) -> None:
        self._control.recorder.record(about, _COMPONENT, reason, message)

    def _write_status(self, found: Object) -> None:
        active = [pod for pod in self._pods.of(found) if is_active(pod)]
        now, spec = self._control.engine.now, found["spec"]
        ready = [pod for pod in active if is_ready(pod)]
        available = sum(is_available(pod, spec, now) for pod in ready)
        status = {
            "replicas": len(active),
            "fullyLabeledReplicas": len(active),
            "readyReplicas": len(ready),
            "availableReplicas": available,
        }
        status = {name: count for name, count in status.items() if count or name == "replicas"}
        status["observedGeneration"] = found["metadata"]["generation"]
        self._control.storage.update("replicasets", found | {"status": status})
        waits = [wait for pod in ready if (wait := until_available(pod, spec, now))]
        if waits:
            self._queue.add((found["metadata"]["namespace"], found["metadata"]["name"]), min(waits))


def _wanted(found: Object) -> int:
    return int(found["spec"].get("replicas", 1))


def _dispensable(pod: Object) -> tuple[bool, bool, bool, str, str]:
    """Greater for those to delete first: nowhere, not running, not ready, young."""
    status = pod.get("status") or {}
    return (
        not pod["spec"].get("nodeName"),
        status.get("phase") != "Running",
        not is_ready(pod),
        pod["metadata"]["creationTimestamp"],
        pod["metadata"]["name"],
    )
