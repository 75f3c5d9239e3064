"""A list as slices of bytes: written while others breathe between them.

Slices may be empty: then nothing of that stretch is in the list, or it is not yet time to write.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from tidegauge.serving import jsontext, protobuf, yamltext
from tidegauge.serving.bodies import Slice, Stream
from tidegauge.serving.negotiation import PROTOBUF, YAML, MediaType
from tidegauge.serving.selection import CHUNK
from tidegauge.serving.shapes import Shape

T = TypeVar("T")
Chunks = Iterable[Sequence[T]]

_YAML_BATCH, _INDENTED_BATCH = 8, 64
"""Objects in a slice of what takes thirty times, or three times, as long to write as JSON."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the items of a text, and how an item's JSON is turned into its text."""

    start: bytes
    separator: bytes
    end: bytes
    item: Callable[[bytes], bytes]


def render(text: str, media: MediaType) -> bytes:
    """One JSON object in the asked text format."""
    if media.format == YAML:
        return yamltext.from_json(text).encode()
    return (jsontext.indent(text) if media.pretty else text + "\n").encode()


def stream(chunks: Chunks[T], shape: Shape[T], media: MediaType) -> Stream:
    if media.format == PROTOBUF:
        return Stream(_messages(chunks, shape), partial(_enclosed, shape))
    return Stream(_texts(chunks, shape, media), partial(map, b"".join))


def _texts(chunks: Chunks[T], shape: Shape[T], media: MediaType) -> Iterator[Slice]:
    batches = _batches(chunks, _batch_size(media))
    for first in batches:
        if first:
            break
        yield ()
    else:
        yield (render(jsontext.dump({**_head(shape), **shape.empty}), media),)
        return
    head, write = shape.open(first[0])
    frame = _frame({**_head(shape), **head}, shape.key, media)
    yield (frame.start,)
    leading: tuple[bytes, ...] = ()
    for batch in chain([first], batches):
        if batch:
            yield (frame.separator.join((*leading, *map(frame.item, map(write, batch)))),)
            leading = (b"",)
        else:
            yield ()
    yield (frame.end,)


def _batch_size(media: MediaType) -> int:
    if media.format == YAML:
        return _YAML_BATCH
    return _INDENTED_BATCH if media.pretty else CHUNK


def _batches(chunks: Chunks[T], size: int) -> Iterator[Sequence[T]]:
    for chunk in chunks:
        for start in range(0, len(chunk) or 1, size):
            yield chunk[start : start + size]


def _head(shape: Shape[Any]) -> dict[str, Any]:
    return {"kind": shape.kind, "apiVersion": shape.api_version, "metadata": {}}


def _frame(head: dict[str, Any], key: str, media: MediaType) -> _Frame:
    if media.format == YAML:
        return _yaml_frame(head, key)
    text = jsontext.dump(head)
    if media.pretty:
        start = f'{jsontext.indent(text)[:-2]},\n  "{key}": [\n'
        return _Frame(start.encode(), b",\n", b"\n  ]\n}", _indent_item)
    return _Frame(f'{text[:-1]},"{key}":['.encode(), b",", b"]}\n", bytes)


def _indent_item(text: bytes) -> bytes:
    return ("    " + jsontext.indent(text.decode()).replace("\n", "\n    ")).encode()


def _yaml_frame(head: dict[str, Any], key: str) -> _Frame:
    """YAML sorts its keys, so some of the head stand after the list."""
    before = {name: value for name, value in head.items() if name < key}
    after = {name: value for name, value in head.items() if name > key}
    end = yamltext.dump(after) if after else ""
    return _Frame(f"{yamltext.dump(before)}{key}:\n".encode(), b"", end.encode(), _yaml_item)


def _yaml_item(text: bytes) -> bytes:
    return yamltext.from_json(f"[{text.decode()}]").encode()


def _messages(chunks: Chunks[T], shape: Shape[T]) -> Iterator[Slice]:
    message = shape.message
    assert message is not None, f"{shape.kind} has no protobuf form"
    for chunk in chunks:
        yield list(map(message, chunk))


def _enclosed(shape: Shape[Any], items: Iterator[Slice]) -> Iterator[bytes]:
    """The length stands first, so nothing can be written before everything is made."""
    made: deque[Slice] = deque()
    length = 0
    for messages in items:
        made.append(messages)
        length += sum(map(len, messages))
        yield b""
    metadata = protobuf.chunk(3 - shape.item_field, protobuf.EMPTY_LIST_META)
    if shape.item_field == 2:
        made.appendleft((metadata,))
    else:
        made.append((metadata,))
    start, end = protobuf.around(shape.api_version, shape.kind, length + len(metadata))
    yield start
    while made:  # what is written is let go
        yield b"".join(made.popleft())
    yield end
