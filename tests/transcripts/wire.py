"""Just enough of protobuf to take v1 out of our discovery documents."""

from typing import TypeAlias

MAGIC = b"k8s\x00"

_VARINT, _BYTES = 0, 2

Field: TypeAlias = tuple[int, int | bytes]
"""Field number and value: an int for a varint, bytes for the rest."""


def without_v1(body: bytes) -> bytes:
    envelope = decode(body[len(MAGIC) :])
    type_meta, raw = envelope[0][1], envelope[1][1]
    assert isinstance(type_meta, bytes)
    assert isinstance(raw, bytes)
    kind = dict(decode(type_meta))[2]
    if kind == b"APIGroup":
        raw = _group(raw)
    elif kind == b"APIGroupList":
        raw = encode([(number, _group(_bytes(value))) for number, value in decode(raw)])
    elif kind == b"APIGroupDiscoveryList":
        raw = encode([_discovered(number, value) for number, value in decode(raw)])
    else:
        return body
    return MAGIC + encode([(1, type_meta), (2, raw), *envelope[2:]])


def _group(message: bytes) -> bytes:
    versions = [value for number, value in decode(message) if number == 2]
    kept = [value for value in versions if dict(decode(_bytes(value)))[2] != b"v1"]
    fields: list[Field] = []
    for number, value in decode(message):
        if number == 2 and value not in kept:
            continue
        if number == 4:
            value = encode([(1, b"0.0.0.0/0"), (2, b":24443")])  # noqa: PLW2901 -- the port is free
        fields.append((number, kept[0] if number == 3 else value))
    return encode(fields)


def _discovered(number: int, value: int | bytes) -> Field:
    if number != 2:
        return number, value
    fields = [
        (number, value)
        for number, value in decode(_bytes(value))
        if number != 2 or dict(decode(_bytes(value)))[1] != b"v1"
    ]
    return 2, encode(fields)


def decode(message: bytes) -> list[Field]:
    fields: list[Field] = []
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if key & 7 == _BYTES:
            fields.append((key >> 3, message[at : at + value]))
            at += value
        elif key & 7 == _VARINT:
            fields.append((key >> 3, value))
        else:
            raise ValueError(f"wire type {key & 7}")
    return fields


def encode(fields: list[Field]) -> bytes:
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(_varint(number << 3) + _varint(value))
        else:
            parts.append(_varint(number << 3 | _BYTES) + _varint(len(value)) + value)
    return b"".join(parts)


def _bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
