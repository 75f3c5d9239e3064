"""The readings of one node and its containers, and the rules by which they change.

docs/rates.md states the rules; the rule numbers here are its own. All figures are columns with one
entry per slot of the layout. The usual answer moves every series forward: then the new columns are
those of the answer, the window begins where the last ended, and nothing is copied. Only the slots
for which that is not so are gone through one by one, and only they cost time.
"""

import math
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from tidegauge.kubelet.samples import MISSING, NODE_SLOT, Answer, Layout, PodKey
from tidegauge.kubelet.series import MAX_SERIES
from tidegauge.usage.alignment import ABSENT, where, widened
from tidegauge.usage.columns import NEVER, Columns, answer_in, columns_in, empty
from tidegauge.usage.rates import NANOSECONDS, NANOSECONDS_PER_MILLISECOND, nanocores

SHORTEST_FROM_START_NS = 10 * NANOSECONDS
"""The shortest window from a container's start: below it, start-up is all one would see."""


class SeriesUsage(NamedTuple):
    stamp_ms: int
    window_ns: int
    cpu: int
    memory: int
    swap: int
    """MISSING where the kubelet reports none."""
    taken: float
    """Monotonic clock, when the CPU reading that the window ends in was taken."""


class Count(NamedTuple):
    """Of usages, fresh or stale."""

    nodes: int
    """1 or 0."""
    containers: int
    oldest: float
    """Monotonic clock, when the one that is longest unmoved was taken."""


class Unsettled(NamedTuple):
    """A series without an ordinary pair of readings."""

    since_ns: int | None
    """The start at which its window begins, with a counter of 0; None: a first point."""
    kept: SeriesUsage | None
    """The last usage, which stays until there is a new one."""


class NodeSeries:
    """All series of one node."""

    __slots__ = ("_latest_ms", "_unsettled", "columns", "complete", "layout")

    def __init__(self) -> None:
        self.layout = Layout((), array("I", [1]), ("",), {})
        self.columns = empty(1)
        self._unsettled: dict[int, Unsettled] = {}
        self._latest_ms = MISSING
        self.complete = False
        """Whether each slot has an ordinary pair of readings, and memory: then whoever reads many
        may read the columns themselves, instead of `exited` and `usage` for each slot."""

    def take(self, answer: Answer, now: float, unmoved: float) -> None:
        """Move on by one answer, whose arrays are ours from now on.

        `now` and `unmoved` (rule 5) are seconds on the monotonic clock.
        """
        if answer.layout is not self.layout:
            answer = self._align(answer, now - unmoved)
        old = self.columns
        new = Columns(
            cpu=answer.cpu,
            cpu_stamp=answer.cpu_stamp,
            base_cpu=old.cpu,
            base_stamp=old.cpu_stamp,
            memory=answer.memory,
            memory_stamp=answer.memory_stamp,
            swap=answer.swap,
            start=answer.start,
            taken=array("d", [now]) * len(answer.cpu),
        )
        latest = max(*answer.cpu_stamp, *answer.memory_stamp)
        if slots := self._unusual(answer):
            new.base_cpu, new.base_stamp = old.cpu[:], old.cpu_stamp[:]
            new.start = answer.start[:]  # several answers may share theirs
            for slot in slots:
                stamp, last = answer.cpu_stamp[slot], old.cpu_stamp[slot]
                set_back = MISSING < stamp < last and old.taken[slot] < now - unmoved
                self._take_cpu(slot, answer, new, set_back=set_back)
                if not set_back:
                    _take_memory(slot, old, new, whole=answer.whole, with_cpu=stamp > last)
        self.columns = new
        self.complete = not slots or self._is_complete()
        self._latest_ms = max(self._latest_ms, latest)

    def usage(self, slot: int) -> SeriesUsage | None:
        """The usage of one slot, fresh or stale, or None while there is none."""
        columns = self.columns
        stamp = columns.cpu_stamp[slot]
        if stamp == MISSING or columns.memory_stamp[slot] == MISSING:
            return None
        begin_ns, begin_cpu = columns.base_stamp[slot] * NANOSECONDS_PER_MILLISECOND, 0
        unsettled = self._unsettled.get(slot)
        if unsettled is None:
            if begin_ns < 0:
                return None
            begin_cpu = columns.base_cpu[slot]
        elif self._young(slot, unsettled):
            return unsettled.kept
        else:
            begin_ns = unsettled.since_ns or 0
        window = stamp * NANOSECONDS_PER_MILLISECOND - begin_ns
        return SeriesUsage(
            stamp,
            window,
            nanocores(columns.cpu[slot] - begin_cpu, window),
            columns.memory[slot],
            columns.swap[slot],
            columns.taken[slot],
        )

    def count(self) -> Count:
        """How many there are, looked at one by one only where something is unusual."""
        if self.complete:
            return Count(1, self.layout.slots - 1, min(self.columns.taken))
        return self.count_since(-math.inf)

    def count_since(self, oldest: float) -> Count:
        """The same of those taken at `oldest` or later."""
        usages = enumerate(map(self.usage, range(self.layout.slots)))
        taken = {slot: usage.taken for slot, usage in usages if usage and usage.taken >= oldest}
        nodes = int(NODE_SLOT in taken)
        return Count(nodes, len(taken) - nodes, min(taken.values(), default=math.inf))

    def exited(self, slot: int) -> bool:
        """Zero CPU and zero memory: what a kubelet says of a container that has ended (rule 4)."""
        columns = self.columns
        return (
            columns.cpu[slot] == 0
            and columns.memory[slot] == 0
            and columns.cpu_stamp[slot] != MISSING
            and columns.memory_stamp[slot] != MISSING
        )

    def _is_complete(self) -> bool:
        columns = self.columns
        return (
            not self._unsettled
            and MISSING not in columns.base_stamp
            and MISSING not in columns.memory_stamp
            and MISSING not in columns.cpu_stamp
        )

    def _align(self, answer: Answer, oldest: float) -> Answer:
        """Bring old columns and answer into one layout (rule 6), and return the answer in it."""
        layout = answer.layout
        from_old = where(layout, self.layout)
        if not answer.whole and len(from_old) - from_old.count(ABSENT) < self.layout.slots:
            layout = widened(layout, self._remembered(layout, oldest))
            if layout.slots - 1 > MAX_SERIES:
                layout = answer.layout
            answer = answer_in(layout, answer)
            from_old = where(layout, self.layout)
        self.columns = columns_in(self.columns, from_old)
        self._unsettled = {
            slot: self._unsettled[old]
            for slot, old in enumerate(from_old)
            if old in self._unsettled
        }
        self.layout = layout
        return answer

    def _remembered(self, said: Layout, oldest: float) -> Iterator[tuple[PodKey, str]]:
        """What an answer with the layout `said`, which is not whole, does not remove: its pods, and
        those of which a CPU reading was taken at `oldest` or later.
        """
        old = self.layout
        taken = self.columns.taken
        for i, pod in enumerate(old.pods):
            slots = range(old.firsts[i], old.firsts[i + 1])
            if pod in said.index or any(oldest <= taken[slot] < NEVER for slot in slots):
                yield from ((pod, old.containers[slot]) for slot in slots)

    def _unusual(self, answer: Answer) -> list[int]:
        """The slots that do not simply move from one pair of readings to the next."""
        old = self.columns
        rows = zip(
            answer.cpu_stamp,
            old.cpu_stamp,
            answer.cpu,
            old.cpu,
            answer.memory_stamp,
            answer.start,
            old.start,
            strict=True,
        )
        slots = [
            slot
            for slot, (stamp, last, cpu, last_cpu, memory, start, last_start) in enumerate(rows)
            if not (
                stamp > last >= 0
                and cpu >= last_cpu
                and memory >= 0
                and start == last_start
                and start <= last * NANOSECONDS_PER_MILLISECOND
            )
        ]
        return sorted({*slots, *self._unsettled}) if self._unsettled else slots

    def _take_cpu(self, slot: int, answer: Answer, new: Columns, *, set_back: bool) -> None:
        old = self.columns
        stamp, last = answer.cpu_stamp[slot], old.cpu_stamp[slot]
        if answer.start[slot] == 0 and not answer.whole:
            new.start[slot] = old.start[slot]
        start = _known_start(new.start[slot], stamp)
        if stamp == MISSING and answer.whole:
            _no_pair(slot, new)
            new.taken[slot], new.start[slot] = NEVER, 0  # the start goes with the CPU reading
            self._unsettled.pop(slot, None)
        elif stamp == MISSING or (stamp <= last and not set_back):
            _restore_cpu(slot, old, new)
        elif last == MISSING or set_back:
            self._first_seen(slot, start, new)
        elif start > last * NANOSECONDS_PER_MILLISECOND:
            self._unsettle(slot, start, new)
        elif new.cpu[slot] < old.cpu[slot] or start < _known_start(old.start[slot], last):
            self._unsettle(slot, None, new)
        else:
            self._next(slot, new)

    def _first_seen(self, slot: int, start: int, new: Columns) -> None:
        _no_pair(slot, new)
        self._unsettled.pop(slot, None)
        latest = self._latest_ms
        if latest != MISSING and start > latest * NANOSECONDS_PER_MILLISECOND:
            self._unsettled[slot] = Unsettled(start, None)

    def _unsettle(self, slot: int, since: int | None, new: Columns) -> None:
        """A restart or a reset: the last usage stays, also one that only stayed so far."""
        unsettled = self._unsettled.get(slot)
        stays = unsettled is not None and self._young(slot, unsettled)
        kept = unsettled.kept if unsettled and stays else self.usage(slot)
        self._unsettled[slot] = Unsettled(since, kept)
        _no_pair(slot, new)

    def _next(self, slot: int, new: Columns) -> None:
        """An ordinary next reading: a pair, unless the window from the start is still too short."""
        unsettled = self._unsettled.get(slot)
        if unsettled is None:
            return
        if unsettled.since_ns is not None and self._young(slot, unsettled):
            _no_pair(slot, new)
        else:
            del self._unsettled[slot]

    def _young(self, slot: int, unsettled: Unsettled) -> bool:
        """Whether the series has no usable window of its own yet."""
        if unsettled.since_ns is None:
            return True
        stamp_ns = self.columns.cpu_stamp[slot] * NANOSECONDS_PER_MILLISECOND
        return stamp_ns - unsettled.since_ns < SHORTEST_FROM_START_NS


def _known_start(start: int, stamp: int) -> int:
    """The start, or 0 where it is unknown or later than its own sample."""
    return start if start <= stamp * NANOSECONDS_PER_MILLISECOND else 0


def _no_pair(slot: int, new: Columns) -> None:
    new.base_stamp[slot] = MISSING


def _restore_cpu(slot: int, old: Columns, new: Columns) -> None:
    new.cpu[slot], new.cpu_stamp[slot] = old.cpu[slot], old.cpu_stamp[slot]
    new.base_cpu[slot], new.base_stamp[slot] = old.base_cpu[slot], old.base_stamp[slot]
    new.start[slot], new.taken[slot] = old.start[slot], old.taken[slot]


def _take_memory(slot: int, old: Columns, new: Columns, *, whole: bool, with_cpu: bool) -> None:
    """Take memory beside a CPU reading that is taken, else only when it is newer (rule 2)."""
    stamp, last = new.memory_stamp[slot], old.memory_stamp[slot]
    stays = not whole if stamp == MISSING else stamp <= last and not with_cpu
    if stays:
        new.memory[slot], new.memory_stamp[slot] = old.memory[slot], last
        new.swap[slot] = old.swap[slot]
