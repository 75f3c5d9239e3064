"""The store: the last pair of readings of everything, by node, and what may be served of it.

One node's answer is stored in one synchronous step, so a reader on the same loop sees a node either
before or after it, never in between.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias

from tidegauge.kubelet.samples import MISSING, NODE_SLOT, Answer, Layout
from tidegauge.units.clock import Clock
from tidegauge.usage.rates import NANOSECONDS_PER_MILLISECOND, nanocores
from tidegauge.usage.readings import ContainerUsage, NodeUsages, Tally, Usage
from tidegauge.usage.series import NodeSeries, SeriesUsage
from tidegauge.usage.shelf import Shelf

Listener: TypeAlias = Callable[[str], None]

_LATEST = 2**63
"""Later than any stamp."""


class _Node:
    __slots__ = ("answered", "count", "seen", "series", "stored")

    def __init__(self) -> None:
        self.series = NodeSeries()
        self.count = self.series.count()  # kept, for all nodes' to be added up in a millisecond
        self.seen: Layout | None = None
        self.answered = 0.0
        self.stored = 0.0


class Store:
    """Usage of nodes and pods by the rules of docs/rates.md.

    `period` is the scrape period in seconds; what a node said is stale `stale_after_periods` of
    them after its last answer, and a usage `stale_unmoved` seconds after its stamp last moved.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        period: float,
        stale_after_periods: float = 3,
        stale_unmoved: float = 600.0,
    ) -> None:
        self._clock = clock
        self._silent = period * stale_after_periods
        self._unmoved = stale_unmoved
        self._nodes: dict[str, _Node] = {}
        self._listeners: list[tuple[Listener, Listener]] = []

    def subscribe(self, answered: Listener, gone: Listener) -> None:
        """Call these with the name of each node that has answered, or is gone."""
        self._listeners.append((answered, gone))

    def shelf(self) -> Shelf[Any]:
        """A new shelf, for whoever makes something of the usage on a node."""
        shelf: Shelf[Any] = Shelf(self._clock, self._until)
        self.subscribe(shelf.drop, shelf.drop)
        return shelf

    def record(self, name: str, answer: Answer) -> None:
        """Store what a node answered just now; the arrays of the answer are ours from then on."""
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = _Node()
        node.seen = answer.layout
        node.answered, node.stored = self._clock.monotonic(), self._clock.now()
        node.series.take(answer, node.answered, self._unmoved)
        node.count = node.series.count()
        for answered, _ in self._listeners:
            answered(name)

    def forget(self, name: str) -> None:
        """Drop a node that is gone from the API server; unknown names are fine."""
        self._nodes.pop(name, None)
        for _, gone in self._listeners:
            gone(name)

    def layout(self, name: str) -> Layout | None:
        """The layout of a node's last answer, for the parser to recognise the next one by."""
        node = self._nodes.get(name)
        return node.seen if node else None

    def node_usage(self, name: str) -> Usage | None:
        now = self._clock.monotonic()
        node = self._answering(name, now)
        return self._usage(node, NODE_SLOT, NODE_SLOT + 1, now) if node else None

    def pod_usage(self, namespace: str, pod: str, node_name: str) -> Usage | None:
        """The usage of a pod by the word of the node it runs on; None unless whole and fresh."""
        now = self._clock.monotonic()
        node = self._answering(node_name, now)
        if node is None:
            return None
        layout = node.series.layout
        position = layout.index.get((namespace, pod))
        if position is None:
            return None
        return self._usage(node, layout.firsts[position], layout.firsts[position + 1], now)

    def pod_usages(self, node_name: str) -> NodeUsages | None:
        """That of all pods of a node, where it has no stale, unusual or exited container."""
        now = self._clock.monotonic()
        node = self._answering(node_name, now)
        if node is None or not node.series.complete or node.count.oldest < now - self._unmoved:
            return None
        return None if 0 in node.series.columns.memory else _quick_usages(node)

    def has_pair(self, name: str) -> bool:
        """Whether a node's own usage can be served."""
        return self.node_usage(name) is not None

    def tally(self) -> Tally:
        """What there is to serve, and what is too old for it."""
        now = self._clock.monotonic()
        oldest = now - self._unmoved
        nodes = containers = silent = unmoved = 0
        for name, node in self._nodes.items():
            if not self._answering(name, now):
                silent += 1
                continue
            known = node.count
            fresh = known if known.oldest >= oldest else node.series.count_since(oldest)
            nodes += fresh.nodes
            containers += fresh.containers
            unmoved += known.nodes + known.containers - fresh.nodes - fresh.containers
        return Tally(nodes, containers, silent, unmoved)

    def reported(self) -> int:
        """How many containers the nodes' last answers have, with usage or not yet."""
        return sum(node.seen.slots - 1 for node in self._nodes.values() if node.seen)

    def _until(self, name: str) -> float:
        """When, on the monotonic clock, something of a node grows stale."""
        node = self._nodes.get(name)
        if node is None:
            return -math.inf
        return min(node.answered + self._silent, node.count.oldest + self._unmoved)

    def _answering(self, name: str, now: float) -> _Node | None:
        node = self._nodes.get(name)
        if node and now - node.answered <= self._silent:
            return node
        return None

    def _usage(self, node: _Node, first: int, end: int, now: float) -> Usage | None:
        """Of the slots from `first` to `end`, exclusive."""
        oldest = now - self._unmoved
        series = node.series
        if series.complete and node.count.oldest >= oldest:
            return _quick_usage(node, first, end)
        shown: list[SeriesUsage] = []
        containers: list[ContainerUsage] = []
        for slot in range(first, end):
            if series.exited(slot):
                continue
            usage = series.usage(slot)
            if usage is None or usage.taken < oldest:
                return None
            shown.append(usage)
            containers.append(_container(series.layout.containers[slot], usage))
        if not shown:
            return None
        earliest = min(shown, key=lambda usage: (usage.stamp_ms, -usage.window_ns))
        return Usage(earliest.stamp_ms, earliest.window_ns, node.stored, containers)


def _quick_usage(node: _Node, first: int, end: int) -> Usage | None:
    """The same where a node's series are complete and fresh.

    Straight from the columns: less than half the time, which is 30 % of a list's. Loops and
    indices, as slices of arrays, `zip` and `min` take twice as long for two containers.
    """
    names, columns = node.series.layout.containers, node.series.columns
    stamps, bases, swaps = columns.cpu_stamp, columns.base_stamp, columns.swap
    stamp, base = _LATEST, 0
    containers = []
    for slot in range(first, end):
        cpu, size, swap = columns.cpu[slot], columns.memory[slot], swaps[slot]
        if not size and not cpu:
            continue  # it has exited
        at, begin = stamps[slot], bases[slot]
        window = (at - begin) * NANOSECONDS_PER_MILLISECOND
        rate = nanocores(cpu - columns.base_cpu[slot], window)
        known = None if swap == MISSING else swap
        containers.append(ContainerUsage(names[slot], rate, size, known))
        if at < stamp or (at == stamp and begin < base):
            stamp, base = at, begin
    if not containers:
        return None
    return Usage(stamp, (stamp - base) * NANOSECONDS_PER_MILLISECOND, node.stored, containers)


def _quick_usages(node: _Node) -> NodeUsages:
    """The same of all pods."""
    layout, columns = node.series.layout, node.series.columns
    begins = list(zip(columns.cpu_stamp, columns.base_stamp, strict=True))
    pods = [min(begins[first:end]) for first, end in pairwise(layout.firsts)]
    return NodeUsages(
        layout,
        node.stored,
        [stamp for stamp, _ in pods],
        [(stamp - base) * NANOSECONDS_PER_MILLISECOND for stamp, base in pods],
        [
            nanocores(cpu - before, (stamp - base) * NANOSECONDS_PER_MILLISECOND)
            for cpu, before, (stamp, base) in zip(
                columns.cpu, columns.base_cpu, begins, strict=True
            )
        ],
        columns.memory,
        columns.swap,
    )


def _container(name: str, usage: SeriesUsage) -> ContainerUsage:
    swap = None if usage.swap == MISSING else usage.swap
    return ContainerUsage(name, usage.cpu, usage.memory, swap)
