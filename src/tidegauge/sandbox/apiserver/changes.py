"""A stored object and what a client wants of it, put together."""

from dataclasses import dataclass
from typing import Any

from tidegauge.sandbox.apiserver.failures import unprocessable
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.patching import (
    PatchError,
    UnfitPatchError,
    json_patch,
    merge,
    strategic,
)
from tidegauge.sandbox.apiserver.schema import type_name, type_of
from tidegauge.sandbox.apiserver.storage import Object
from tidegauge.serving.status import StatusError, bad_request

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is, or shall be."""

    kind: Kind
    namespace: str
    name: str = ""
    subresource: str = ""


def kept(place: Place, obj: Object, before: Object) -> Object:
    """What this write may change, and the rest as it was."""
    if place.subresource == "status":
        said = obj["metadata"].get("resourceVersion")
        metadata = dict(before["metadata"])
        metadata.pop("resourceVersion")
        if said:
            metadata["resourceVersion"] = said
        return before | {"metadata": metadata, "status": obj.get("status", {})}
    if "status" in place.kind.subresources:
        obj.pop("status", None)
        if "status" in before:
            obj["status"] = before["status"]
    if place.kind.resource == "namespaces" and place.subresource != "finalize":
        obj["spec"] = before.get("spec", {})
    if place.kind.resource == "services":
        obj.setdefault("spec", {}).setdefault("clusterIP", before["spec"].get("clusterIP"))
        obj["spec"].setdefault("clusterIPs", before["spec"].get("clusterIPs"))
        obj["spec"] = {key: value for key, value in obj["spec"].items() if value is not None}
    metadata = obj["metadata"]
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(field, None)
        if field in before["metadata"]:
            metadata[field] = before["metadata"][field]
    return obj


def patched(target: Object, patch: Any, media: str, kind: Kind) -> Any:
    try:
        if media == JSON_PATCH:
            return json_patch(target, patch)
        if media == MERGE_PATCH:
            return merge(target, patch)
        return strategic(target, patch, type_of(type_name(kind)))
    except UnfitPatchError as error:
        raise StatusError(unprocessable(error)) from error
    except PatchError as error:
        raise StatusError(bad_request(str(error))) from error
