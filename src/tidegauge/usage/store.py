"""The store: the last pair of readings of everything, by node, and what may be served of it.

One node's answer is stored in one synchronous step, so a reader on the same loop sees a node either
before or after it, never in between.
"""

from collections.abc import Sequence

from tidegauge.kubelet.samples import MISSING, NODE_SLOT, Answer, Layout
from tidegauge.units.clock import Clock
from tidegauge.usage.rates import NANOSECONDS_PER_MILLISECOND
from tidegauge.usage.readings import ContainerUsage, Tally, Usage
from tidegauge.usage.series import NodeSeries, SeriesUsage


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

    def record(self, name: str, answer: Answer) -> None:
        """Store what a node answered just now; the arrays of the answer are ours from then on."""
        node = self._nodes.setdefault(name, _Node())
        node.seen = answer.layout
        node.answered, node.stored = self._clock.monotonic(), self._clock.now()
        node.series.take(answer, node.answered, self._unmoved)
        node.count = node.series.count()

    def forget(self, name: str) -> None:
        """Drop a node that is gone from the API server; unknown names are fine."""
        self._nodes.pop(name, None)

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

    def _answering(self, name: str, now: float) -> _Node | None:
        node = self._nodes.get(name)
        if node and now - node.answered <= self._silent:
            return node
        return None

    def _usage(self, node: _Node, first: int, end: int, now: float) -> Usage | None:
        """Of the slots from `first` to `end`, exclusive."""
        oldest = now - self._unmoved
        series = node.series
        if node.count.oldest >= oldest and (rates := series.rates()):
            return _quick_usage(node, rates, first, end)
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


def _quick_usage(node: _Node, rates: Sequence[int], first: int, end: int) -> Usage:
    """The same where a node's series are all fresh and have `rates`, straight from the columns.

    Loops and indices, as slices of arrays, `zip` and `min` take twice as long for two containers.
    """
    names, columns = node.series.layout.containers, node.series.columns
    memory, swap, stamps, bases = (
        columns.memory,
        columns.swap,
        columns.cpu_stamp,
        columns.base_stamp,
    )
    stamp, base = stamps[first], bases[first]
    containers = []
    for slot in range(first, end):
        size = swap[slot]
        known = None if size == MISSING else size
        containers.append(ContainerUsage(names[slot], rates[slot], memory[slot], known))
        at, begin = stamps[slot], bases[slot]
        if at < stamp or (at == stamp and begin < base):
            stamp, base = at, begin
    return Usage(stamp, (stamp - base) * NANOSECONDS_PER_MILLISECOND, node.stored, containers)


def _container(name: str, usage: SeriesUsage) -> ContainerUsage:
    swap = None if usage.swap == MISSING else usage.swap
    return ContainerUsage(name, usage.cpu, usage.memory, swap)
