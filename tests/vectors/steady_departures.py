"""Where our rules may make another answer than the Go metrics-server 0.9.0, by the input alone.

The Go server makes each rate of the samples of the last two ticks in which a node answered without
a break; so do we while all is regular. Each name below is a way not to be regular, with the rule of
docs/rates.md that then decides. A name is given for an object when it may matter, not when it does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.reference_body import NODE, Body, Series, parse
from tests.vectors.decode_departures import of_line

STAMPS_APART = "1 CPU and memory have stamps of their own"
NOTHING_NEW = "2 a sample that is not newer"
RESTARTED = "3 started since the last sample"
YOUNG = "3 younger than a period, or than 10 s, or not yet started"
START_FELL = "3 the start fell or its line is gone"
RESET = "3 the counter fell"
FIRST_AGAIN = "3 a first sample that comes again, in a pod with others"
ZERO = "4 zero or missing CPU or memory"
TIE = "4 containers with equal stamps and unequal windows"
LINE = "5 a line that the Go server may refuse a body for"
FAILED = "5 a failed scrape"
UNMOVED = "5 a stamp that has not moved for 10 minutes"
NOT_WHOLE = "6 an answer that is not whole"

YOUNG_MS = 10_000
UNMOVED_MS = 600_000
MS = 10**6


@dataclass(frozen=True)
class Sample:
    cpu: int
    memory: int
    cpu_ms: int
    memory_ms: int
    start_ns: int

    @property
    def first_ms(self) -> int:
        return min(self.cpu_ms, self.memory_ms)

    @property
    def last_ms(self) -> int:
        return max(self.cpu_ms, self.memory_ms)


def _sample(body: Body, series: Series) -> Sample | None:
    """None where the body lacks the series; a missing line counts as a figure of zero."""
    if series not in body.figures:
        return None
    cpu, memory = body.cpu(series), body.memory(series)
    stamps = [reading.stamp for reading in (cpu, memory) if reading]
    return Sample(
        cpu=cpu.value if cpu else 0,
        memory=memory.value if memory else 0,
        cpu_ms=stamps[0],
        memory_ms=stamps[-1],
        start_ns=body.start(series),
    )


@dataclass
class Past:
    """All steps of a sequence up to now."""

    resolution_ms: int
    times_ms: list[int] = field(default_factory=list)
    steps: list[dict[str, Body | None]] = field(default_factory=list)
    refused: list[set[str]] = field(default_factory=list)
    """Nodes with a line that upstream may refuse the body for, by step."""

    def add(self, time_ms: int, texts: dict[str, bytes | None]) -> None:
        bodies = {
            node: None if text is None else parse(text, time_ms) for node, text in texts.items()
        }
        refused = {
            node
            for node, text in texts.items()
            if text and any(rule for line in text.split(b"\n") for rule in of_line(line))
        }
        self.times_ms.append(time_ms)
        self.steps.append(bodies)
        self.refused.append(refused)

    def body(self, node: str) -> Body:
        """What a node that answered said just now."""
        body = self.steps[-1][node]
        assert body
        return body

    def pods(self) -> set[tuple[str, str, str]]:
        """Namespace, pod and node of every pod named so far."""
        return {
            (*series[:2], node)
            for bodies in self.steps
            for node, body in bodies.items()
            if body
            for series in body.figures
            if series != NODE
        }

    def rules(self, key: tuple[str, ...]) -> set[str]:
        """The rules that may matter for an object: a node by its name, a pod by both of its own."""
        if len(key) == 1:
            return _Object(self, key[0], [NODE]).rules()
        node = next(node for *pod, node in self.pods() if tuple(pod) == key)
        members = {s for bodies in self.steps if (b := bodies.get(node)) for s in b.figures}
        return _Object(self, node, sorted(s for s in members if s[:2] == key)).rules()


class _Object:
    """One node or pod as its node's answers show it."""

    def __init__(self, past: Past, node: str, members: list[Series]) -> None:
        self.past = past
        self.node = node
        self.bodies = [bodies.get(node) for bodies in past.steps]
        self.pod = members[0][:2]
        self.now = len(self.bodies) - 1
        self.samples = {
            member: [_sample(body, member) if body else None for body in self.bodies]
            for member in members
        }

    def rules(self) -> set[str]:
        here = [member for member, samples in self.samples.items() if samples[-1]]
        found = {rule for member in here for rule in self._of_member(member)}
        first = min((self._root(member) for member in here), default=self.now)
        for step in range(max(first - 1, 0), self.now + 1):
            found |= set(self._of_step(step))
        if self._tie(here):
            found.add(TIE)
        return found

    def _root(self, member: Series) -> int:
        """The step from which on the member has had the sample it has now."""
        samples, root = self.samples[member], self.now
        while root and samples[root - 1] == samples[root]:
            root -= 1
        return root

    def _of_step(self, step: int) -> Iterator[str]:
        body = self.bodies[step]
        if body is None:
            yield FAILED
        elif not body.whole:
            yield NOT_WHOLE
        if self.node in self.past.refused[step]:
            yield LINE
        if body and any(series[:2] == self.pod for series in body.ignored):
            yield ZERO
        for samples in self.samples.values():
            sample = samples[step]
            if sample and not (sample.cpu and sample.memory):
                yield ZERO

    def _of_member(self, member: Series) -> Iterator[str]:
        root = self._root(member)
        samples = self.samples[member]
        sample, before = samples[root], samples[root - 1] if root else None
        assert sample
        yield from self._of_sample(member, root)
        if before:
            yield from self._of_sample(member, root - 1)
            yield from _of_pair(before, sample)
        else:
            yield from self._of_first(sample, root)
        if self.past.times_ms[-1] - self.past.times_ms[root] > UNMOVED_MS:
            yield UNMOVED

    def _of_sample(self, member: Series, step: int) -> Iterator[str]:
        samples = self.samples[member]
        sample = samples[step]
        assert sample
        if sample.cpu_ms != sample.memory_ms:
            yield STAMPS_APART
        starts = [s.start_ns for s in samples[: step + 1] if s and s.start_ns]
        limit_ms = max(self.past.resolution_ms, YOUNG_MS)
        if starts and sample.first_ms * MS - max(starts) < limit_ms * MS:
            yield YOUNG
        earlier = [s for s in samples[:step] if s and s != sample]
        if any(s.last_ms >= sample.first_ms for s in earlier):
            yield NOTHING_NEW

    def _of_first(self, sample: Sample, step: int) -> Iterator[str]:
        """The first sample of a member, or the first after a time without one."""
        answered = [body for body in self.bodies[:step] if body and body.figures]
        latest_ms = max((stamp for body in answered for stamp in _stamps(body)), default=None)
        if latest_ms is not None and sample.start_ns > latest_ms * MS:
            yield RESTARTED
        if step < self.now and len(self.samples) > 1:
            yield FIRST_AGAIN

    def _tie(self, here: list[Series]) -> bool:
        windows: dict[int, set[int]] = {}
        for member in here:
            root = self._root(member)
            sample, before = self.samples[member][root], self.samples[member][root - 1]
            if sample and before and root:
                windows.setdefault(sample.cpu_ms, set()).add(before.cpu_ms)
        return bool(windows) and len(windows[min(windows)]) > 1


def _of_pair(before: Sample, sample: Sample) -> Iterator[str]:
    if sample.start_ns > before.first_ms * MS:
        yield RESTARTED
    if sample.start_ns < before.start_ns:
        yield START_FELL
    if sample.cpu < before.cpu:
        yield RESET


def _stamps(body: Body) -> Iterator[int]:
    for kinds in body.figures.values():
        yield from (kinds[kind].stamp for kind in ("cpu", "memory") if kind in kinds)
