"""OpenAPI documents as protobuf, in the messages of gnostic, which some clients ask for.

Only what our documents use is here; a key that is not raises KeyError.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tidegauge.serving import yamltext
from tidegauge.serving.protobuf import chunk, integer, text

_Encode = Callable[[Any], bytes]
"""From a JSON value to the bytes of one or more fields, or of a message."""


def _text(field: int) -> _Encode:
    return lambda value: text(field, value)


def _flag(field: int) -> _Encode:
    return lambda value: integer(field, value)


def _texts(field: int) -> _Encode:
    return lambda values: b"".join(text(field, value) for value in values)


def _one(field: int, message: _Encode) -> _Encode:
    return lambda value: chunk(field, message(value))


def _many(field: int, message: _Encode) -> _Encode:
    return lambda values: b"".join(chunk(field, message(value)) for value in values)


def _named(field: int, message: _Encode) -> _Encode:
    """A map is a list of pairs of name and value."""
    return lambda values: b"".join(
        chunk(field, text(1, name) + chunk(2, message(value))) for name, value in values.items()
    )


def _message(fields: Mapping[str, _Encode], extension_field: int = 0) -> _Encode:
    def encode(value: Mapping[str, Any]) -> bytes:
        return b"".join(
            _extension(extension_field, key, item) if key.startswith("x-") else fields[key](item)
            for key, item in value.items()
        )

    return encode


def _extension(field: int, name: str, value: Any) -> bytes:
    return chunk(field, text(1, name) + chunk(2, text(2, yamltext.dump(value))))


def _v3_schema(value: Mapping[str, Any]) -> bytes:
    """A SchemaOrReference."""
    if "$ref" in value:
        return chunk(2, text(1, value["$ref"]))
    return chunk(1, _V3_SCHEMA(value))


_V3_SCHEMA = _message(
    {
        "required": _texts(23),
        "type": _text(25),
        "allOf": _many(26, _v3_schema),
        "oneOf": _many(27, _v3_schema),
        "items": _one(30, _one(1, _v3_schema)),
        "properties": _one(31, _named(1, _v3_schema)),
        "additionalProperties": _one(32, _one(1, _v3_schema)),
        "description": _text(34),
        "format": _text(35),
    },
    36,
)

_V3_PARAMETER = _message(
    {"name": _text(1), "in": _text(2), "required": _flag(4), "schema": _one(10, _v3_schema)}
)

_V3_RESPONSE = _message(
    {
        "description": _text(1),
        "content": _one(3, _named(1, _message({"schema": _one(1, _v3_schema)}))),
    }
)

_V3_OPERATION = _message(
    {
        "description": _text(3),
        "operationId": _text(5),
        "parameters": _many(6, _one(1, _V3_PARAMETER)),
        "responses": _one(8, _named(2, _one(1, _V3_RESPONSE))),
    },
    13,
)

_V3_PATH = _message(
    {
        "get": _one(4, _V3_OPERATION),
        "post": _one(6, _V3_OPERATION),
        "patch": _one(10, _V3_OPERATION),
        "parameters": _many(13, _one(1, _V3_PARAMETER)),
    }
)

v3_message = _message(
    {
        "openapi": _text(1),
        "info": _one(2, _message({"title": _text(1), "version": _text(6)})),
        "paths": _one(4, _named(1, _V3_PATH)),
        "components": _one(5, _message({"schemas": _one(1, _named(1, _v3_schema))})),
    }
)
"""The Document of openapi.v3."""


def _v2_schema(value: Mapping[str, Any]) -> bytes:
    return _V2_SCHEMA(value)


_V2_SCHEMA = _message(
    {
        "$ref": _text(1),
        "format": _text(2),
        "description": _text(4),
        "required": _texts(19),
        "additionalProperties": _one(21, _one(1, _v2_schema)),
        "type": _one(22, _text(1)),
        "items": _one(23, _one(1, _v2_schema)),
        "properties": _one(25, _named(1, _v2_schema)),
    },
    31,
)

_V2_PARAMETER = _message({"required": _flag(1), "in": _text(2), "name": _text(4), "type": _text(5)})
"""One in a path: the fourth of the kinds that stand in no body."""

_V2_RESPONSE = _message({"description": _text(1), "schema": _one(2, _one(1, _v2_schema))})

_V2_OPERATION = _message(
    {
        "description": _text(3),
        "operationId": _text(5),
        "produces": _texts(6),
        "responses": _one(9, _named(1, _one(1, _V2_RESPONSE))),
    },
    13,
)

_V2_PATH = _message(
    {
        "get": _one(2, _V2_OPERATION),
        "post": _one(4, _V2_OPERATION),
        "patch": _one(8, _V2_OPERATION),
        "parameters": _many(9, _one(1, _one(2, _one(4, _V2_PARAMETER)))),
    }
)

v2_message = _message(
    {
        "swagger": _text(1),
        "info": _one(2, _message({"title": _text(1), "version": _text(2)})),
        "paths": _one(8, _named(2, _V2_PATH)),
        "definitions": _one(9, _named(1, _v2_schema)),
    }
)
"""The Document of openapi.v2."""
