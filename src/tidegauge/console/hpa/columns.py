"""Pieces of text tables about sizes over time."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from tidegauge.autoscale.replay.result import Run

_BARS = " ▁▂▃▄▅▆▇█"
_MARGIN = 24
"""Columns of a picture's name and of its highest value."""
_NARROWEST = 20
"""Columns of a reason, however narrow the terminal."""


def picture(name: str, values: Sequence[float], unit: str, width: int) -> str:
    """The highest of each part of the time, by the height of a character."""
    room = width - _MARGIN
    edges = [column * len(values) // room for column in range(room + 1)]
    peaks = [max(values[begin : max(end, begin + 1)]) for begin, end in pairwise(edges)]
    highest = max(values)
    bars = "".join(_bar(peak / highest if highest else 0.0) for peak in peaks)
    return f"{name:<8}{bars} to {short(highest)}{unit}"


def _bar(share: float) -> str:
    """Whatever is not nothing can be seen."""
    top = len(_BARS) - 1
    return _BARS[max(round(share * top), 1) if share else 0]


def short(value: float) -> str:
    """Four digits or a little more, in at most six characters: `12.34`, `123456`, `1.234M`."""
    if value < 10_000:
        return f"{value:.4g}"
    return f"{value:.0f}" if value < 999_999 else f"{value / 1e6:.4g}M"


def assumed(runs: Sequence[Run], width: int) -> Iterator[str]:
    """What the runs assume, each sentence once."""
    for sentence in dict.fromkeys(one for run in runs for one in run.assumptions):
        yield from textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="  ")


def sized(before: int, after: int) -> str:
    """A size, or its change."""
    return str(before) if after == before else f"{before}→{after}"


def beside(begin: str, texts: Sequence[str], width: int) -> Iterator[str]:
    """The texts in the last column, wrapped."""
    room = max(width - len(begin), _NARROWEST)
    lines = [line for text in texts for line in textwrap.wrap(text, room, subsequent_indent="  ")]
    for left, right in zip_longest([begin], lines, fillvalue=" " * len(begin)):
        yield left + right
