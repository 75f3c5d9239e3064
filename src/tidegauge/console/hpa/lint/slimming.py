"""Objects of which there are many, cut down to what rules read: a tenth of their size."""

from typing import Any

from tidegauge.autoscale.lint.access import Json, mapping_at, objects_at

_METADATA = ("name", "namespace", "uid", "labels", "ownerReferences")
_CONTAINER = ("name", "resources", "restartPolicy")
_POD_SPEC = ("resources", "overhead")


def slimmed(manifest: Json) -> Json:
    """Pods, and ReplicaSets that belong to something; all others as they are."""
    if manifest.get("kind") == "Pod":
        return {**_named(manifest), "spec": _pod_spec(mapping_at(manifest, "spec"))}
    if manifest.get("kind") == "ReplicaSet" and objects_at(manifest, "metadata.ownerReferences"):
        spec = _picked(mapping_at(manifest, "spec"), ("replicas", "selector"))
        return {**_named(manifest), "spec": spec}
    return manifest


def _named(manifest: Json) -> dict[str, Any]:
    metadata = _picked(mapping_at(manifest, "metadata"), _METADATA)
    return {**_picked(manifest, ("apiVersion", "kind")), "metadata": metadata}


def _pod_spec(spec: Json) -> dict[str, Any]:
    parts = {
        part: [_picked(each, _CONTAINER) for each in objects_at(spec, part)]
        for part in ("containers", "initContainers")
    }
    return {**_picked(spec, _POD_SPEC), **parts}


def _picked(value: Json, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value[key] for key in keys if key in value}
