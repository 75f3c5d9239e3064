"""The screen as lines: pure, from what is known at one moment to what is shown of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.figures import clock
from tidegauge.console.demo import panels, scalingpanel
from tidegauge.console.demo.courses import Course
from tidegauge.console.demo.picture import AutoscalerRow, Picture
from tidegauge.console.demo.sections import Section, fill
from tidegauge.console.spans import Line, Span, beside, fitted
from tidegauge.sandbox.faults.declared import FAULTS, Fault
from tidegauge.sandbox.faults.playing import Play

WIDE = 110
"""Columns from which on workloads and pods stand side by side."""

LEFT = 54
"""Columns of the workloads then."""

PODS = 11
"""Lines of pods, the title included: as many as of nodes."""

AUTOSCALERS = 6
"""Lines of HPAs that stay where there is little room, the title included."""

STEPS = 9
"""Lines of their steps, the title included."""

LETTERS = "abdegijklmnoprstuvwxyz"
"""Keys of the faults: those that have no other meaning."""


class Shown(NamedTuple):
    """All that the screen tells."""

    title: str
    elapsed: float
    kubeconfig: str
    commands: Sequence[str]
    picture: Picture | None
    problem: str
    """Why there is no newer picture, or no usage in it."""

    scrapes: int
    failed: int
    calls: int
    faults: Sequence[Play]
    courses: Mapping[str, Course] = {}
    """Of HPAs, by `namespace/name`."""

    menu: bool = False
    help: bool = False


def compose(shown: Shown, columns: int, rows: int) -> list[Line]:
    """Exactly that many lines, each of exactly that width."""
    head, foot = [*_head(shown)], [[], _keys(shown)]
    room = rows - len(head) - len(foot)
    sections = _menu(shown, columns, room) if shown.menu else _sections(shown, columns)
    body = fill(sections, room)
    lines = [*head, *body, *([[]] * (room - len(body))), *foot]
    return [fitted(line, columns) for line in lines[:rows]]


def _head(shown: Shown) -> Iterator[Line]:
    picture = shown.picture
    served = sum(row.use is not None for row in picture.nodes) if picture else 0
    counts = (
        f"usage of {served}/{len(picture.nodes)} nodes, {len(picture.pods)}/{picture.running} pods"
        if picture
        else "starting"
    )
    yield [
        Span(" tidegauge demo ", "title"),
        Span(f" {shown.title} · {clock(int(shown.elapsed))}", "head"),
        Span(f"   {counts}"),
        Span(f"   {_freshness(picture)}", "dim"),
    ]
    failed = Span(f", {shown.failed} failed", "bad" if shown.failed else "dim")
    yield [
        Span(f" export KUBECONFIG={shown.kubeconfig}", "good"),
        Span(f"   scrapes: {shown.scrapes}", "dim"),
        failed,
        Span(f"   API calls: {shown.calls}", "dim"),
    ]
    yield [Span(f" {shown.problem}", "bad")] if shown.problem else []


def _freshness(picture: Picture | None) -> str:
    ages = sorted(picture.freshness) if picture else []
    if not ages:
        return ""
    return f"age {ages[len(ages) // 2]:.0f}s, oldest {ages[-1]:.0f}s"


def _sections(shown: Shown, columns: int) -> list[Section]:
    """From top to bottom; what is wrong stays longest where there is little room."""
    picture = shown.picture
    if picture is None:
        return [Section([[Span(" The cluster is up; usage takes two measurements.")]], 0, 1)]
    nodes = [*panels.nodes(picture.nodes, columns)]
    sections = [Section(nodes, 0, len(nodes))]
    sections += _scaling(shown, picture.autoscalers, wide=columns >= WIDE)
    workloads, pods = [*panels.workloads(picture.workloads)], [*panels.pods(picture.pods)][:PODS]
    if columns >= WIDE:
        sections.append(Section(beside(workloads, pods, LEFT), 5, 4))
    else:
        sections += [Section(workloads, 5, 4), Section(pods, 6, 4)]
    if shown.help:
        told = [*panels.commands(shown.commands)]  # asked for, so before what is told unasked
        sections.append(Section(told, 1, len(told)))
    if shown.faults:
        sections.append(Section([*panels.active(shown.faults, columns)], 3, 3))
    wrong = any(not gap.excused for gap in picture.gaps)  # all else is told if there is room
    sections.append(Section([*panels.gaps(picture, columns)], 2 if wrong else 8, 4))
    return [*sections, Section([*panels.events(picture)], 7, 3)]


def _scaling(shown: Shown, rows: Sequence[AutoscalerRow], *, wide: bool) -> Iterator[Section]:
    if not rows:
        return
    found = [*scalingpanel.autoscalers(rows, shown.courses, shown.elapsed, wide=wide)]
    yield Section(found, 2, min(len(found), AUTOSCALERS))
    if steps := [*scalingpanel.steps(rows, shown.courses, shown.elapsed)]:
        yield Section(steps[:STEPS], 4, 4)


def _menu(shown: Shown, columns: int, room: int) -> list[Section]:
    """What each fault does is told where there is room for all of them."""
    active = {play.fault.name for play in shown.faults}
    title = [Span(" FAULTS  press a letter to begin or end one", "head")]
    cells = [
        _fault(letter, fault, on=fault.name in active)
        for letter, fault in zip(LETTERS, FAULTS, strict=False)
    ]
    if len(cells) < room:
        lines = [
            [*cell, Span(fault.happens, "dim")] for cell, fault in zip(cells, FAULTS, strict=False)
        ]
    else:
        half = -(-len(cells) // 2)
        lines = [[*line] for line in beside(cells[:half], cells[half:], columns // 2)]
    told = [*panels.active(shown.faults, columns)]
    return [Section([title, *lines], 1), *([Section(told, 2)] if told else [])]


def _fault(letter: str, fault: Fault, *, on: bool) -> list[Span]:
    return [
        Span(f"  {letter} ", "title"),
        Span("● " if on else "○ ", "bad" if on else "dim"),
        Span(f"{fault.name:<21}", "warn" if on else ""),
    ]


def _keys(shown: Shown) -> Line:
    def key(letter: str, meaning: str) -> list[Span]:
        return [Span(f" {letter} ", "title"), Span(f"{meaning}  ", "dim")]

    menu = "back" if shown.menu else "faults"
    return [
        *key("f", menu),
        *key("c", "clear faults"),
        *key("h", "commands to try"),
        *key("q", "quit"),
    ]
