"""Each change of the size with its reason, as a table: what can be read without a script."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.markup import NOTHING, Markup, element, joined, text
from tidegauge.console.hpa.page.paths import HEIGHT, WIDTH
from tidegauge.console.hpa.page.shapes import LETTERS


def changes(runs: Sequence[Run]) -> Markup:
    """In the order of time, of all runs; what happened alike in several is one row."""
    found = list(_found(runs))
    title = element("h2", text(f"Changes of the size ({len(found)})"))
    if not found:
        return element("section", title, element("p", text("It never changed.")))
    columns = [column for column in _COLUMNS if any(column.cell(*each) for each in found)]
    heads = (element("th", text(column.name), scope="col") for column in columns)
    rows = (_row(columns, *each) for each in found)
    head = element("thead", element("tr", *heads))
    table = element("table", head, element("tbody", *rows), class_="changes")
    return element("section", title, element("div", table, class_="scroll"), class_="long")


def _found(runs: Sequence[Run]) -> Iterator[tuple[Step, str]]:
    """Each change and the letters of the runs that it is in; none where there is one run."""
    letters = LETTERS if len(runs) > 1 else [""]
    changed = [
        (step, letter)
        for letter, run in zip(letters, runs, strict=False)
        for step in run.steps
        if _tells(step)
    ]
    changed.sort(key=lambda each: (each[0].at, each[1]))
    for _, alike in groupby(changed, key=lambda each: _identity(each[0])):
        same = list(alike)
        yield same[0][0], "".join(letter for _, letter in same)


def _tells(step: Step) -> bool:
    """A change, or that the cluster of a recording did something else."""
    return step.size != step.had or step.cluster not in (None, step.size)


def _identity(step: Step) -> tuple[object, ...]:
    return step.at, step.had, step.size, step.reason


class _Column(NamedTuple):
    """Left out where all of its cells are empty."""

    name: str
    cell: Callable[[Step, str], Markup]


def _chips(_step: Step, letters: str) -> Markup:
    return joined(*(element("i", text(x), class_=f"chip {x.lower()}") for x in letters))


def _size(step: Step, _letters: str) -> Markup:
    return text(step.size if step.size == step.had else f"{step.had} → {step.size}")


def _cluster(step: Step, _letters: str) -> Markup:
    return NOTHING if step.cluster is None else text(step.cluster)


def _why(step: Step, _letters: str) -> Markup:
    """The reason; it opens to the details."""
    reason = text(step.reason)
    if not step.details:
        return reason
    details = (element("li", text(each)) for each in step.details)
    return element("details", element("summary", reason), element("ul", *details))


_COLUMNS = (
    _Column("run", _chips),
    _Column("time", lambda step, _: text(clock(step.at))),
    _Column("size", _size),
    _Column("cluster", _cluster),
    _Column("why", _why),
)


def _row(columns: Sequence[_Column], step: Step, letters: str) -> Markup:
    return element("tr", *(element("td", column.cell(step, letters)) for column in columns))


_MOST_ZONES = 500
"""More would be too narrow to be met with a pointer."""


def hovered(runs: Sequence[Run], seconds: float) -> Markup:
    """Over the plot of one run: what a browser shows of the last change without a script."""
    found = [step for step in runs[0].steps if step.size != step.had]
    if len(runs) > 1 or len(found) > _MOST_ZONES:
        return NOTHING
    ends = [step.at for step in found[1:]] + [seconds]
    return joined(*(_zone(step, end, seconds) for step, end in zip(found, ends, strict=False)))


def _zone(step: Step, end: float, seconds: float) -> Markup:
    words = f"{clock(step.at)} {step.had} → {step.size}: {step.reason}"
    left, width = step.at / seconds * WIDTH, (end - step.at) / seconds * WIDTH
    title = element("title", text(words))
    return element(
        "rect", title, class_="why", x=f"{left:.1f}", y=0, width=f"{width:.1f}", height=HEIGHT
    )
