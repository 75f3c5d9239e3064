"""The types of the API as OpenAPI schemas.

A field is written as `kubectl explain` prints it: `string`, `[]string`, `map[string]Quantity`, or
the name of another type. Names of types are those of Kubernetes, which clients cut at the last dot.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidegauge.serving.routing import GROUP

Schema = dict[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"


class _Field(NamedTuple):
    type: str
    description: str = ""


class _Type(NamedTuple):
    description: str
    fields: Mapping[str, _Field]
    required: tuple[str, ...] = ()


_SCALARS: Mapping[str, Schema] = {
    "Duration": {"type": "string", "description": "A span of time, such as 14.5s or 1m0s."},
    "FieldsV1": {"type": "object", "description": "A set of fields, as a tree."},
    "Time": {"type": "string", "format": "date-time", "description": "RFC 3339, whole seconds."},
}

_QUANTITY = "A number, usually with a suffix, such as 250m or 64Mi."

_NUMBER_OR_TEXT: Schema = {"oneOf": [{"type": "string"}, {"type": "number"}]}
"""A quantity as v3 can say it; v2 knows one type only."""

_FULL_NAMES: Mapping[str, str] = {"Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity"}

_TYPED: Mapping[str, _Field] = {
    "kind": _Field("string", "What this object is."),
    "apiVersion": _Field("string", "Group and version of the kind."),
}

_OBJECT_META = _Type(
    "What all objects carry.",
    {
        "name": _Field("string"),
        "generateName": _Field("string"),
        "namespace": _Field("string"),
        "selfLink": _Field("string"),
        "uid": _Field("string"),
        "resourceVersion": _Field("string"),
        "generation": _Field("integer"),
        "creationTimestamp": _Field("Time", "When the kubelet's answer was stored."),
        "deletionTimestamp": _Field("Time"),
        "deletionGracePeriodSeconds": _Field("integer"),
        "labels": _Field("map[string]string", "The labels of the node or pod."),
        "annotations": _Field("map[string]string"),
        "ownerReferences": _Field("[]OwnerReference"),
        "finalizers": _Field("[]string"),
        "managedFields": _Field("[]ManagedFieldsEntry"),
    },
)

_OWNER_REFERENCE = _Type(
    "The object that another one belongs to.",
    {
        "apiVersion": _Field("string"),
        "kind": _Field("string"),
        "name": _Field("string"),
        "uid": _Field("string"),
        "controller": _Field("boolean"),
        "blockOwnerDeletion": _Field("boolean"),
    },
    ("apiVersion", "kind", "name", "uid"),
)

_MANAGED_FIELDS = _Type(
    "Which fields a manager owns.",
    {
        "manager": _Field("string"),
        "operation": _Field("string"),
        "apiVersion": _Field("string"),
        "time": _Field("Time"),
        "fieldsType": _Field("string"),
        "fieldsV1": _Field("FieldsV1"),
        "subresource": _Field("string"),
    },
)

_LIST_META = _Type(
    "What all lists carry.",
    {
        "selfLink": _Field("string"),
        "resourceVersion": _Field("string"),
        "continue": _Field("string"),
        "remainingItemCount": _Field("integer"),
    },
)

_TIMES: Mapping[str, _Field] = {
    "timestamp": _Field("Time", "The end of the window that the usage was measured over."),
    "window": _Field("Duration", "How long the window is that CPU usage is the average of."),
}

_USAGE = _Field(
    "map[string]Quantity",
    "CPU as an average over the window; memory (the working set) and swap as of its end.",
)

_METADATA = _Field("ObjectMeta", "Name, namespace and labels of the node or pod.")

_METRICS: Mapping[str, _Type] = {
    "NodeMetrics": _Type(
        "What a node uses.",
        {**_TYPED, "metadata": _METADATA, **_TIMES, "usage": _USAGE},
        ("timestamp", "window", "usage"),
    ),
    "PodMetrics": _Type(
        "What the containers of a pod use.",
        {
            **_TYPED,
            "metadata": _METADATA,
            **_TIMES,
            "containers": _Field("[]ContainerMetrics", "All containers of the pod."),
        },
        ("timestamp", "window", "containers"),
    ),
    "ContainerMetrics": _Type(
        "What a container uses.",
        {"name": _Field("string", "The container's name in its pod."), "usage": _USAGE},
        ("name", "usage"),
    ),
    "NodeMetricsList": _Type(
        "A list of NodeMetrics.",
        {**_TYPED, "metadata": _Field("ListMeta"), "items": _Field("[]NodeMetrics")},
        ("items",),
    ),
    "PodMetricsList": _Type(
        "A list of PodMetrics.",
        {**_TYPED, "metadata": _Field("ListMeta"), "items": _Field("[]PodMetrics")},
        ("items",),
    ),
}

_COMMON: Mapping[str, _Type] = {
    "ListMeta": _LIST_META,
    "ManagedFieldsEntry": _MANAGED_FIELDS,
    "ObjectMeta": _OBJECT_META,
    "OwnerReference": _OWNER_REFERENCE,
}


def full_name(name: str, version: str) -> str:
    if name in _METRICS:
        return f"io.k8s.metrics.pkg.apis.metrics.{version}.{name}"
    return _FULL_NAMES.get(name, f"{_META}.{name}")


def kind_extension(version: str, kind: str) -> Schema:
    return {"group": GROUP, "kind": kind, "version": version}


def schemas(version: str, prefix: str, *, v3: bool) -> dict[str, Schema]:
    """All types that a version needs; references to them begin with `prefix`.

    Unlike v2, v3 has types that are one of several, and lets nothing stand beside a reference.
    """
    found = {full_name(name, version): dict(schema) for name, schema in _SCALARS.items()}
    quantity = _NUMBER_OR_TEXT if v3 else {"type": "string"}
    found[full_name("Quantity", version)] = {**quantity, "description": _QUANTITY}
    for name, described in {**_COMMON, **_METRICS}.items():
        found[full_name(name, version)] = _object(described, version, prefix, wrapping=v3)
    for kind in _METRICS.keys() - {"ContainerMetrics"}:
        extension = [kind_extension(version, kind)]
        found[full_name(kind, version)]["x-kubernetes-group-version-kind"] = extension
    return dict(sorted(found.items()))


def _object(described: _Type, version: str, prefix: str, *, wrapping: bool) -> Schema:
    schema: Schema = {"type": "object", "description": described.description}
    if described.required:
        schema["required"] = list(described.required)
    schema["properties"] = {
        name: _described(_typed(field.type, version, prefix), field.description, wrapping)
        for name, field in described.fields.items()
    }
    return schema


def _typed(notation: str, version: str, prefix: str) -> Schema:
    if notation.startswith("[]"):
        return {"type": "array", "items": _typed(notation[2:], version, prefix)}
    if notation.startswith("map[string]"):
        values = _typed(notation.removeprefix("map[string]"), version, prefix)
        return {"type": "object", "additionalProperties": values}
    if notation == "integer":
        return {"type": "integer", "format": "int64"}
    if notation in ("string", "boolean"):
        return {"type": notation}
    return {"$ref": prefix + full_name(notation, version)}


def _described(schema: Schema, description: str, wrapping: bool) -> Schema:
    """With its description, for which a reference is wrapped where nothing may stand beside it."""
    if not description:
        return schema
    if wrapping and "$ref" in schema:
        schema = {"allOf": [schema]}
    return {**schema, "description": description}
