"""One line of the Prometheus text format 0.0.4, read to the letter.

Stricter than Python where Python would take more than Prometheus does (`1_0`, `0x10`, digits of other
scripts), and stricter than the incumbent where it guesses: what the format does not define is a bad
line, because a number nobody meant is worse than one that is missing.

- A name, then labels in braces or a blank, a value, and perhaps a stamp in whole milliseconds.
  Blanks and tabs may stand between all of them and at both ends.
- Labels in any order, with or without a last comma; each name once. Their values are UTF-8 and know
  the escapes of backslash, quote and line feed, no others.
- Values are decimal, finite and not negative: nothing that is read here can be.
"""

import re
import sys
from math import inf
from typing import Final, NamedTuple

from tidegauge.kubelet.samples import PodKey
from tidegauge.kubelet.series import LIMITS, MAX_LABELS, MAX_NAME, MAX_STAMP, Figure, SeriesKey

BLANKS: Final = b" \t"

_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*(?=[ \t{])")
_NUMBER = re.compile(
    rb"[ \t]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rb"(?:[ \t]+([+-]?[0-9]+))?[ \t]*"
)
_LABEL = re.compile(
    rb"[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*="
    rb'[ \t]*"([^"\\]*(?:\\["\\n][^"\\]*)*)"[ \t]*(?:,[ \t]*|\Z)'
)
_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"\\": "\\", '"': '"', "n": "\n"}

NANO: Final = 1e9
"""A double, since upstream multiplies doubles too and the last digit depends on it."""

_IN_SECONDS = frozenset({Figure.CPU, Figure.START})


class BadLineError(ValueError):
    """This line can't be read; the others can."""


class Sample(NamedTuple):
    """A line's parts after its name: labels as they stand between the braces, value, stamp."""

    labels: bytes
    value: float
    stamp: int


def series_name(line: bytes) -> bytes:
    """Return the name that `line`, without blanks at its start, begins with."""
    if match := _NAME.match(line):
        return match[0]
    raise BadLineError(line[:MAX_NAME])


def read_sample(line: bytes, name: bytes, received_ms: int) -> Sample:
    """Return what follows `name` in `line`; a line without a stamp is of the time it was received."""
    labels, number = b"", line[len(name) :]
    if number.lstrip(BLANKS).startswith(b"{"):
        # Neither a value nor a stamp has a brace, so in a good line the last one ends the labels.
        labels, brace, number = number.partition(b"{")[2].rpartition(b"}")
        if not brace:
            raise BadLineError(line[:MAX_NAME])
    match = _NUMBER.fullmatch(number)
    if not match:
        raise BadLineError(line[:MAX_NAME])
    value, stamp = float(match[1]), received_ms if match[2] is None else int(match[2])
    if not 0 <= value < inf or not 0 <= stamp <= MAX_STAMP:
        raise BadLineError(line[:MAX_NAME])
    return Sample(labels, value, stamp)


def read_labels(text: bytes) -> dict[str, str]:
    """Return all labels of what stands between braces."""
    if len(text) > MAX_LABELS:
        raise BadLineError(text[:MAX_NAME])
    labels: dict[str, str] = {}
    at, end = 0, len(text.rstrip(BLANKS))
    while at < end:
        match = _LABEL.match(text, at)
        if not match:
            raise BadLineError(text[:MAX_NAME])
        name, value, at = match[1].decode(), match[2].decode(), match.end()
        if name in labels:
            raise BadLineError(text[:MAX_NAME])
        labels[name] = _ESCAPE.sub(lambda escape: _UNESCAPED[escape[1]], value)
    return labels


def container_key(text: bytes) -> SeriesKey:
    """Return whose line has these labels; strings that many pods share are stored once."""
    namespace, pod, container = _names(text, "namespace", "pod", "container")
    return sys.intern(namespace), pod, sys.intern(container)


def pod_key(text: bytes) -> PodKey:
    """Return the pod that a line with these labels is of."""
    namespace, pod = _names(text, "namespace", "pod")
    return sys.intern(namespace), pod


def _names(text: bytes, *wanted: str) -> list[str]:
    labels = read_labels(text)
    names = [labels.get(name, "") for name in wanted]
    if not all(0 < len(name) <= MAX_NAME for name in names):
        raise BadLineError(text[:MAX_NAME])
    return names


def figure_of(value: float, figure: Figure) -> int:
    """Return `value` in the figure's unit: nanoseconds of CPU or since the epoch, or bytes."""
    exact = value * NANO if figure in _IN_SECONDS else value
    if exact >= LIMITS[figure]:
        raise BadLineError(repr(value))
    return int(exact)
