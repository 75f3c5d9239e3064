"""The screen as lines: pure, from what is known at one moment to what is shown of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tidegauge.console.demo.picture import NodeRow, Picture, PodRow, Use, WorkloadRow
from tidegauge.console.demo.spans import Line, Span, beside, fitted
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import Play

GIB = 1 << 30
MIB = 1 << 20

BUSY, FULL = 0.7, 0.9
"""Shares of a node from which on its bar changes colour."""

WIDE = 110
"""Columns from which on workloads and pods stand side by side."""

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
    menu: bool = False
    help: bool = False


def compose(shown: Shown, columns: int, rows: int) -> list[Line]:
    """Exactly that many lines, each of exactly that width."""
    head, foot = [*_head(shown)], [_keys(shown)]
    room = rows - len(head) - len(foot)
    body = _fill(_menu(shown) if shown.menu else _sections(shown, columns), room)
    lines = [*head, *body, *([[]] * (room - len(body))), *foot]
    return [fitted(line, columns) for line in lines[:rows]]


class _Section(NamedTuple):
    """`least` lines stay if at all possible; what gives way first stands last in `_fill`."""

    lines: Sequence[Line]
    least: int


def _fill(sections: Sequence[_Section], room: int) -> list[Line]:
    """Sections with a gap between them, shortened from the last to the first until they fit."""
    heights = [len(section.lines) for section in sections]
    gaps = max(0, len(sections) - 1)
    for index in reversed(range(len(sections))):
        over = sum(heights) + gaps - room
        heights[index] -= max(0, min(over, heights[index] - sections[index].least))
    lines: list[Line] = []
    for section, height in zip(sections, heights, strict=True):
        if lines and height:
            lines.append([])
        lines.extend(section.lines[:height])
    return lines[:room]


def _head(shown: Shown) -> Iterator[Line]:
    minutes, seconds = divmod(int(shown.elapsed), 60)
    picture = shown.picture
    served = sum(row.use is not None for row in picture.nodes) if picture else 0
    counts = (
        f"{served} of {len(picture.nodes)} nodes, {len(picture.pods)} of {picture.running} pods"
        if picture
        else "starting"
    )
    yield [
        Span(" tidegauge demo ", "title"),
        Span(f" {shown.title} · {minutes}:{seconds:02d}", "head"),
        Span(f"   served: {counts}"),
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
    return f"age: median {ages[len(ages) // 2]:.0f}s, oldest {ages[-1]:.0f}s"


def _sections(shown: Shown, columns: int) -> list[_Section]:
    picture = shown.picture
    if picture is None:
        return [
            _Section([[Span(" The cluster is up; the first usage takes two measurements.")]], 1)
        ]
    nodes = [*_nodes(picture.nodes, columns)]
    workloads = [*_workloads(picture.workloads)]
    pods = [*_pods(picture.pods)]
    sections = [_Section(nodes, 4)]
    if columns >= WIDE:
        sections.append(_Section(beside(workloads, pods[:11], columns // 2 - 2), 4))
    else:
        sections += [_Section(workloads, 3), _Section(pods[:7], 3)]
    gaps = [*_gaps(picture)]
    faults = [*_active(shown.faults)]
    tail = [_Section(gaps, min(len(gaps), 4))]
    if faults:
        tail.insert(0, _Section(faults, len(faults)))
    if shown.help:
        tail.insert(0, _Section([*_help(shown)], len(shown.commands) + 1))
    return [*sections, *tail, _Section([*_events(picture)], 2)]


def _nodes(rows: Sequence[NodeRow], columns: int) -> Iterator[Line]:
    bar = max(6, min(30, (columns - 70) // 2))
    name = max([12, *(len(row.name) for row in rows)])
    yield [Span(f" {'NODE':<{name}}  {'CPU':<{bar + 17}}{'MEMORY':<{bar + 20}}AGE", "head")]
    for row in rows:
        label = Span(f" {row.name:<{name}}  ", "" if row.ready else "warn")
        if row.use is None:
            yield [label, Span("no usage", "bad"), Span("" if row.ready else "  NotReady", "warn")]
            continue
        cpu, memory = row.use.cpu / row.cpu, row.use.memory / row.memory
        yield [
            label,
            *_bar(cpu, bar),
            Span(f" {row.use.cpu:5.2f}/{row.cpu:<3g} {cpu:4.0%}  "),
            *_bar(memory, bar),
            Span(f" {row.use.memory / GIB:5.1f}/{f'{row.memory / GIB:.3g}Gi':<6} {memory:4.0%}  "),
            Span(f"{max(0, row.use.age):.0f}s", "bad" if row.why else "dim"),
            Span("" if row.ready else "  NotReady", "warn"),
        ]


def _bar(share: float, columns: int) -> list[Span]:
    full = min(columns, max(0, round(share * columns)))
    style = "full" if share >= FULL else "busy" if share >= BUSY else "bar"
    return [Span("█" * full, style), Span("░" * (columns - full), "rest")]


def _workloads(rows: Sequence[WorkloadRow]) -> Iterator[Line]:
    yield [Span(f" {'WORKLOAD':<24}{'READY':>7}{'CPU':>9}{'MEMORY':>9}", "head")]
    for row in sorted(rows, key=lambda row: (row.namespace == "kube-system", row)):
        ready = Span(f"{f'{row.ready}/{row.wanted}':>7}", "" if row.ready >= row.wanted else "warn")
        yield [Span(f" {f'{row.namespace}/{row.name}':<24}"), ready, *_use(row.use)]


def _pods(rows: Sequence[PodRow]) -> Iterator[Line]:
    yield [Span(f" {'BUSIEST POD':<32}{'CPU':>9}{'MEMORY':>9}  NODE", "head")]
    for row in rows:
        name = f"{row.namespace}/{row.name}"
        short = name if len(name) <= 31 else f"{name[:30]}…"
        yield [Span(f" {short:<32}"), *_use(row.use), Span(f"  {row.node}", "dim")]


def _use(use: Use | None) -> list[Span]:
    if use is None:
        return [Span(f"{'-':>9}{'-':>9}", "dim")]
    return [Span(f"{f'{use.cpu * 1000:.0f}m':>9}{f'{use.memory / MIB:.0f}Mi':>9}")]


def _gaps(picture: Picture) -> Iterator[Line]:
    yield [Span(" MISSING OR STALE", "head")]
    if not picture.gaps:
        yield [Span(" nothing: every node and every running pod has fresh usage", "good")]
    for gap in picture.gaps:
        yield [Span(f" {gap.what}", "bad"), Span(f"  {gap.why}")]


def _active(faults: Sequence[Play]) -> Iterator[Line]:
    if faults:
        yield [Span(" FAULTS", "head")]
    for play in faults:
        yield [Span(f" {play}", "warn"), Span(f"  {play.fault.happens}")]
        yield [Span("   watch: ", "dim"), Span(play.fault.watch)]
        yield [Span("   you should see: ", "dim"), Span(play.fault.see)]


def _events(picture: Picture) -> Iterator[Line]:
    yield [Span(" LAST EVENTS", "head")]
    for event in picture.events:
        kind = Span(f"{event.reason:<18} ", "warn" if event.warning else "")
        yield [
            Span(f" {_age(event.age):>5}  ", "dim"),
            kind,
            Span(f"{event.about}  "),
            Span(event.message, "dim"),
        ]


def _age(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole}s" if whole < 120 else f"{whole // 60}m"


def _menu(shown: Shown) -> list[_Section]:
    active = {play.fault.name for play in shown.faults}
    lines: list[Line] = [[Span(" FAULTS  press a letter to begin or end one", "head")]]
    for letter, fault in zip(LETTERS, FAULTS, strict=False):
        on = fault.name in active
        lines.append(
            [
                Span(f"  {letter} ", "title"),
                Span("● " if on else "○ ", "bad" if on else "dim"),
                Span(f"{fault.name:<21}", "warn" if on else ""),
                Span(fault.happens, "dim"),
            ]
        )
    told = [*_active(shown.faults)]
    return [_Section(lines, len(lines)), *([_Section(told, 1)] if told else [])]


def _help(shown: Shown) -> Iterator[Line]:
    yield [Span(" TRY, IN ANOTHER TERMINAL", "head")]
    for command in shown.commands:
        yield [Span(f" {command}", "good")]


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


Composer = Callable[[Shown, int, int], list[Line]]
