"""One line of the Prometheus text format 0.0.4, read to the letter.

Stricter than Python where Python takes more than Prometheus does (`1_0`, digits of other scripts),
and stricter than the incumbent where it guesses: what the format does not define is a bad line,
because a number that nobody meant is worse than one that is missing.

- A name, then labels in braces or a blank, a value, and perhaps a stamp in whole milliseconds.
  Blanks and tabs may stand between all of them and at both ends.
- Labels in any order, with or without a last comma; each name once. Their values are UTF-8 and know
  the escapes of backslash, quote and line feed, no others.
- Values are decimal and finite.
"""

import re
from functools import lru_cache
from math import inf
from typing import Final, NamedTuple

from tidegauge.kubelet.samples import PodKey
from tidegauge.kubelet.series import (
    LIMITS,
    MAX_LABELS,
    MAX_NAME,
    MAX_SHARED,
    MAX_STAMP,
    Figure,
    SeriesKey,
)

BLANKS: Final = b" \t"

_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*(?=[ \t{])")
# Possessive, since a number of megabytes would otherwise be tried at every length.
_NUMBER = re.compile(
    rb"[ \t]*+([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)"
    rb"(?:[ \t]++([0-9]++))?[ \t]*+"
)
_LABEL = re.compile(
    r"[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*="
    r'[ \t]*"([^"\\]*(?:\\["\\n][^"\\]*)*)"[ \t]*(?:,[ \t]*|\Z)'
)
# As kubelets write them: a node that is new is read in a fifth less time.
_USUAL_LABELS = re.compile(rb'container="([^"\\]+)",namespace="([^"\\]+)",pod="([^"\\]+)"')
_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"\\": "\\", '"': '"', "n": "\n"}

NANO: Final = 1e9
"""A double, since upstream multiplies doubles too and the last digit depends on it."""

IN_SECONDS: Final = frozenset({Figure.CPU, Figure.START})


class BadLineError(ValueError):
    """One line can't be read; the others can."""


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
    """Return what follows `name` in `line`; without a stamp it is of the time of the request."""
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
    if not -inf < value < inf or stamp > MAX_STAMP:
        raise BadLineError(line[:MAX_NAME])
    return Sample(labels, value, stamp)


def read_labels(block: bytes) -> dict[str, str]:
    """Return the labels of what stands between braces, their values still escaped."""
    if len(block) > MAX_LABELS:
        raise BadLineError(block[:MAX_NAME])
    text = block.decode().strip(" \t")
    labels: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if not match or match[1] in labels:
            raise BadLineError(block[:MAX_NAME])
        labels[match[1]] = match[2]
        at = match.end()
    return labels


def container_key(block: bytes) -> SeriesKey:
    """Return whose line has these labels; strings that many pods have in common are stored once."""
    # Where all of it is no longer than a name may be, no name is too long.
    if len(block) <= MAX_NAME and (usual := _USUAL_LABELS.fullmatch(block)):
        container, namespace, pod = (name.decode() for name in usual.groups())
    else:
        namespace, pod, container = _names(block, "namespace", "pod", "container")
    return _shared(namespace), pod, _shared(container)


def pod_key(block: bytes) -> PodKey:
    """Return the pod that a line with these labels is of."""
    namespace, pod = _names(block, "namespace", "pod")
    return _shared(namespace), pod


def _names(block: bytes, *wanted: str) -> list[str]:
    labels = read_labels(block)
    names = [labels.get(name, "") for name in wanted]
    if b"\\" in block:
        names = [_ESCAPE.sub(lambda escape: _UNESCAPED[escape[1]], name) for name in names]
    if not all(0 < len(name) <= MAX_NAME for name in names):
        raise BadLineError(block[:MAX_NAME])
    return names


@lru_cache(maxsize=MAX_SHARED)
def _shared(name: str) -> str:
    """Return the first string of its kind. sys.intern would do, did 3.12 not keep them for ever."""
    return name


def figure_of(value: float, figure: Figure) -> int:
    """Return `value` in the figure's unit: nanoseconds of CPU or since the epoch, or bytes."""
    if figure is Figure.START and value < 0:
        return 0  # unknown, as without a line: a kubelet that knows no start may say so
    exact = value * NANO if figure in IN_SECONDS else value
    if not 0 <= exact < LIMITS[figure]:
        raise BadLineError(repr(value))
    return int(exact)
