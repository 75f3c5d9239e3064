"""What etcd is to a real API server: objects by key, one counter of versions, watchers.

Objects are plain JSON dicts. What is stored is never changed afterwards, and neither may callers:
a change is a new dict (parts that stay the same may be shared), handed to `update`. So readers
and watchers hold what they were given without copying.
"""

import random
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tidegauge.sandbox.apiserver.failures import already_exists, changed_since, replaced
from tidegauge.sandbox.apiserver.kinds import BY_RESOURCE, Kind
from tidegauge.serving.status import StatusError, not_found
from tidegauge.units.clock import Clock
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]
Listener: TypeAlias = Callable[[str, Object], None]
Unsubscribe: TypeAlias = Callable[[], None]

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


class Change(NamedTuple):
    """One write. `object` carries the version of the change, also when it was deleted."""

    type: str
    object: Object
    previous: Object | None


class Storage:
    """All objects of one cluster; every method raises StatusError as an API server answers it.

    `resource` is the plural name. The same `seed` gives the same uids in the same order.
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.version = 1
        self._random = random.Random(seed)  # noqa: S311  (names objects, guards nothing)
        self._objects: dict[str, dict[tuple[str, str], Object]] = {
            resource: {} for resource in BY_RESOURCE
        }
        self._untold: deque[tuple[str, Change]] = deque()
        self._observers: dict[str, list[Callable[[Change], None]]] = defaultdict(list)

    def create(self, resource: str, obj: Object) -> Object:
        """Store a new object: it gets uid, creationTimestamp and resourceVersion. 409 if it is."""
        kind = BY_RESOURCE[resource]
        key = key_of(obj)
        if key in self._objects[resource]:
            raise StatusError(already_exists(kind, key[1]))
        metadata = obj["metadata"] | {
            "uid": self.new_uid(),
            "creationTimestamp": format_rfc3339(int(self.clock.now())),
        }
        if kind.generation:
            metadata["generation"] = 1
        identity = {"kind": kind.kind, "apiVersion": kind.api_version}
        return self._write(ADDED, resource, identity | obj | {"metadata": metadata}, None)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """The object, or None; the namespace of what has none is the empty string."""
        return self._objects[resource].get((namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """All objects, of one namespace when one is given, by namespace and name."""
        found = self._objects[resource]
        return [found[key] for key in sorted(found) if namespace in (None, key[0])]

    def update(self, resource: str, obj: Object) -> Object:
        """Replace an object. 404 if there is none; 409 when its version or uid is another's.

        Without a resourceVersion the last writer wins. What changes nothing is not written.
        """
        kind = BY_RESOURCE[resource]
        previous = self._existing(resource, *key_of(obj))
        self._check(kind, obj, previous)
        kept = {
            field: previous["metadata"][field]
            for field in ("uid", "creationTimestamp", "resourceVersion", "generation")
            if field in previous["metadata"]
        }
        changed = obj | {"metadata": obj["metadata"] | kept}
        if changed == previous:
            return previous
        respecified = changed.get("spec") != previous.get("spec")
        if kind.generation and (respecified or _is_ending(changed) > _is_ending(previous)):
            changed["metadata"]["generation"] += 1
        return self._write(MODIFIED, resource, changed, previous)

    def delete(self, resource: str, namespace: str, name: str) -> Object:
        """Remove an object for good; what is returned carries the version of its end."""
        previous = self._existing(resource, namespace, name)
        gone = previous | {"metadata": dict(previous["metadata"])}
        return self._write(DELETED, resource, gone, previous)

    def subscribe(self, resource: str, listener: Listener) -> Unsubscribe:
        """Call `listener` with ADDED, MODIFIED or DELETED and the object, right after each.

        A write made by a listener returns before anybody is told of it.
        """
        return self.observe(resource, lambda change: listener(change.type, change.object))

    def observe(self, resource: str, observer: Callable[[Change], None]) -> Unsubscribe:
        """As `subscribe`, with what was there before."""
        self._observers[resource].append(observer)
        return lambda: self._observers[resource].remove(observer)

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _existing(self, resource: str, namespace: str, name: str) -> Object:
        found = self.get(resource, namespace, name)
        if found is None:
            raise StatusError(not_found(resource, name, BY_RESOURCE[resource].group))
        return found

    def _check(self, kind: Kind, obj: Object, previous: Object) -> None:
        wanted, actual = obj["metadata"], previous["metadata"]
        if wanted.get("uid") not in (None, "", actual["uid"]):
            raise StatusError(replaced(kind, wanted["name"], wanted["uid"], actual["uid"]))
        if wanted.get("resourceVersion") not in (None, "", actual["resourceVersion"]):
            raise StatusError(changed_since(kind, wanted["name"]))

    def _write(self, change: str, resource: str, obj: Object, previous: Object | None) -> Object:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        if change == DELETED:
            del self._objects[resource][key_of(obj)]
        else:
            self._objects[resource][key_of(obj)] = obj
        self._tell(resource, Change(change, obj, previous))
        return obj

    def _tell(self, resource: str, change: Change) -> None:
        """An observer may write too: all get to know of changes in the order they were made."""
        self._untold.append((resource, change))
        if len(self._untold) > 1:
            return
        while self._untold:
            resource, change = self._untold[0]
            for observer in tuple(self._observers[resource]):
                observer(change)
            self._untold.popleft()


def _is_ending(obj: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def key_of(obj: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
