"""Each change of the size with its reason, as a table: what can be read without a script."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.markup import NOTHING, Markup, element, joined, text
from tidegauge.console.hpa.page.panels import LETTERS
from tidegauge.console.hpa.page.paths import HEIGHT, WIDTH


def changes(runs: Sequence[Run]) -> Markup:
    """In the order of time, of all runs; what happened alike in several is one row."""
    rows = [_row(step, who if len(runs) > 1 else "") for step, who in _found(runs)]
    names = (*(["run"] if len(runs) > 1 else []), "time", "size", "why")
    heads = (element("th", text(each), scope="col") for each in names)
    head = element("thead", element("tr", *heads))
    table = element("table", head, element("tbody", *rows), class_="changes")
    title = element("h2", text(f"Changes of the size ({len(rows)})"))
    return element("section", title, element("div", table, class_="scroll"), class_="long")


def _found(runs: Sequence[Run]) -> Iterator[tuple[Step, str]]:
    """Each change and the letters of the runs that it is in."""
    changed = [
        (step.at, letter, step)
        for letter, run in zip(LETTERS, runs, strict=False)
        for step in run.steps
        if step.size != step.had
    ]
    changed.sort(key=itemgetter(0, 1))
    for _, alike in groupby(
        changed, key=lambda each: (each[2].at, each[2].had, each[2].size, each[2].reason)
    ):
        same = list(alike)
        yield same[0][2], "".join(letter for _, letter, _ in same)


def _row(step: Step, letters: str) -> Markup:
    chips = (element("i", text(letter), class_=f"chip {letter.lower()}") for letter in letters)
    cells = (text(clock(step.at)), text(f"{step.had} → {step.size}"), _why(step))
    marked = [element("td", *chips)] if letters else []
    return element("tr", *marked, *(element("td", cell) for cell in cells))


def _why(step: Step) -> Markup:
    """The reason; it opens to the details."""
    reason = text(step.reason)
    if not step.details:
        return reason
    details = (element("li", text(each)) for each in step.details)
    return element("details", element("summary", reason), element("ul", *details))


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
