"""What pictures of runs consist of: panels over one common time, with lines and areas in them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.paths import Gapped

LETTERS = "ABCD"
"""What the runs are called where they are compared. More lines can't be told apart."""


class Shape(NamedTuple):
    """A line, or with `lower` the area between two lines of steps."""

    label: str
    style: str
    points: Gapped
    lower: Gapped | None = None
    smooth: bool = False
    """Straight from point to point, instead of in steps."""


class Panel(NamedTuple):
    """Some shapes over one pair of axes."""

    title: str
    shapes: Sequence[Shape]
    """In the order they are drawn, areas first."""
    suffix: str = ""
    """After a number, as ` %`."""
    whole: bool = False
    """It counts something."""
    top: float | None = None
    """Where it is cut off; None: all is shown."""


def longest(runs: Sequence[Run]) -> float:
    """Seconds; of a recording with a single step, which takes none, one."""
    return max(run.seconds for run in runs) or 1.0


def overlaid(runs: Sequence[Run], make: Callable[[Run], Shape | None]) -> list[Shape]:
    """A shape for each run that has one; a single one where the runs agree."""
    made = [make(run) for run in runs]
    if all(shape == made[0] for shape in made):
        return [shape for shape in made[:1] if shape]
    return [
        shape._replace(label=f"{shape.label} {letter}", style=f"{shape.style} {letter.lower()}")
        for letter, shape in zip(LETTERS, made, strict=False)
        if shape
    ]


def column(run: Run, value: Callable[[Step], float | None]) -> Gapped:
    return [*((step.at, value(step)) for step in run.steps), (run.seconds, None)]


def constant(run: Run, value: float) -> Gapped:
    return [(0.0, value), (run.seconds, None)]


def known(run: Run, label: str, style: str, value: Callable[[Step], float | None]) -> Shape | None:
    """None where no step has it."""
    if all(value(step) is None for step in run.steps):
        return None
    return Shape(label, style, column(run, value))
