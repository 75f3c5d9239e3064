"""The last changes of each resource, for watches that go on from a version, and the live ones."""

from collections import deque
from collections.abc import Callable

from tidegauge.sandbox.apiserver.failures import gone_version
from tidegauge.sandbox.apiserver.kinds import KINDS
from tidegauge.sandbox.apiserver.storage import Change, Storage
from tidegauge.serving.status import StatusError

KEPT = 1000
"""Changes of one resource that are remembered: minutes of a busy demo, some megabytes at most."""

Observer = Callable[[Change], None]


class History:
    """`kept` is how many changes of a resource a watch may be behind; then it is told 410."""

    def __init__(self, storage: Storage, kept: int = KEPT) -> None:
        self._storage = storage
        self._changes: dict[str, deque[Change]] = {}
        self._compacted: dict[str, int] = {}
        for kind in KINDS:
            self._changes[kind.resource] = deque(maxlen=kept)
            self._compacted[kind.resource] = 0
            storage.observe(kind.resource, self._recorder(kind.resource))

    def since(self, resource: str, version: int) -> list[Change]:
        """The changes after a version. StatusError 410 when some of them are forgotten."""
        oldest = self._compacted[resource]
        if version < oldest:
            raise StatusError(gone_version(version, oldest))
        return [change for change in self._changes[resource] if _version(change) > version]

    def compact(self) -> None:
        """Forget everything: whoever goes on from before must list again."""
        for resource, changes in self._changes.items():
            changes.clear()
            self._compacted[resource] = self._storage.version

    def _recorder(self, resource: str) -> Observer:
        changes = self._changes[resource]

        def record(change: Change) -> None:
            if len(changes) == changes.maxlen:
                self._compacted[resource] = _version(changes[0])
            changes.append(change)

        return record


def _version(change: Change) -> int:
    return int(change.object["metadata"]["resourceVersion"])
