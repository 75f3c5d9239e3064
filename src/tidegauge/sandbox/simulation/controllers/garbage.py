"""The garbage collector and the namespace controller: what belongs to nobody any more goes."""

from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.storage import DELETED, key_of
from tidegauge.sandbox.simulation.controllers.workqueue import Control, Key, Owned, WorkQueue
from tidegauge.sandbox.simulation.engine import SECOND

Object: TypeAlias = dict[str, Any]

_OWNERS = ("deployments", "replicasets", "statefulsets")
_NAMESPACED = (
    "horizontalpodautoscalers",
    "deployments",
    "statefulsets",
    "replicasets",
    "pods",
    "services",
    "configmaps",
    "secrets",
    "serviceaccounts",
    "leases",
    "events",
)
"""In the order of their removal: who makes others before those."""


class Garbage:
    """Deletes what deleted owners leave behind, in the background as `kubectl delete` asks it."""

    def __init__(self, control: Control, pods: Owned, replica_sets: Owned) -> None:
        self._control = control
        self._pods = pods
        self._replica_sets = replica_sets
        for resource in _OWNERS:
            control.storage.subscribe(resource, self._changed)
        self._namespaces = WorkQueue(control.engine, self._empty)
        self._namespaces.watch(control.storage, "namespaces")

    def _changed(self, change: str, obj: Object) -> None:
        if change == DELETED:
            self._control.engine.after(SECOND // 2, lambda: self._collect(obj))

    def _collect(self, owner: Object) -> None:
        for replica_set in self._replica_sets.of(owner):
            self._control.storage.delete("replicasets", *key_of(replica_set))
        for pod in self._pods.of(owner):
            self._control.delete_pod(pod)

    def _empty(self, key: Key) -> None:
        """Remove all that is in a namespace whose end was asked for, and then itself."""
        storage, name = self._control.storage, key[1]
        namespace = storage.get("namespaces", *key)
        if namespace is None or "deletionTimestamp" not in namespace["metadata"]:
            return
        left = 0
        for resource in _NAMESPACED:
            for obj in storage.list(resource, name):
                if resource == "pods":
                    left += 1
                    self._control.delete_pod(obj)
                else:
                    storage.delete(resource, *key_of(obj))
        if left:
            self._namespaces.add(key, SECOND)
        else:
            storage.delete("namespaces", *key)
