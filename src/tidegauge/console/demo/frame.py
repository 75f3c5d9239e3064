"""The screen as lines: pure, from what is known at one moment to what is shown of it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tidegauge.console.demo.picture import UNMEASURED, NodeRow, Picture, PodRow, Use, WorkloadRow
from tidegauge.console.demo.spans import Line, Span, beside, fitted, wrapped
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import Play

GIB = 1 << 30
MIB = 1 << 20

BUSY, FULL = 0.7, 0.9
"""Shares of a node from which on its bar changes colour."""

WIDE = 110
"""Columns from which on workloads and pods stand side by side."""

LEFT = 54
"""Columns of the workloads then."""

PODS = 11
"""Lines of pods, the title included: as many as of nodes."""

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
    head, foot = [*_head(shown)], [[], _keys(shown)]
    room = rows - len(head) - len(foot)
    body = _fill(_menu(shown, columns) if shown.menu else _sections(shown, columns), room)
    lines = [*head, *body, *([[]] * (room - len(body))), *foot]
    return [fitted(line, columns) for line in lines[:rows]]


class _Section(NamedTuple):
    """The first line is its title. Who has the higher `rank` gives way first, down to `least`."""

    lines: Sequence[Line]
    rank: int
    least: int = 0


def _fill(sections: Sequence[_Section], room: int) -> list[Line]:
    """Sections with a gap between them, shortened until they fit; a title alone is left out."""
    heights = [len(section.lines) for section in sections]
    order = sorted(range(len(sections)), key=lambda index: -sections[index].rank)
    for leasts in ([section.least for section in sections], [0] * len(sections)):
        for index in order:
            over = _needed(heights) - room
            if over > 0:
                shortened = max(leasts[index], heights[index] - over)
                heights[index] = shortened if shortened > 1 else 0
    lines: list[Line] = []
    for section, height in zip(sections, heights, strict=True):
        if lines and height:
            lines.append([])
        lines.extend(section.lines[:height])
    return lines[:room]


def _needed(heights: Sequence[int]) -> int:
    shown = [height for height in heights if height]
    return sum(shown) + max(0, len(shown) - 1)


def _head(shown: Shown) -> Iterator[Line]:
    minutes, seconds = divmod(int(shown.elapsed), 60)
    picture = shown.picture
    served = sum(row.use is not None for row in picture.nodes) if picture else 0
    counts = (
        f"usage of {served}/{len(picture.nodes)} nodes, {len(picture.pods)}/{picture.running} pods"
        if picture
        else "starting"
    )
    yield [
        Span(" tidegauge demo ", "title"),
        Span(f" {shown.title} · {minutes}:{seconds:02d}", "head"),
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


def _sections(shown: Shown, columns: int) -> list[_Section]:
    """From top to bottom; what is wrong stays longest where there is little room."""
    picture = shown.picture
    if picture is None:
        return [_Section([[Span(" The cluster is up; usage takes two measurements.")]], 0, 1)]
    nodes = [*_nodes(picture.nodes, columns)]
    sections = [_Section(nodes, 1, len(nodes))]
    workloads, pods = [*_workloads(picture.workloads)], [*_pods(picture.pods)][:PODS]
    if columns >= WIDE:
        sections.append(_Section(beside(workloads, pods, LEFT), 4, 4))
    else:
        sections += [_Section(workloads, 4, 4), _Section(pods, 5, 4)]
    if shown.help:
        sections.append(_Section([*_help(shown)], 2))
    if shown.faults:
        sections.append(_Section([*_active(shown.faults, columns)], 3, 3))
    sections.append(_Section([*_gaps(picture, columns)], 2, 4))
    return [*sections, _Section([*_events(picture)], 6, 3)]


def _nodes(rows: Sequence[NodeRow], columns: int) -> Iterator[Line]:
    bar = max(6, min(30, (columns - 70) // 2))
    name = max([12, *(len(row.name) for row in rows)])
    yield [Span(f" {'NODE':<{name}}  {'CPU':<{bar + 17}}{'MEMORY':<{bar + 20}}AGE", "head")]
    for row in rows:
        label = Span(f" {row.name:<{name}}  ", "" if row.ready else "warn")
        if row.use is None:
            why = row.failure.cause if row.failure else UNMEASURED
            yield [label, Span(f"no usage: {why}", "bad"), *_readiness(row)]
            continue
        cpu, memory = row.use.cpu / row.cpu, row.use.memory / row.memory
        yield [
            label,
            *_bar(cpu, bar),
            Span(f" {row.use.cpu:5.2f}/{row.cpu:<3g} {cpu:4.0%}  "),
            *_bar(memory, bar),
            Span(f" {row.use.memory / GIB:5.1f}/{f'{row.memory / GIB:.3g}Gi':<6} {memory:4.0%}  "),
            Span(f"{max(0, row.use.age):.0f}s", "bad" if row.failure else "dim"),
            *_readiness(row),
        ]


def _readiness(row: NodeRow) -> Line:
    return [] if row.ready else [Span("  NotReady", "warn")]


def _bar(share: float, columns: int) -> list[Span]:
    full = min(columns, max(0, round(share * columns)))
    style = "full" if share >= FULL else "busy" if share >= BUSY else "bar"
    return [Span("█" * full, style), Span("░" * (columns - full), "rest")]


def _workloads(rows: Sequence[WorkloadRow]) -> Iterator[Line]:
    yield [Span(f" {'WORKLOAD':<24}{'READY':>7}{'CPU':>9}{'MEMORY':>9}", "head")]
    for row in sorted(rows, key=lambda row: (row.namespace == "kube-system", row)):
        ready = Span(f"{f'{row.ready}/{row.wanted}':>7}", "" if row.ready >= row.wanted else "warn")
        use = _use(row.use, at_least=row.partial)
        yield [Span(f" {f'{row.namespace}/{row.name}':<24}"), ready, *use]


def _pods(rows: Sequence[PodRow]) -> Iterator[Line]:
    yield [Span(f" {'BUSIEST POD':<32}{'CPU':>9}{'MEMORY':>9}  NODE", "head")]
    for row in rows:
        name = f"{row.namespace}/{row.name}"
        short = name if len(name) <= 31 else f"{name[:30]}…"
        yield [Span(f" {short:<32}"), *_use(row.use), Span(f"  {row.node}", "dim")]


def _use(use: Use | None, *, at_least: bool = False) -> list[Span]:
    if use is None:
        return [Span(f"{'-':>9}{'-':>9}", "dim")]
    more = "≥" if at_least else ""
    cpu, memory = f"{more}{use.cpu * 1000:.0f}m", f"{more}{use.memory / MIB:.0f}Mi"
    return [Span(f"{cpu:>9}{memory:>9}", "warn" if at_least else "")]


def _gaps(picture: Picture, columns: int) -> Iterator[Line]:
    yield [Span(" MISSING OR STALE", "head")]
    if not picture.gaps:
        yield [Span(" nothing: every node and every running pod has fresh usage", "good")]
    for gap in picture.gaps:
        yield from wrapped([Span(f" {gap.what}  ", "bad")], gap.why, columns)


def _active(faults: Sequence[Play], columns: int) -> Iterator[Line]:
    if faults:
        yield [Span(" FAULTS", "head")]
    for play in faults:
        yield from wrapped([Span(f" {play}  ", "warn")], play.fault.happens, columns)
        yield from wrapped([Span("   watch  ", "dim")], play.fault.watch, columns)
        yield from wrapped([Span("   see    ", "dim")], play.fault.see, columns)


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


def _menu(shown: Shown, columns: int) -> list[_Section]:
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
    told = [*_active(shown.faults, columns)]
    return [_Section(lines, 1), *([_Section(told, 2)] if told else [])]


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
