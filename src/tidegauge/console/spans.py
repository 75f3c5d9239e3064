"""Lines of styled text: cut to a width, and written for a terminal."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias


class Span(NamedTuple):
    """A piece of a line; `style` is a key of ANSI, or empty."""

    text: str
    style: str = ""


Line: TypeAlias = Sequence[Span]

ANSI = {
    "title": "1;36",
    "head": "1",
    "dim": "2",
    "good": "32",
    "warn": "33",
    "bad": "31",
    "bar": "36",
    "busy": "33",
    "full": "31",
    "rest": "2",
}
"""Of the sixteen colours that every theme gives its own shade, so that all are readable."""


def width(line: Line) -> int:
    return sum(len(span.text) for span in line)


def fitted(line: Line, columns: int) -> list[Span]:
    """Cut or filled to exactly that width; what is cut ends in an ellipsis."""
    if width(line) <= columns:
        return [*line, Span(" " * (columns - width(line)))]
    kept, left = [], columns - 1
    for span in line:
        kept.append(Span(span.text[: max(0, left)], span.style))
        left -= len(span.text)
    return [*kept, Span("…", "dim")]


def wrapped(first: Line, text: str, columns: int, style: str = "") -> Iterator[Line]:
    """A line that goes on with a text, in as many lines as that takes, indented below itself."""
    start = width(first)
    indent = min(start, columns // 3)
    pieces = textwrap.wrap(text, max(20, columns - indent - 1), break_on_hyphens=False)
    if start > indent and pieces:
        yield first
    for number, piece in enumerate(pieces):
        lead = first if number == 0 and start == indent else [Span(" " * indent)]
        yield [*lead, Span(piece, style)]
    if not pieces:
        yield first


def beside(left: Sequence[Line], right: Sequence[Line], columns: int) -> list[Line]:
    """Two blocks side by side, the left one that wide."""
    count = max(len(left), len(right))
    both = zip(_padded(left, count), _padded(right, count), strict=True)
    return [[*fitted(one, columns), *other] for one, other in both]


def _padded(lines: Sequence[Line], count: int) -> list[Line]:
    return [*lines, *([[]] * (count - len(lines)))]


def ansi(line: Line, *, colour: bool) -> str:
    return "".join(_coloured(span) if colour else span.text for span in line)


def _coloured(span: Span) -> str:
    if not span.style or not span.text:
        return span.text
    return f"\x1b[{ANSI[span.style]}m{span.text}\x1b[0m"


def plain(lines: Iterable[Line]) -> str:
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)
