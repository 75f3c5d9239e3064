"""How objects end: gracefully, with their dependents, or not while a finalizer holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegauge.sandbox.apiserver.kinds import KINDS
from tidegauge.sandbox.apiserver.storage import DELETED, Listener, Object, Storage, key_of
from tidegauge.units.timestamp import format_rfc3339

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
"""Finalizers that stand for the propagation policies."""

GRACE_SECONDS = 30

_BY_KIND = {(kind.api_version, kind.kind): kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Policy:
    """How a deletion was asked for; None takes the object's own grace period."""

    grace_seconds: int | None = None
    propagation: str = "Background"


class Lifecycle:
    """Deletes, and collects what lost its owners. Namespaces end in their own way."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._dependents: dict[str, set[tuple[str, str, str]]] = {}
        for kind in KINDS:
            for obj in storage.list(kind.resource):
                self._note(kind.resource, obj)
            storage.subscribe(kind.resource, self._listener(kind.resource))

    def delete(self, resource: str, obj: Object, policy: Policy) -> tuple[Object, bool]:
        """The object as it is now, and whether it is gone."""
        finalizers = [name for name in _finalizers(obj) if name not in (FOREGROUND, ORPHAN)]
        if policy.propagation == "Orphan":
            self._orphan(obj)
        elif policy.propagation == "Foreground" and self._holding(obj):
            finalizers.append(FOREGROUND)
        grace = _grace(resource, obj, policy)
        if not finalizers and not grace:
            gone = self._storage.delete(resource, *key_of(obj))
            return self._ended(gone) if resource == "pods" else gone, True
        marked = self._mark(resource, obj, grace, finalizers)
        if FOREGROUND in finalizers:
            self._collect(obj["metadata"]["uid"])
            found = self._storage.get(resource, *key_of(obj))
            return found or marked, found is None
        return marked, False

    def _ended(self, pod: Object) -> Object:
        """A pod that took no time to end, as its deletion answers."""
        metadata = pod["metadata"]
        first = "deletionTimestamp" not in metadata
        ended = {
            "deletionTimestamp": format_rfc3339(int(self._storage.clock.now())),
            "deletionGracePeriodSeconds": 0,
            "generation": metadata.get("generation", 1) + first,
        }
        return pod | {"metadata": metadata | ended}

    def finish(self, resource: str, obj: Object) -> Object:
        """Store what was changed; remove it when it only waited for its last finalizer."""
        stored = self._storage.update(resource, obj)
        metadata = stored["metadata"]
        ready = "deletionTimestamp" in metadata and not _finalizers(stored)
        if ready and not metadata.get("deletionGracePeriodSeconds") and resource != "namespaces":
            return self._storage.delete(resource, *key_of(stored))
        return stored

    def _mark(self, resource: str, obj: Object, grace: int, finalizers: list[str]) -> Object:
        metadata = dict(obj["metadata"])
        deadline = format_rfc3339(int(self._storage.clock.now()) + grace)
        known = metadata.get("deletionTimestamp")
        if known is None or deadline < known:
            metadata |= {"deletionTimestamp": deadline, "deletionGracePeriodSeconds": grace}
        if finalizers:
            metadata["finalizers"] = finalizers
        return self._storage.update(resource, obj | {"metadata": metadata})

    def _holding(self, obj: Object) -> bool:
        """Whether dependents would hold the object back in the foreground."""
        return bool(self._dependents.get(obj["metadata"]["uid"]))

    def _orphan(self, owner: Object) -> None:
        uid = owner["metadata"]["uid"]
        for resource, namespace, name in sorted(self._dependents.get(uid, ())):
            obj = self._storage.get(resource, namespace, name)
            if obj:
                left = [each for each in _owners(obj) if each["uid"] != uid]
                metadata = obj["metadata"] | {"ownerReferences": left}
                self._storage.update(resource, obj | {"metadata": metadata})

    def _collect(self, uid: str) -> None:
        """Delete the dependents that have no other owner left."""
        for resource, namespace, name in sorted(self._dependents.get(uid, ())):
            obj = self._storage.get(resource, namespace, name)
            owners = _owners(obj) if obj else []
            owned = any(each["uid"] == uid for each in owners)
            if obj and owned and not any(self._lives(each, namespace, uid) for each in owners):
                self.delete(resource, obj, Policy())

    def _lives(self, reference: Mapping[str, Any], namespace: str, dying: str) -> bool:
        return reference["uid"] != dying and self._owner(reference, namespace) is not None

    def _owner(self, reference: Mapping[str, Any], namespace: str) -> Object | None:
        """The very object that a reference means, not one of the same name."""
        kind = _BY_KIND.get((reference.get("apiVersion", ""), reference.get("kind", "")))
        if kind is None:
            return None
        owner = self._storage.get(
            kind.resource, namespace if kind.namespaced else "", reference["name"]
        )
        return owner if owner and owner["metadata"]["uid"] == reference["uid"] else None

    def _listener(self, resource: str) -> Listener:
        def listen(change: str, obj: Object) -> None:
            if change != DELETED:
                self._note(resource, obj)
                return
            where = (resource, *key_of(obj))
            for owner in _owners(obj):
                self._dependents.get(owner["uid"], set()).discard(where)
                self._release(owner, key_of(obj)[0])
            self._collect(obj["metadata"]["uid"])
            self._dependents.pop(obj["metadata"]["uid"], None)

        return listen

    def _note(self, resource: str, obj: Object) -> None:
        for owner in _owners(obj):
            self._dependents.setdefault(owner["uid"], set()).add((resource, *key_of(obj)))

    def _release(self, reference: Mapping[str, Any], namespace: str) -> None:
        """Let an owner go that waited in the foreground for its last dependent."""
        owner = self._owner(reference, namespace)
        if owner is None or self._dependents.get(reference["uid"]):
            return
        if FOREGROUND in _finalizers(owner):
            left = [name for name in _finalizers(owner) if name != FOREGROUND]
            kind = _BY_KIND[owner["apiVersion"], owner["kind"]]
            metadata = owner["metadata"] | {"finalizers": left}
            self.finish(kind.resource, owner | {"metadata": metadata})


def _grace(resource: str, obj: Object, policy: Policy) -> int:
    """Only pods that run somewhere take their time."""
    if resource != "pods":
        return 0
    placed = obj.get("spec", {}).get("nodeName")
    ended = obj.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if not placed or ended:
        return 0
    own = obj["spec"].get("terminationGracePeriodSeconds", GRACE_SECONDS)
    return int(own if policy.grace_seconds is None else policy.grace_seconds)


def _finalizers(obj: Object) -> list[str]:
    return list(obj["metadata"].get("finalizers") or ())


def _owners(obj: Object) -> list[Object]:
    return list(obj["metadata"].get("ownerReferences") or ())
