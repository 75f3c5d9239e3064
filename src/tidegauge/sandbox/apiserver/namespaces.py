"""The end of a namespace: emptied first, and not gone while anybody can't say what is in it."""

from collections.abc import Callable, Sequence

from tidegauge.sandbox.apiserver.kinds import KINDS
from tidegauge.sandbox.apiserver.lifecycle import Lifecycle, Policy
from tidegauge.sandbox.apiserver.storage import ADDED, DELETED, Object, Storage
from tidegauge.units.timestamp import format_rfc3339

_CONTENT = tuple(kind.resource for kind in KINDS if kind.namespaced)

_DISCOVERY_FAILURE = "NamespaceDeletionDiscoveryFailure"


class Namespaces:
    """Watches for what lets a terminating namespace end, and gives each a default account.

    `unavailable` names the groups with versions that no server answers for at present.
    """

    def __init__(
        self, storage: Storage, lifecycle: Lifecycle, unavailable: Callable[[], Sequence[str]]
    ) -> None:
        self._storage = storage
        self._lifecycle = lifecycle
        self._unavailable = unavailable
        for resource in _CONTENT:
            storage.subscribe(resource, self._content_changed)
        storage.subscribe("namespaces", self._namespace_changed)
        storage.subscribe("apiservices", lambda _change, _obj: self.retry())

    def terminate(self, namespace: Object) -> tuple[Object, bool]:
        """The namespace as it is now, and whether it is gone: it may still be on its way."""
        name = namespace["metadata"]["name"]
        if "deletionTimestamp" not in namespace["metadata"]:
            now = format_rfc3339(int(self._storage.clock.now()))
            metadata = namespace["metadata"] | {"deletionTimestamp": now}
            status = namespace.get("status", {}) | {"phase": "Terminating"}
            namespace = self._storage.update(
                "namespaces", namespace | {"metadata": metadata, "status": status}
            )
        self._empty(name)
        return namespace, False

    def retry(self) -> None:
        """Look again at all namespaces that wait."""
        for namespace in self._storage.list("namespaces"):
            if "deletionTimestamp" in namespace["metadata"]:
                self._empty(namespace["metadata"]["name"])

    def _empty(self, name: str) -> None:
        """Delete what is in it, then itself. What is deleted at once calls this again."""
        for resource in _CONTENT:
            for listed in self._storage.list(resource, name):
                obj = self._storage.get(resource, name, listed["metadata"]["name"])
                if obj and "deletionTimestamp" not in obj["metadata"]:
                    self._lifecycle.delete(resource, obj, Policy())
        namespace = self._storage.get("namespaces", "", name)
        if namespace is None:
            return
        if failing := self._unavailable():
            self._say_failure(namespace, failing)
        elif not any(self._storage.list(resource, name) for resource in _CONTENT):
            self._storage.delete("namespaces", "", name)

    def _say_failure(self, namespace: Object, failing: Sequence[str]) -> None:
        groups = ", ".join(f"{group}: stale GroupVersion discovery: {group}" for group in failing)
        message = (
            f"Discovery failed for some groups, {len(failing)} failing: unable to retrieve the "
            f"complete list of server APIs: {groups}"
        )
        condition = {
            "type": _DISCOVERY_FAILURE,
            "status": "True",
            "reason": "DiscoveryFailed",
            "message": message,
            "lastTransitionTime": namespace["metadata"]["deletionTimestamp"],
        }
        status = namespace.get("status", {}) | {"conditions": [condition]}
        self._storage.update("namespaces", namespace | {"status": status})

    def _content_changed(self, change: str, obj: Object) -> None:
        name = obj["metadata"]["namespace"]
        namespace = self._storage.get("namespaces", "", name)
        ending = namespace is not None and "deletionTimestamp" in namespace["metadata"]
        if change == DELETED and ending:
            self._empty(name)

    def _namespace_changed(self, change: str, namespace: Object) -> None:
        name = namespace["metadata"]["name"]
        if change == ADDED:
            account = {"metadata": {"name": "default", "namespace": name}}
            if not self._storage.get("serviceaccounts", name, "default"):
                self._storage.create("serviceaccounts", account)
