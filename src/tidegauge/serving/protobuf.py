"""Kubernetes' protobuf on the wire: the primitives, the envelope, and messages of a fixed shape.

Field numbers are those of the `generated.proto` files of k8s.io/apimachinery and k8s.io/metrics.
Kubernetes writes the fields of its messages even when they are empty, and so do we.
"""

from tidegauge.serving.jsontext import printable
from tidegauge.serving.status import Details, Status

_MAGIC = b"k8s\x00"

_SMALL = [bytes([n]) if n < 0x80 else bytes([n & 0x7F | 0x80, n >> 7]) for n in range(1 << 14)]
"""Nearly all lengths are in here; a table is four times as fast as the loop."""

EMPTY_LIST_META = b"\x0a\x00\x12\x00\x1a\x00"
"""ListMeta without selfLink, resourceVersion and continue."""


def varint(number: int) -> bytes:
    if number < 1 << 14:
        return _SMALL[number]
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def integer(field: int, number: int) -> bytes:
    return _SMALL[field << 3] + varint(number)


def chunk(field: int, content: bytes) -> bytes:
    """A field of bytes, or of a message."""
    return _SMALL[field << 3 | 2] + varint(len(content)) + content


def text(field: int, content: str) -> bytes:
    return chunk(field, printable(content).encode())


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    start, end = around(api_version, kind, len(message))
    return start + message + end


def around(api_version: str, kind: str, length: int) -> tuple[bytes, bytes]:
    """What stands before and after an object of so many bytes: magic, type and encodings."""
    type_meta = chunk(1, text(1, api_version) + text(2, kind))
    return _MAGIC + type_meta + b"\x12" + varint(length), text(3, "") + text(4, "")


def status_message(status: Status) -> bytes:
    parts = [chunk(1, EMPTY_LIST_META), text(2, "Failure"), text(3, status.message)]
    parts.append(text(4, status.reason))
    if status.details is not None:
        parts.append(chunk(5, _details_message(status.details)))
    parts.append(integer(6, status.code))
    return b"".join(parts)


def _details_message(details: Details) -> bytes:
    causes = [
        chunk(4, text(1, cause.reason) + text(2, cause.message) + text(3, cause.field))
        for cause in details.causes
    ]
    names = text(1, details.name) + text(2, details.group) + text(3, details.kind)
    return names + b"".join(causes) + integer(5, 0) + text(6, "")
