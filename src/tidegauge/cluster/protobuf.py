"""Reading protobuf by hand: the wire format, and the envelope that Kubernetes puts around it.

Two dozen lines instead of a library with generated classes for all of Kubernetes, of which we need
six fields. Sources: protobuf.dev, "Encoding"; k8s.io/apimachinery, runtime.Unknown.
"""

from collections.abc import Iterator

MAGIC = b"k8s\x00"
"""Every message of `application/vnd.kubernetes.protobuf` begins with it."""

VARINT = -1
"""Stands for the end of a field that is a number instead of a span of bytes."""


def fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of the message at `data[position:end]`: number, and where its bytes start and end.

    A varint comes as (number, value, VARINT). Raises ValueError when the message is cut off or has
    a wire type that Kubernetes' core types do not use.
    """
    while position < end:
        tag = data[position]
        position += 1
        if tag > 0x7F:
            tag, position = _long_varint(data, position, tag)
        size = data[position]
        position += 1
        if size > 0x7F:
            size, position = _long_varint(data, position, size)
        kind = tag & 7
        if kind == 2:
            yield tag >> 3, position, position + size
            position += size
        elif kind == 0:
            yield tag >> 3, size, VARINT
        else:
            raise ValueError(f"protobuf wire type {kind} at byte {position}")
    if position != end:
        raise ValueError(f"protobuf field ends at byte {position}, its message at {end}")


def _long_varint(data: bytes, position: int, first: int) -> tuple[int, int]:
    """The rest of a varint of more than one byte, and the position after it."""
    value = first & 0x7F
    for shift in range(7, 70, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError(f"protobuf number of over ten bytes at byte {position}")


def texts(data: bytes, position: int, end: int) -> dict[int, str]:
    """The fields of a small message that are text, by number. Raises ValueError, IndexError."""
    return {
        number: data[start:stop].decode()
        for number, start, stop in fields(data, position, end)
        if stop != VARINT
    }


def unwrap(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Where the message inside a Kubernetes envelope starts and ends. Raises ValueError."""
    if data[position : position + 4] != MAGIC:
        raise ValueError(
            f"no Kubernetes protobuf: it begins with {data[position : position + 4]!r}"
        )
    for number, start, stop in fields(data, position + 4, end):
        if number == 2:
            return start, stop
    return end, end
