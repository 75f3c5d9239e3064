"""The OpenAPI documents: paths and types, in the forms of v2 and v3."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tidegauge import __version__
from tidegauge.serving.discovery import RESOURCES
from tidegauge.serving.negotiation import FORMATS
from tidegauge.serving.openapi.schemas import Schema, full_name, kind_extension, schemas
from tidegauge.serving.routing import GROUP, VERSIONS

_INFO = {"title": "Tidegauge", "version": f"v{__version__}"}

_V2_REFERENCE = "#/definitions/"
_V3_REFERENCE = "#/components/schemas/"


class _Operation(NamedTuple):
    """A GET: of a kind of ours, or (without one) of a page that has no schema here."""

    path: str
    id: str
    description: str
    version: str = ""
    kind: str = ""
    schema: str = ""
    action: str = ""


def v2_document() -> Schema:
    operations = [operation for page in pages() for operation in _operations(page)]
    definitions: dict[str, Schema] = {}
    for version in VERSIONS:
        definitions |= schemas(version, _V2_REFERENCE, v3=False)
    return {
        "swagger": "2.0",
        "info": _INFO,
        "paths": {operation.path: _v2_path(operation) for operation in operations},
        "definitions": dict(sorted(definitions.items())),
    }


def pages() -> list[str]:
    """What v3 has a document for, in the words of its index."""
    group = f"apis/{GROUP}"
    return ["apis", group, *(f"{group}/{version}" for version in VERSIONS), "version"]


def v3_documents() -> dict[str, Schema]:
    return {page: v3_document(page) for page in pages()}


def v3_document(page: str) -> Schema:
    version = page.rpartition("/")[2]
    types = schemas(version, _V3_REFERENCE, v3=True) if version in VERSIONS else {}
    return {
        "openapi": "3.0.0",
        "info": _INFO,
        "paths": {operation.path: _v3_path(operation) for operation in _operations(page)},
        "components": {"schemas": types},
    }


def _operations(page: str) -> Iterator[_Operation]:
    version = page.rpartition("/")[2]
    if version not in VERSIONS:
        slash = "" if page == "version" else "/"
        name = "".join(part.capitalize() for part in page.replace(".", "/").split("/"))
        yield _Operation(f"/{page}{slash}", f"get{name}", f"what {page} offers")
        return
    suffix = version.capitalize()
    yield _Operation(f"/{page}/", f"getResources{suffix}", "the resources of this version")
    for resource in RESOURCES:
        kind = resource.kind
        every = f"/{page}/{resource.name}"
        some = f"/{page}/namespaces/{{namespace}}/{resource.name}" if resource.namespaced else every
        for path in dict.fromkeys((every, some)):
            scope = "Namespaced" if path != every else ""
            listed = full_name(f"{kind}List", version)
            yield _Operation(
                path, f"list{suffix}{scope}{kind}", f"list {kind}", version, kind, listed, "list"
            )
        one = full_name(kind, version)
        yield _Operation(
            f"{some}/{{name}}", f"read{suffix}{kind}", f"read one {kind}", version, kind, one, "get"
        )


def _common(operation: _Operation) -> Schema:
    common: Schema = {"description": operation.description, "operationId": operation.id}
    if operation.kind:
        common["x-kubernetes-action"] = operation.action
        common["x-kubernetes-group-version-kind"] = kind_extension(
            operation.version, operation.kind
        )
    return common


def _v2_path(operation: _Operation) -> Schema:
    response: Schema = {"description": "OK"}
    if operation.schema:
        response["schema"] = {"$ref": _V2_REFERENCE + operation.schema}
    produced = {"produces": list(FORMATS)}
    get = {**_common(operation), **produced, "responses": {"200": response}}
    return {"get": get} | _parameters(operation, {"type": "string"})


def _v3_path(operation: _Operation) -> Schema:
    media: Schema = {}
    if operation.schema:
        media["schema"] = {"$ref": _V3_REFERENCE + operation.schema}
    response = {"description": "OK", "content": dict.fromkeys(FORMATS, media)}
    get = {**_common(operation), "responses": {"200": response}}
    return {"get": get} | _parameters(operation, {"schema": {"type": "string"}})


def _parameters(operation: _Operation, typed: Schema) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, **typed}
        for name in ("namespace", "name")
        if f"{{{name}}}" in operation.path
    ]
    return {"parameters": parameters} if parameters else {}
