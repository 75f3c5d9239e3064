"""A naive model of docs/rates.md, to judge the product by: it keeps every answer of every node.

Nothing is carried from one answer to the next. Whatever is asked is worked out anew from the whole
history: first the readings that were taken from a series, then for each of them where its window
begins, then the last usage. It shares no code with the product.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from tests.reference_body import NODE, Body, Series, parse
from tests.reference_text import cpu_text, duration_text, memory_text, time_text

SHORTEST_FROM_START_NS = 10 * 10**9
MS = 10**6
MOST_SERIES = 10_001
"""Of a node: ten thousand containers and itself."""


@dataclass(frozen=True)
class Answer:
    """One body as it was taken: by our two clocks, in seconds."""

    body: Body
    monotonic: float
    wall: float

    @cached_property
    def latest_ms(self) -> int:
        """The latest stamp of all that it says, -1 when it says nothing."""
        stamps = [
            reading.stamp
            for kinds in self.body.figures.values()
            for kind, reading in kinds.items()
            if kind in ("cpu", "memory")
        ]
        return max(stamps, default=-1)


class Beginning(NamedTuple):
    """Where a window begins."""

    ns: int
    cpu: int
    at_start: bool
    """At the start of the container, with a counter of 0."""


class Taken(NamedTuple):
    """A CPU reading that was taken."""

    answer: int
    """Index of the answer that had it."""
    taken: float
    """Monotonic clock."""
    ms: int
    cpu: int
    start: int
    """The container's start as it said then, in nanoseconds; 0 or less when it said none."""
    begins: Beginning | None
    """None for a first point."""

    @property
    def window_ns(self) -> int:
        return self.ms * MS - self.begins.ns if self.begins else 0

    @property
    def usable(self) -> bool:
        if self.begins is None:
            return False
        return not self.begins.at_start or self.window_ns >= SHORTEST_FROM_START_NS


class Memory(NamedTuple):
    answer: int
    ms: int
    value: int
    swap: int | None


class Known(NamedTuple):
    """All that was taken from a series and is not gone."""

    cpus: list[Taken]
    memories: list[Memory]


NOTHING = Known([], [])


class Usage(NamedTuple):
    name: str
    ms: int
    window_ns: int
    nanocores: int
    memory: int
    swap: int | None
    taken: float
    """Monotonic clock, when the CPU reading at the end of the window was taken."""

    def json(self) -> dict[str, str]:
        usage = {"cpu": cpu_text(self.nanocores), "memory": memory_text(self.memory)}
        return usage if self.swap is None else {**usage, "swap": memory_text(self.swap)}


class Model:
    """The eight rules. All spans are seconds; `now` is the monotonic clock."""

    def __init__(self, period_s: float, stale_after_periods: float = 3, unmoved_s: float = 600):
        self.silent_s = period_s * stale_after_periods
        self.unmoved_s = unmoved_s
        self.answers: dict[str, list[Answer]] = {}

    def answer(
        self, node: str, body: bytes, request_ms: int, now_monotonic: float, now_wall: float
    ) -> None:
        """A body came in, in answer to a request of `request_ms` since the epoch."""
        self.take(node, parse(body, request_ms), now_monotonic, now_wall)

    def take(self, node: str, body: Body, now_monotonic: float, now_wall: float) -> None:
        self.answers.setdefault(node, []).append(Answer(body, now_monotonic, now_wall))

    def failed(self, node: str) -> None:
        """Rule 5: a failed scrape changes nothing."""

    def forget(self, node: str) -> None:
        self.answers.pop(node, None)

    def nodes(self, now: float) -> list[dict[str, Any]]:
        """The items of a NodeMetricsList."""
        items = []
        for node in sorted(self._answering(now)):
            usages = self._usages(self.answers[node], [NODE], now)
            if usages:
                head = self._head(node, {"name": node}, usages)
                items.append({**head, "usage": usages[0].json()})
        return items

    def pods(
        self, now: float, placed: Mapping[tuple[str, str], str] | None = None
    ) -> list[dict[str, Any]]:
        """The items of a PodMetricsList. `placed` says on which node a pod is (rule 7)."""
        items = []
        for (namespace, pod), node in sorted(self._claims(now)):
            if placed is not None and placed.get((namespace, pod)) != node:
                continue
            history = self.answers[node]
            known = replay(history, self.unmoved_s)
            members = [s for s in sorted(known) if s[:2] == (namespace, pod)]
            usages = self._usages(history, members, now)
            if usages:
                head = self._head(node, {"name": pod, "namespace": namespace}, usages)
                containers = [{"name": usage.name, "usage": usage.json()} for usage in usages]
                items.append({**head, "containers": containers})
        return items

    def _answering(self, now: float) -> list[str]:
        """Rule 5: the nodes whose last answer is not stale."""
        return [
            n for n, known in self.answers.items() if now - known[-1].monotonic <= self.silent_s
        ]

    def _claims(self, now: float) -> Iterator[tuple[tuple[str, str], str]]:
        for node in self._answering(now):
            known = replay(self.answers[node], self.unmoved_s)
            for pod in {series[:2] for series in known if series != NODE}:
                yield pod, node

    def _head(self, node: str, metadata: dict[str, str], usages: list[Usage]) -> dict[str, Any]:
        """Rule 4: the earliest timestamp, of equal ones the longest window; rule 8: creation."""
        first = min(usages, key=lambda usage: (usage.ms, -usage.window_ns, usage.name))
        stored = self.answers[node][-1].wall
        return {
            "metadata": {**metadata, "creationTimestamp": time_text(int(stored * 1000))},
            "timestamp": time_text(first.ms),
            "window": duration_text(first.window_ns),
        }

    def _usages(
        self, history: list[Answer], members: Iterable[Series], now: float
    ) -> list[Usage] | None:
        """Rule 4: the usage of each of a pod's containers, or None unless all have one."""
        usages = []
        known = replay(history, self.unmoved_s)
        for series in members:
            cpus, memories = known.get(series, NOTHING)
            if cpus and memories and cpus[-1].cpu == 0 and memories[-1].value == 0:
                continue  # exited
            usage = self._usage(history, series, known[series]) if memories else None
            if usage is None or now - usage.taken > self.unmoved_s:
                return None
            usages.append(usage)
        return usages

    def _usage(self, history: list[Answer], series: Series, known: Known) -> Usage | None:
        """The last usage. While later CPU readings make none yet, it stays as it was before them,
        with the memory reading of then (rule 3).
        """
        cpus, memories = known
        after: list[Taken] = []
        while cpus and not cpus[-1].usable:
            after = [cpus[-1], *after]
            cpus = cpus[:-1]
        if after:
            before = replay(history[: after[0].answer], self.unmoved_s)
            memories = before.get(series, NOTHING).memories
        if not (cpus and memories):
            return None
        cpu, memory = cpus[-1], memories[-1]
        return Usage(
            series[2], cpu.ms, cpu.window_ns, nanocores(cpu), memory.value, memory.swap, cpu.taken
        )


def replay(history: list[Answer], unmoved_s: float) -> dict[Series, Known]:
    """All series that there are after the last answer."""
    known: dict[Series, Known] = {}
    for i, answer in enumerate(history):
        there = set(answer.body.figures)
        if not answer.body.whole:
            there |= _remembered(known, answer, unmoved_s)
        known = {
            series: _after(known.get(series, NOTHING), history[: i + 1], series, unmoved_s)
            for series in there
        }
    return known


def _remembered(known: dict[Series, Known], answer: Answer, unmoved_s: float) -> set[Series]:
    """Rule 6: what an answer that is not whole does not remove."""
    pods = {series[:2] for series in (NODE, *answer.body.figures)}
    pods |= {
        series[:2]
        for series, (cpus, _) in known.items()
        if cpus and answer.monotonic - cpus[-1].taken <= unmoved_s
    }
    found = {series for series in known if series[:2] in pods}
    return found if len(found | answer.body.figures.keys()) <= MOST_SERIES else set()


def _after(known: Known, history: list[Answer], series: Series, unmoved_s: float) -> Known:
    """What is known of a series after the last answer of `history`, from what was before it."""
    cpus, memories = known
    *earlier, answer = history
    cpu, memory = answer.body.cpu(series), answer.body.memory(series)
    anew = bool(  # rule 5
        cpu and cpus and cpu.stamp < cpus[-1].ms and answer.monotonic - cpus[-1].taken > unmoved_s
    )
    if anew or (cpu is None and answer.body.whole):  # rule 6
        cpus = []
    if anew or (memory is None and answer.body.whole):
        memories = []
    if cpu and (not cpus or cpu.stamp > cpus[-1].ms):  # rule 2
        start = answer.body.start(series)
        if start <= 0 and not answer.body.whole and cpus:
            start = cpus[-1].start
        known_at = known_start(start, cpu.stamp)
        if not cpus:
            begins = None if anew else _first_seen(known_at, earlier)
        else:
            begins = _begins(known_at, cpu.value, cpus[-1])
        taken = Taken(len(earlier), answer.monotonic, cpu.stamp, cpu.value, start, begins)
        cpus = [*cpus, taken]
    beside_cpu = bool(cpus) and cpus[-1].answer == len(earlier)
    if memory and (beside_cpu or not memories or memory.stamp > memories[-1].ms):
        swap = answer.body.swap(series)
        memories = [*memories, Memory(len(earlier), memory.stamp, memory.value, swap)]
    return Known(cpus, memories)


def known_start(start: int, stamp_ms: int) -> int | None:
    """The start, unless there is none or it is later than its own sample."""
    return start if 0 < start <= stamp_ms * MS else None


def _first_seen(start: int | None, earlier: list[Answer]) -> Beginning | None:
    """Rule 3: a container that started after the node's earlier answers counts as restarted."""
    latest_ms = max((answer.latest_ms for answer in earlier), default=-1)
    if start is not None and latest_ms >= 0 and start > latest_ms * MS:
        return Beginning(start, 0, at_start=True)
    return None


def _begins(start: int | None, cpu: int, last: Taken) -> Beginning | None:
    """Rule 3: where the window of a later reading begins."""
    if start is not None and start > last.ms * MS:
        return Beginning(start, 0, at_start=True)
    if cpu < last.cpu or (start or 0) < (known_start(last.start, last.ms) or 0):
        return None
    if last.begins and last.begins.at_start and not last.usable:
        return last.begins
    return Beginning(last.ms * MS, last.cpu, at_start=False)


def nanocores(cpu: Taken) -> int:
    """Rule 1, in doubles."""
    assert cpu.begins
    seconds, rest = divmod(cpu.window_ns, 10**9)
    return int(float(cpu.cpu - cpu.begins.cpu) / (float(seconds) + rest / 1e9))
