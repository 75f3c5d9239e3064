"""Lines over time as the `d` of an SVG path, no denser than can be seen."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

WIDTH, HEIGHT = 10_000, 100
"""Of a plot's coordinates, to which the page gives its size and on which it zooms; whole numbers
across are nine seconds of a day.
"""

_COLUMNS = WIDTH
"""Of the points in a column the first, least, greatest and last are drawn, which can't be told from
all of them. A day of steps is not thinned at all, and so can be zoomed.
"""

Point = tuple[float, float]
"""Seconds and value."""

Gapped = Sequence[tuple[float, float | None]]
"""Seconds and value; None begins a gap."""


class Scales(NamedTuple):
    """What the right and the upper edge of a plot stand for; left and below is zero."""

    seconds: float
    top: float


def line(points: Gapped, scales: Scales) -> str:
    """Straight from point to point."""
    return "".join(_path(piece, scales) for piece in _pieces(points))


def steps(points: Gapped, scales: Scales) -> str:
    """Each value holds until the next point, the last one to the right edge."""
    return line(_corners(points, scales.seconds), scales)


def between(lower: Gapped, upper: Gapped, scales: Scales) -> str:
    """The area between two lines of steps that have no gaps."""
    edges = [_corners(each, scales.seconds) for each in (upper, lower)]
    over, under = (_thinned(piece, scales.seconds) for edge in edges for piece in _pieces(edge))
    return _joined([*over, *reversed(under)], scales) + "Z"


def _corners(points: Gapped, seconds: float) -> Gapped:
    changes = [next(same) for _, same in groupby(points, key=itemgetter(1))]
    ends = [at for at, _ in changes[1:]] + [seconds]
    return [
        (at, value)
        for (start, value), end in zip(changes, ends, strict=True)
        for at in (start, end)
    ]


def _pieces(points: Gapped) -> Iterator[list[Point]]:
    piece: list[Point] = []
    for at, value in points:
        if value is not None:
            piece.append((at, value))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _thinned(points: Iterable[Point], seconds: float) -> list[Point]:
    columns = groupby(points, key=lambda point: int(point[0] / seconds * _COLUMNS))
    return [point for _, column in columns for point in _telling(list(column))]


def _telling(column: list[Point]) -> list[Point]:
    places = range(len(column))
    least = min(places, key=lambda place: column[place][1])
    greatest = max(places, key=lambda place: column[place][1])
    return [column[place] for place in sorted({0, least, greatest, len(column) - 1})]


def _path(points: Iterable[Point], scales: Scales) -> str:
    return _joined(_thinned(points, scales.seconds), scales)


def _joined(points: Iterable[Point], scales: Scales) -> str:
    return "M" + "L".join(f"{_x(at, scales)} {_y(value, scales)}" for at, value in points)


def _x(at: float, scales: Scales) -> str:
    return f"{at / scales.seconds * WIDTH:.0f}"


def _y(value: float, scales: Scales) -> str:
    return f"{HEIGHT - value / scales.top * HEIGHT:.1f}".removesuffix(".0")
