"""A list as slices of bytes: written while others breathe between them.

Slices may be empty: then nothing of that stretch is in the list, or it is not yet time to write.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tidegauge.serving import jsontext, protobuf, yamltext
from tidegauge.serving.negotiation import PROTOBUF, YAML, MediaType
from tidegauge.serving.shapes import Shape
from tidegauge.serving.source import Entry

Chunks = Iterable[Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the items of a text, and how an item's JSON is turned into its text."""

    start: str
    separator: str
    end: str
    item: Callable[[str], str]


def render(text: str, media: MediaType) -> bytes:
    """One JSON object in the asked text format."""
    if media.format == YAML:
        return yamltext.from_json(text).encode()
    return (jsontext.indent(text) if media.pretty else text + "\n").encode()


def slices(chunks: Chunks, shape: Shape, media: MediaType) -> Iterator[bytes]:
    if media.format == PROTOBUF:
        return _message_slices(chunks, shape)
    return _text_slices(chunks, shape, media)


def _text_slices(chunks: Chunks, shape: Shape, media: MediaType) -> Iterator[bytes]:
    frame, write = None, None
    for chunk in chunks:
        if not chunk:
            yield b""
            continue
        if frame is None:
            head, write = shape.open(chunk[0])
            frame = _frame({**_head(shape), **head}, shape.key, media)
            opening = frame.start
        else:
            opening = frame.separator
        assert write is not None
        items = frame.separator.join([frame.item(write(entry)) for entry in chunk])
        yield (opening + items).encode()
    if frame is None:
        yield render(jsontext.dump({**_head(shape), **shape.empty}), media)
    else:
        yield frame.end.encode()


def _head(shape: Shape) -> dict[str, Any]:
    return {"kind": shape.kind, "apiVersion": shape.api_version, "metadata": {}}


def _frame(head: dict[str, Any], key: str, media: MediaType) -> _Frame:
    if media.format == YAML:
        return _yaml_frame(head, key)
    text = jsontext.dump(head)
    if media.pretty:
        start = f'{jsontext.indent(text)[:-2]},\n  "{key}": [\n'
        return _Frame(start, ",\n", "\n  ]\n}", _indent_item)
    return _Frame(f'{text[:-1]},"{key}":[', ",", "]}\n", str)


def _indent_item(text: str) -> str:
    return "    " + jsontext.indent(text).replace("\n", "\n    ")


def _yaml_frame(head: dict[str, Any], key: str) -> _Frame:
    """YAML sorts its keys, so some of the head stand after the list."""
    before = {name: value for name, value in head.items() if name < key}
    after = {name: value for name, value in head.items() if name > key}
    end = yamltext.dump(after) if after else ""
    return _Frame(f"{yamltext.dump(before)}{key}:\n", "", end, _yaml_item)


def _yaml_item(text: str) -> str:
    return yamltext.from_json(f"[{text}]")


def _message_slices(chunks: Chunks, shape: Shape) -> Iterator[bytes]:
    """The length stands first, so nothing can be written before everything is made."""
    assert shape.message is not None, f"{shape.kind} has no protobuf form"
    as_item = partial(protobuf.chunk, 2)
    pieces = deque([protobuf.chunk(1, protobuf.EMPTY_LIST_META)])
    for chunk in chunks:
        pieces.append(b"".join([as_item(shape.message(entry)) for entry in chunk]))
        yield b""
    start, end = protobuf.around(shape.api_version, shape.kind, sum(map(len, pieces)))
    yield start
    while pieces:  # what is written is let go
        yield pieces.popleft()
    yield end
