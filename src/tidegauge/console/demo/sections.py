"""Sections of a screen, shortened until they fit: pure."""

from collections.abc import Sequence
from typing import NamedTuple

from tidegauge.console.spans import Line


class Section(NamedTuple):
    """The first line is its title. Who has the higher `rank` gives way first, down to `least`."""

    lines: Sequence[Line]
    rank: int
    least: int = 0


def fill(sections: Sequence[Section], room: int) -> list[Line]:
    """Sections with a gap between them, shortened until they fit; a title alone is left out."""
    heights = [len(section.lines) for section in sections]
    order = sorted(range(len(sections)), key=lambda index: -sections[index].rank)
    for leasts in ([section.least for section in sections], [0] * len(sections)):
        for index in order:
            over = _needed(heights) - room
            if over > 0:
                shortened = max(leasts[index], heights[index] - over)
                heights[index] = shortened if shortened > 1 else 0
    for index in reversed(order):  # what a section left out has freed
        if heights[index]:
            spare = max(0, room - _needed(heights))
            heights[index] += min(spare, len(sections[index].lines) - heights[index])
    lines: list[Line] = []
    for section, height in zip(sections, heights, strict=True):
        if lines and height:
            lines.append([])
        lines.extend(section.lines[:height])
    return lines[:room]


def _needed(heights: Sequence[int]) -> int:
    shown = [height for height in heights if height]
    return sum(shown) + max(0, len(shown) - 1)
