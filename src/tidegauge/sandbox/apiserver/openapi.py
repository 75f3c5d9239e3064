"""The OpenAPI documents of the stored kinds: types without prose, and which options a patch takes.

What kubectl reads there: fields for `explain`, merge keys for `apply`, and whether the server
checks fields itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.kinds import SERVED, Kind
from tidegauge.sandbox.apiserver.schema import (
    INT_OR_STRING,
    LIST,
    MAP,
    QUANTITY,
    Field,
    full_name,
    type_name,
    type_of,
    types,
)

Schema = dict[str, Any]

_INFO = {"title": "Kubernetes", "version": "v1.37.2"}

_V2, _V3 = "#/definitions/", "#/components/schemas/"

_SCALARS: Mapping[str, Schema] = {
    "meta.v1.FieldsV1": {"type": "object"},
    "meta.v1.MicroTime": {"type": "string", "format": "date-time"},
    "meta.v1.Time": {"type": "string", "format": "date-time"},
    INT_OR_STRING: {"type": "string", "format": "int-or-string"},
    QUANTITY: {"type": "string"},
}
"""Types that have no fields."""

_WRITE_OPTIONS = ("dryRun", "fieldManager", "fieldValidation")


def v2_document() -> Schema:
    paths: Schema = {}
    for kind in SERVED:
        paths |= _paths(kind, _v2_operation)
    return {
        "swagger": "2.0",
        "info": _INFO,
        "paths": paths,
        "definitions": _schemas(_all_types(map(type_name, SERVED)), _V2),
    }


def v3_documents() -> dict[str, Schema]:
    """By page, such as `apis/apps/v1`."""
    documents: dict[str, Schema] = {}
    for page in sorted({_page(kind) for kind in SERVED}):
        kinds = [kind for kind in SERVED if _page(kind) == page]
        paths: Schema = {}
        for kind in kinds:
            paths |= _paths(kind, _v3_operation)
        reached = _all_types(map(type_name, kinds))
        documents[page] = {
            "openapi": "3.0.0",
            "info": _INFO,
            "paths": paths,
            "components": {"schemas": _schemas(reached, _V3)},
        }
    return documents


def _page(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _paths(kind: Kind, operation: Callable[[Kind, str], Schema]) -> Schema:
    """The paths of one kind, with the operations that clients look for."""
    inside = "/namespaces/{namespace}" if kind.namespaced else ""
    every = f"/{_page(kind)}{inside}/{kind.resource}"
    return {
        every: {"get": operation(kind, "list"), "post": operation(kind, "post")},
        f"{every}/{{name}}": {
            "get": operation(kind, "get"),
            "patch": operation(kind, "patch"),
        },
    }


def _extension(kind: Kind) -> Schema:
    return {"group": kind.group, "kind": kind.kind, "version": kind.version}


def _common(kind: Kind, action: str) -> Schema:
    return {
        "operationId": f"{action}{kind.kind}",
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _extension(kind),
    }


def _v2_operation(kind: Kind, action: str) -> Schema:
    reference = {"$ref": _V2 + full_name(type_name(kind))}
    response = {"description": "OK", "schema": reference}
    return _common(kind, action) | {"responses": {"200": response}}


def _v3_operation(kind: Kind, action: str) -> Schema:
    media = {"application/json": {"schema": {"$ref": _V3 + full_name(type_name(kind))}}}
    response = {"description": "OK", "content": media}
    operation = _common(kind, action) | {"responses": {"200": response}}
    if action in ("patch", "post"):
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in _WRITE_OPTIONS
        ]
    return operation


def _all_types(roots: Iterable[str]) -> list[str]:
    """The types that some types reach."""
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += (field.item for field in type_of(name).values() if "." in field.item)
    return sorted(reached)


def _schemas(names: Iterable[str], prefix: str) -> dict[str, Schema]:
    kinds = {type_name(kind): kind for kind in SERVED}
    found: dict[str, Schema] = {}
    for name in names:
        if name not in types():
            found[full_name(name)] = dict(_SCALARS[name])
            continue
        schema: Schema = {
            "type": "object",
            "description": f"{name.rpartition('.')[2]} of {name.rpartition('.')[0]}.",
            "properties": {
                field_name: _field_schema(field, prefix)
                for field_name, field in type_of(name).items()
            },
        }
        if required := [n for n, field in type_of(name).items() if field.required]:
            schema["required"] = required
        if kind := kinds.get(name):
            schema["x-kubernetes-group-version-kind"] = [_extension(kind)]
        found[full_name(name)] = schema
    return found


def _field_schema(field: Field, prefix: str) -> Schema:
    schema = _type_schema(field.type, prefix)
    strategies = list(_strategies(field))
    if strategies:
        schema["x-kubernetes-patch-strategy"] = ",".join(strategies)
    if field.merge_key:
        schema["x-kubernetes-patch-merge-key"] = field.merge_key
    return schema


def _strategies(field: Field) -> Iterator[str]:
    if field.merge_key is not None:
        yield "merge"
    if field.retains_keys:
        yield "retainKeys"


def _type_schema(name: str, prefix: str) -> Schema:
    if name.startswith(LIST):
        return {"type": "array", "items": _type_schema(name.removeprefix(LIST), prefix)}
    if name.startswith(MAP):
        inner = _type_schema(name.removeprefix(MAP), prefix)
        return {"type": "object", "additionalProperties": inner}
    if name == "bytes":
        return {"type": "string", "format": "byte"}
    if "." in name:
        return {"$ref": prefix + full_name(name)}
    return {"type": name}
