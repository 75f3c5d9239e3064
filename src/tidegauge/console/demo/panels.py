"""The parts of the screen, each with its title: pure, from a picture to lines."""

from collections.abc import Iterator, Sequence

from tidegauge.console.demo.picture import UNMEASURED, NodeRow, Picture, PodRow, Use, WorkloadRow
from tidegauge.console.spans import Line, Span, wrapped
from tidegauge.sandbox.faults.playing import Play

GIB = 1 << 30
MIB = 1 << 20

BUSY, FULL = 0.7, 0.9
"""Shares of a node from which on its bar changes colour."""


def nodes(rows: Sequence[NodeRow], columns: int) -> Iterator[Line]:
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


def workloads(rows: Sequence[WorkloadRow]) -> Iterator[Line]:
    yield [Span(f" {'WORKLOAD':<24}{'READY':>7}{'CPU':>9}{'MEMORY':>9}", "head")]
    for row in sorted(rows, key=lambda row: (row.namespace == "kube-system", row)):
        ready = Span(f"{f'{row.ready}/{row.wanted}':>7}", "" if row.ready >= row.wanted else "warn")
        use = _use(row.use, at_least=row.partial)
        yield [Span(f" {f'{row.namespace}/{row.name}':<24}"), ready, *use]


def pods(rows: Sequence[PodRow]) -> Iterator[Line]:
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


def gaps(picture: Picture, columns: int) -> Iterator[Line]:
    yield [Span(" MISSING OR STALE", "head")]
    if not picture.gaps:
        yield [Span(" nothing: every node and every running pod has fresh usage", "good")]
    young = [gap for gap in picture.gaps if gap.excused and gap.why.startswith(UNMEASURED)]
    for gap in picture.gaps:
        if gap not in young:
            yield from wrapped([Span(f" {gap.what}  ", "bad")], gap.why, columns)
    if young:
        count = f" {len(young)} pod{'s' if len(young) > 1 else ''}  "
        yield from wrapped([Span(count, "warn")], f"just started, {UNMEASURED}", columns)


def active(faults: Sequence[Play], columns: int) -> Iterator[Line]:
    if faults:
        yield [Span(" FAULTS", "head")]
    for play in faults:
        yield from wrapped([Span(f" {play}  ", "warn")], play.fault.happens, columns)
        yield from wrapped([Span("   watch  ", "dim")], play.fault.watch, columns)
        yield from wrapped([Span("   see    ", "dim")], play.fault.see, columns)


def events(picture: Picture) -> Iterator[Line]:
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


def commands(those: Sequence[str]) -> Iterator[Line]:
    yield [Span(" TRY, IN ANOTHER TERMINAL", "head")]
    for command in those:
        yield [Span(f" {command}", "good")]
