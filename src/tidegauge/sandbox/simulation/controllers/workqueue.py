"""What controllers have in common: keys to look at again, objects by owner, names, deletions."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.storage import DELETED, Storage, key_of
from tidegauge.sandbox.simulation.engine import SECOND, Engine
from tidegauge.sandbox.simulation.recorder import Recorder
from tidegauge.serving.status import StatusError
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]

REACTION = 40
"""Milliseconds between a change and a controller's answer to it."""

RETRY = SECOND
"""How soon whoever finds the API away tries again."""

_CONFLICT = 409
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""As Kubernetes has them: without vowels, so that no name is a word."""


@dataclass(frozen=True, slots=True)
class Control:
    """What every controller works with."""

    storage: Storage
    engine: Engine
    recorder: Recorder
    random: random.Random
    nodes: frozenset[str]
    """Names of those whose kubelets are simulated; nothing is run on others."""

    def suffix(self) -> str:
        return "".join(self.random.choice(_NAME_LETTERS) for _ in range(5))

    def delete_pod(self, pod: Object) -> None:
        """Ask for its end, as a client would; a pod that runs nowhere is gone at once."""
        metadata = pod["metadata"]
        if "deletionTimestamp" in metadata:
            return
        if not pod["spec"].get("nodeName"):
            self.storage.delete("pods", *key_of(pod))
            return
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        marks = {
            "deletionTimestamp": format_rfc3339(self.engine.now // SECOND + grace),
            "deletionGracePeriodSeconds": grace,
        }
        self.storage.update("pods", pod | {"metadata": metadata | marks})


class WorkQueue:
    """Calls `reconcile` with each key soon after it was added, however often that was."""

    def __init__(self, engine: Engine, reconcile: Callable[[Key], None]) -> None:
        self._engine = engine
        self._reconcile = reconcile
        self._keys: set[Key] = set()

    def add(self, key: Key, delay: int = REACTION) -> None:
        if delay > REACTION:
            self._engine.after(delay - REACTION, lambda: self.add(key))
            return
        if not self._keys:
            self._engine.after(REACTION, self._run)
        self._keys.add(key)

    def watch(self, storage: Storage, resource: str) -> None:
        """Add the keys of that resource, those that are there and those that change."""
        for obj in storage.list(resource):
            self.add(key_of(obj))
        storage.subscribe(resource, lambda _, obj: self.add(key_of(obj)))

    def watch_owned(self, storage: Storage, resource: str, kind: str) -> None:
        """Add the owner, of that kind, of what changes."""

        def changed(_: str, obj: Object) -> None:
            owner = owner_of(obj)
            if owner and owner["kind"] == kind:
                self.add((obj["metadata"]["namespace"], owner["name"]))

        storage.subscribe(resource, changed)

    def _run(self) -> None:
        if not self._engine.api_answers:
            self._engine.after(RETRY, self._run)
            return
        keys, self._keys = sorted(self._keys), set()
        for key in keys:
            try:
                self._reconcile(key)
            except StatusError as error:
                # A client was faster: look again at what there is now.
                if error.status.code != _CONFLICT:
                    raise
                self.add(key)


class Owned:
    """All objects of a resource by the uid of the controller that owns them."""

    def __init__(self, storage: Storage, resource: str) -> None:
        self._by_owner: dict[str, dict[Key, Object]] = defaultdict(dict)
        for obj in storage.list(resource):
            self._changed("", obj)
        storage.subscribe(resource, self._changed)

    def of(self, owner: Object) -> list[Object]:
        """By name."""
        found = self._by_owner.get(owner["metadata"]["uid"], {})
        return [found[key] for key in sorted(found)]

    def _changed(self, change: str, obj: Object) -> None:
        owner = owner_of(obj)
        if owner is None:
            return
        if change == DELETED:
            self._by_owner[owner["uid"]].pop(key_of(obj), None)
        else:
            self._by_owner[owner["uid"]][key_of(obj)] = obj


def owner_of(obj: Object) -> Object | None:
    """The reference to the controller of an object."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((each for each in references if each.get("controller")), None)


def owner_reference(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_active(pod: Object) -> bool:
    """Neither finished nor told to end."""
    finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not finished and "deletionTimestamp" not in pod["metadata"]
