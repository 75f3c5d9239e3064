"""Stacks as boxes: which function called which, how wide, and in which room of the house."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.flame.stacks import Frame, Stacks

_FILES: Mapping[str, str] = {
    "kubelet": r"\btidegauge/kubelet/",
    "usage": r"\btidegauge/usage/",
    "serving": r"\btidegauge/serving/",
    "cluster": r"\btidegauge/cluster/",
    "telemetry": r"\btidegauge/telemetry/|\bprometheus_client/",
    "console": r"\btidegauge/console/",
    "ssl, socket": r"\b(ssl|socket)\.py",
    "asyncio": r"\basyncio/|\bselectors\.py",
    "other": "",
}
"""What a file belongs to: the first that is found in its name."""

ROOMS = tuple(_FILES)


def room(frame: Frame) -> str:
    return next(room for room, files in _FILES.items() if re.search(files, frame.file))


def shares(work: Stacks) -> dict[str, float]:
    """How much of the work was done in each room itself, together 1; in the order of ROOMS."""
    samples = Counter[str]()
    for stack, count in work.items():
        samples[room(stack[-1])] += count
    return {room: samples[room] / work.total() for room in ROOMS if samples[room]}


@dataclass
class Box:
    """A function as called by the one above it: samples of it with all it calls, and of itself."""

    frame: Frame
    samples: int = 0
    itself: int = 0
    calls: "dict[Frame, Box]" = field(default_factory=dict)


class Placed(NamedTuple):
    """`left` and `width` are shares of the whole; `depth` counts rows from 0."""

    function: Box
    left: float
    width: float
    depth: int


def tree(work: Stacks) -> Box:
    """The root is all work and no function."""
    root = Box(Frame("", ""), work.total())
    for stack, count in work.items():
        box = root
        for frame in stack:
            box = box.calls.setdefault(frame, Box(frame))
            box.samples += count
        box.itself += count
    return root


def placed(root: Box, least: float) -> Iterator[Placed]:
    """All of at least that share, each below its caller, the widest first."""

    def below(caller: Box, left: float, depth: int) -> Iterator[Placed]:
        for box in sorted(caller.calls.values(), key=lambda box: (-box.samples, box.frame)):
            width = box.samples / root.samples
            if width >= least:
                yield Placed(box, left, width, depth)
                yield from below(box, left, depth + 1)
            left += width

    return below(root, 0, 0)
