"""Writes: what a client sends becomes what is stored, by the rules of its kind."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidegauge.sandbox.apiserver.changes import APPLY_PATCH, Place, kept, patched
from tidegauge.sandbox.apiserver.decoding import check_kind, conform
from tidegauge.sandbox.apiserver.defaults import assign_addresses, fill_in
from tidegauge.sandbox.apiserver.failures import invalid, terminating
from tidegauge.sandbox.apiserver.kinds import BY_RESOURCE, Kind
from tidegauge.sandbox.apiserver.lifecycle import Lifecycle
from tidegauge.sandbox.apiserver.rules import wrong
from tidegauge.sandbox.apiserver.scales import rescaled, scale_of
from tidegauge.sandbox.apiserver.statuses import fill_in_status, first_status
from tidegauge.sandbox.apiserver.storage import Object, Storage
from tidegauge.sandbox.apiserver.validation import validate, validate_update
from tidegauge.sandbox.apiserver.versions import conversion_of, outward
from tidegauge.serving.status import StatusError, bad_request, not_found
from tidegauge.units.timestamp import format_rfc3339

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names, with which no words are made."""

_NAMES_OF_SYSTEM = ("uid", "resourceVersion", "generation", "creationTimestamp")


@dataclass(frozen=True, slots=True)
class Options:
    """The query's options of a write."""

    validation: str = "Warn"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    object: Object
    warnings: Sequence[str] = ()
    created: bool = False


class Writer:
    """Every method raises StatusError."""

    def __init__(self, storage: Storage, lifecycle: Lifecycle) -> None:
        self._storage = storage
        self._lifecycle = lifecycle

    def existing(self, place: Place) -> Object:
        found = self._storage.get(place.kind.resource, place.namespace, place.name)
        if found is None:
            raise StatusError(not_found(place.kind.resource, place.name, place.kind.group))
        return found

    def create(self, place: Place, value: Any, options: Options) -> Written:
        kind = place.kind
        obj, warnings = self._read(place, value, options)
        metadata = obj["metadata"]
        if not metadata.get("name") and metadata.get("generateName"):
            suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
            metadata["name"] = metadata["generateName"] + suffix
        for field in (*_NAMES_OF_SYSTEM, "deletionTimestamp"):
            metadata.pop(field, None)
        if "status" in kind.subresources and kind.resource != "nodes":
            obj.pop("status", None)
        fill_in(kind.resource, obj)
        status = first_status(kind.resource)
        if status is not None:
            obj["status"] = status
        if kind.resource == "services":
            assign_addresses(obj, self._storage.list("services"))
        validate(kind, obj)
        self._check_namespace(place, metadata["name"])
        if options.dry_run:
            now = format_rfc3339(int(self._storage.clock.now()))
            metadata |= {"uid": self._storage.new_uid(), "creationTimestamp": now}
            if kind.generation:
                metadata["generation"] = 1
            return Written(_typed(kind, obj), warnings, created=True)
        return Written(self._storage.create(kind.resource, obj), warnings, created=True)

    def replace(self, place: Place, value: Any, options: Options) -> Written:
        if place.subresource == "scale":
            return self._rescale(place, value, options)
        if place.kind.resource == "leases" and not self._find(place):
            return self.create(place, value, options)
        before = self.existing(place)
        obj, warnings = self._read(place, value, options)
        return self._store(place, obj, before, warnings, options)

    def patch(self, place: Place, patch: Any, media: str, options: Options) -> Written:
        if media == APPLY_PATCH and not self._find(place):
            return self.create(place, patch, options)
        before = self.existing(place)
        scale = place.subresource == "scale"
        target = scale_of(before) if scale else outward(place.kind, before)
        value = patched(target, patch, media, place.kind)
        if scale:
            return self._rescale(place, value, options)
        obj, warnings = self._read(place, value, options)
        if obj["metadata"].get("uid", uid := before["metadata"]["uid"]) != uid:
            cause = wrong("metadata.uid", obj["metadata"]["uid"], "field is immutable")
            raise StatusError(invalid(place.kind, place.name, [cause]))
        if media == APPLY_PATCH or "resourceVersion" not in _metadata_of(patch):
            obj["metadata"].pop("resourceVersion", None)
        return self._store(place, obj, before, warnings, options)

    def _find(self, place: Place) -> Object | None:
        return self._storage.get(place.kind.resource, place.namespace, place.name)

    def _rescale(self, place: Place, scale: Any, options: Options) -> Written:
        obj = rescaled(self.existing(place), scale)
        stored = obj if options.dry_run else self._storage.update(place.kind.resource, obj)
        return Written(scale_of(stored))

    def _read(self, place: Place, value: Any, options: Options) -> tuple[Object, list[str]]:
        """The object in a body, in its place and free of what its kind does not know."""
        kind = place.kind
        if isinstance(value, dict):
            check_kind(value, kind)
        obj, warnings = conform(value, kind, options.validation)
        if conversion := conversion_of(kind):
            obj, _ = conform(conversion.inward(obj), BY_RESOURCE[kind.resource], "Ignore")
        metadata = obj["metadata"]
        metadata.pop("managedFields", None)
        said = metadata.get("namespace") or place.namespace
        if kind.namespaced and said != place.namespace:
            message = "the namespace of the provided object does not match the namespace sent "
            raise StatusError(bad_request(message + "on the request"))
        metadata.pop("namespace", None)
        if kind.namespaced:
            metadata["namespace"] = place.namespace
        if place.name and metadata.setdefault("name", place.name) != place.name:
            message = f"the name of the object ({metadata['name']}) does not match the name on "
            raise StatusError(bad_request(f"{message}the URL ({place.name})"))
        return obj, warnings

    def _store(
        self, place: Place, obj: Object, before: Object, warnings: list[str], options: Options
    ) -> Written:
        kind = place.kind
        fill_in_status(kind.resource, obj)
        obj = kept(place, obj, before)
        if place.subresource != "status":
            fill_in(kind.resource, obj)
            validate_update(kind, obj, before)
        obj = _typed(kind, obj)
        if options.dry_run:
            system = {
                key: before["metadata"][key]
                for key in _NAMES_OF_SYSTEM
                if key in before["metadata"]
            }
            if "generation" in system:
                system["generation"] += obj.get("spec") != before.get("spec")
            return Written(obj | {"metadata": obj["metadata"] | system}, warnings)
        return Written(self._lifecycle.finish(kind.resource, obj), warnings)

    def _check_namespace(self, place: Place, name: str) -> None:
        if not place.kind.namespaced:
            return
        namespace = self._storage.get("namespaces", "", place.namespace)
        if namespace is None:
            raise StatusError(not_found("namespaces", place.namespace))
        if "deletionTimestamp" in namespace["metadata"]:
            raise StatusError(terminating(place.kind, name, place.namespace))


def _metadata_of(patch: Any) -> Object:
    found = patch.get("metadata") if isinstance(patch, dict) else None
    return found if isinstance(found, dict) else {}


def _typed(kind: Kind, obj: Object) -> Object:
    stored = BY_RESOURCE[kind.resource]
    return {"kind": stored.kind, "apiVersion": stored.api_version} | obj
