"""What a fake node and its containers use, and how a kubelet writes that at /metrics/resource.

Figures are those of a moment before the asking: each container is measured anew every
`housekeeping` seconds, counted from its start, and its line carries the time of that measurement.
CPU rates are exact: all times are whole milliseconds, and a counter is read at the very one that
its stamp names.
"""

import math
from collections.abc import Callable, Iterable, Iterator

from tidegauge.sandbox.resourcetext import go_float, number, template

Clock = Callable[[], float]

# What the pause container of each pod takes, which is in the pod's totals and in no container's.
_PAUSE_CPU_SECONDS = 0.01
_PAUSE_MEMORY = 192 << 10


class Counter:
    """Seconds of CPU used, at a rate in cores that may change."""

    __slots__ = ("_segments",)

    def __init__(self, start: float, cores: float, used: float = 0.0) -> None:
        self._segments = [(start, used, cores)]

    def set_rate(self, cores: float, now: float) -> None:
        """From now on; what was used until now stays."""
        # One earlier segment is enough for measurements that trail by less than a period of load.
        self._segments = [*self._segments[-8:], (now, self.read(now), cores)]

    @property
    def rate(self) -> float:
        """Cores, at present."""
        return self._segments[-1][2]

    def read(self, at: float) -> float:
        """Seconds used until `at`, in whole nanoseconds as the kernel counts."""
        for start, used, cores in reversed(self._segments):
            if at >= start:
                return round(used + cores * round(at - start, 3), 9)
        return self._segments[0][1]


class Container:
    """One container; change its figures at any time, from any thread."""

    __slots__ = (
        "_clock",
        "_counter",
        "_earlier",
        "memory",
        "name",
        "namespace",
        "pod",
        "started",
        "swap",
        "swap_limit",
    )

    def __init__(
        self,
        clock: Clock,
        namespace: str,
        pod: str,
        name: str,
        *,
        cpu: float,
        memory: int,
        swap: int,
        swap_limit: int | None,
        age: float,
    ) -> None:
        self._clock = clock
        self.namespace, self.pod, self.name = namespace, pod, name
        self.memory, self.swap, self.swap_limit = memory, swap, swap_limit
        self.started = round(clock() - age, 3)
        self._counter = Counter(self.started, cpu)
        self._earlier = 0.0

    @property
    def cpu(self) -> float:
        """Cores used from now on; settable."""
        return self._counter.rate

    @cpu.setter
    def cpu(self, cores: float) -> None:
        self._counter.set_rate(cores, round(self._clock(), 3))

    def restart(self) -> None:
        """Start again: a new start time, a counter from zero."""
        now = round(self._clock(), 3)
        self._earlier = self.used_ever(now)
        self.started = now
        self._counter = Counter(now, self.cpu)

    def reset_counter(self) -> None:
        """Let the counter fall to zero though nothing restarted."""
        self._counter = Counter(round(self._clock(), 3), self.cpu)

    def used(self, at: float) -> float:
        """The counter at that time, in seconds."""
        return self._counter.read(at)

    def used_ever(self, at: float) -> float:
        """As `used`, with the lives before a restart."""
        return self._earlier + self._counter.read(at)


class Figures:
    """All that one node's kubelet reports.

    Args:
        clock: wall seconds.
        housekeeping: seconds between measurements; 0 measures when asked.
        swap: whether the node has swap accounting, so that swap lines are written.

    """

    def __init__(self, clock: Clock, *, housekeeping: float = 10.0, swap: bool = False) -> None:
        self.clock = clock
        self.housekeeping = housekeeping
        self.swap = swap
        # Added to every time the node tells, as by a wrong clock.
        self.skew = 0.0
        self.scrape_error = False
        # What runs outside pods: in the node's totals only.
        self.system = self._container("", "", "system", cpu=0.1, memory=512 << 20, age=86400.0)
        self._containers: list[Container] = []
        self._template: bytes | None = None
        self._shape: tuple[object, ...] = ()

    @property
    def containers(self) -> tuple[Container, ...]:
        """In the order in which they were added."""
        return tuple(self._containers)

    def add(
        self,
        namespace: str,
        pod: str,
        name: str = "app",
        *,
        cpu: float = 0.1,
        memory: int = 64 << 20,
        swap: int = 0,
        swap_limit: int | None = None,
        age: float = 3600.0,
    ) -> Container:
        """Report a container from now on; `age` seconds ago it started."""
        container = self._container(
            namespace,
            pod,
            name,
            cpu=cpu,
            memory=memory,
            swap=swap,
            swap_limit=swap_limit,
            age=age,
        )
        self._containers = [*self._containers, container]
        return container

    def remove(self, namespace: str, pod: str) -> None:
        """Report a pod's containers no longer."""
        gone = (namespace, pod)
        self._containers = [c for c in self._containers if (c.namespace, c.pod) != gone]

    def render(self) -> bytes:
        """The body of /metrics/resource now."""
        containers = sorted(self._containers, key=_labels_order)
        shape = (self.swap, *((id(c), c.swap_limit is None) for c in containers))
        if shape != self._shape or self._template is None:
            self._template, self._shape = self._make_template(containers), shape
        return self._template % tuple(self._values(containers))

    def _container(
        self,
        namespace: str,
        pod: str,
        name: str,
        *,
        cpu: float,
        memory: int,
        swap: int = 0,
        swap_limit: int | None = None,
        age: float,
    ) -> Container:
        return Container(
            self.clock,
            namespace,
            pod,
            name,
            cpu=cpu,
            memory=memory,
            swap=swap,
            swap_limit=swap_limit,
            age=age,
        )

    def _measured(self, since: float, now: float) -> float:
        """When the last measurement was, of something measured since then; whole milliseconds."""
        if self.housekeeping:
            now = since + math.floor((now - since) / self.housekeeping) * self.housekeeping
        return math.ceil(now * 1000) / 1000

    def _make_template(self, containers: list[Container]) -> bytes:
        names = [_labels_order(c) for c in containers]
        limited = [_labels_order(c) for c in containers if c.swap_limit is not None]
        return template(names, limited, list(_pods(containers)), swap=self.swap)

    def _values(self, containers: list[Container]) -> Iterator[bytes | int]:
        """What fills the template, in its order."""
        now = self.clock()
        times = [self._measured(c.started, now) for c in containers]
        stamps = [self._stamp(time) for time in times]
        for container, time, stamp in zip(containers, times, stamps, strict=True):
            yield from (go_float(container.used(time)).encode(), stamp)
        for container, stamp in zip(containers, stamps, strict=True):
            yield from (number(container.memory), stamp)
        for container in containers:
            yield number(container.started + self.skew)
        if self.swap:
            for container, stamp in zip(containers, stamps, strict=True):
                if container.swap_limit is not None:
                    yield from (number(container.swap_limit), stamp)
            for container, stamp in zip(containers, stamps, strict=True):
                yield from (number(container.swap), stamp)
        yield from self._totals(containers, self._measured(0.0, now))
        yield b"1" if self.scrape_error else b"0"

    def _totals(self, containers: list[Container], time: float) -> Iterator[bytes | int]:
        stamp = self._stamp(time)
        pods = list(_pods(containers).values())
        cpu = [sum(c.used_ever(time) for c in pod) + _PAUSE_CPU_SECONDS for pod in pods]
        memory = [sum(c.memory for c in pod) + _PAUSE_MEMORY for pod in pods]
        swap = [sum(c.swap for c in pod) for pod in pods]
        node = round(sum(cpu) + self.system.used(time), 9)
        yield from (go_float(node).encode(), stamp)
        yield from (number(sum(memory) + self.system.memory), stamp)
        if self.swap:
            yield from (number(sum(swap)), stamp)
        for seconds in cpu:
            yield from (go_float(round(seconds, 9)).encode(), stamp)
        for size in (*memory, *(swap if self.swap else ())):
            yield from (number(size), stamp)

    def _stamp(self, time: float) -> int:
        return round((time + self.skew) * 1000)


def _labels_order(container: Container) -> tuple[str, str, str]:
    return container.name, container.namespace, container.pod


def _pods(containers: Iterable[Container]) -> dict[tuple[str, str], list[Container]]:
    pods: dict[tuple[str, str], list[Container]] = {}
    for container in containers:
        pods.setdefault((container.namespace, container.pod), []).append(container)
    return dict(sorted(pods.items()))
