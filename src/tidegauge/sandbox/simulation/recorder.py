"""Events as a cluster's components write them: one object per thing that happens, then counted."""

from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.simulation.engine import MINUTE, SECOND, Engine
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]

KEPT = 60 * MINUTE
"""As kube-apiserver's `--event-ttl`."""

_CLUSTER_NAMESPACE = "default"
"""Where events of objects without a namespace are written."""


class Recorder:
    def __init__(self, storage: Storage, engine: Engine) -> None:
        self._storage = storage
        self._engine = engine
        self._made = 0
        self._names: dict[tuple[str, ...], tuple[str, str]] = {}
        """What happened to whom → the event's namespace and name; oldest writing first."""

        self._written: dict[tuple[str, ...], int] = {}

    def record(
        self, about: Object, component: str, reason: str, message: str, *, host: str = ""
    ) -> None:
        """An event of type Normal; `about` is the object, whole."""
        self._write(about, component, "Normal", reason, message, host)

    def warn(
        self, about: Object, component: str, reason: str, message: str, *, host: str = ""
    ) -> None:
        self._write(about, component, "Warning", reason, message, host)

    def forget_old(self) -> None:
        if not self._engine.api_answers:
            return
        oldest = self._engine.now - KEPT
        for key in [key for key, at in self._written.items() if at < oldest]:
            namespace, name = self._names.pop(key)
            del self._written[key]
            if self._storage.get("events", namespace, name):
                self._storage.delete("events", namespace, name)

    def _write(
        self, about: Object, component: str, kind: str, reason: str, message: str, host: str
    ) -> None:
        if not self._engine.api_answers:
            return  # as real recorders drop what they can't write for long
        metadata = about["metadata"]
        key = (metadata["uid"], component, host, kind, reason, message)
        known = self._storage.get("events", *self._names[key]) if key in self._names else None
        at = format_rfc3339(self._engine.now // SECOND)
        if known:
            again = {"count": known["count"] + 1, "lastTimestamp": at}
            self._storage.update("events", known | again)
        else:
            namespace = metadata.get("namespace", _CLUSTER_NAMESPACE)
            self._made += 1
            # In nanoseconds, as real ones: those of one object sort by time.
            name = f"{metadata['name']}.{self._engine.now * 1_000_000 + self._made:x}"
            self._names[key] = namespace, name
            self._storage.create(
                "events",
                {
                    "metadata": {"name": name, "namespace": namespace},
                    "involvedObject": _reference(about),
                    "type": kind,
                    "reason": reason,
                    "message": message,
                    "source": {"component": component, **({"host": host} if host else {})},
                    "firstTimestamp": at,
                    "lastTimestamp": at,
                    "count": 1,
                    "eventTime": None,
                    "reportingComponent": component,
                    "reportingInstance": host,
                },
            )
        self._written[key] = self._engine.now


def _reference(about: Object) -> Object:
    metadata = about["metadata"]
    reference = {
        "kind": about["kind"],
        "apiVersion": about["apiVersion"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    if "namespace" in metadata:
        reference["namespace"] = metadata["namespace"]
    return reference
