"""A kubelet's measurements: each container when its turn comes, with its pod; the node by itself.

What is told between two measurements is the earlier one, with its own time: that is why stamps
trail, each container's by another amount.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from tidegauge.sandbox.records import Memory, Pressure, Pressures, Stalls, Usage
from tidegauge.sandbox.simulation.container import Container
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.machines import Machine
from tidegauge.sandbox.simulation.meter import Meter
from tidegauge.sandbox.simulation.pod import Pod
from tidegauge.sandbox.simulation.story import Bytes, Image, Micro

PodKey: TypeAlias = tuple[str, str]

PAUSE_MEMORY = 192 << 10
PAUSE_CPU = 9_000_000
"""What each pod's pause container takes, bytes and nanoseconds: in the pod's totals only."""

UPTIME = 3 * 86_400 * SECOND
"""How long a node has been up when the world begins."""

_SYSTEM = Image(cpu=Micro(60_000), memory=Bytes(420 << 20))
"""The kubelet itself, the runtime, the kernel: in the node's totals only."""

_SYSTEM_PROCESSES = 140
_PROCESSES = 3
"""Of a container."""

_CACHED, _ANONYMOUS = 16, 10
"""A sixteenth more than the working set is cache that nobody would miss; all but a tenth of it is
memory of its own."""

_CPU_PER_FAULT = 10**7
"""Nanoseconds between two page faults, so that their count never falls."""


class Measured(NamedTuple):
    usage: Usage
    earlier: Usage | None = None
    """The measurement before, of the same life."""


def system_meter(now: int) -> Meter:
    meter = Meter(_SYSTEM, now - UPTIME)
    meter.rate = _SYSTEM.cpu
    return meter


@dataclass(slots=True, eq=False)
class Measurements:
    """The last ones of one node; `now` gives the time in milliseconds."""

    machine: Machine
    system: Meter
    pods: Mapping[PodKey, Pod]
    now: Callable[[], int]
    of_meter: dict[Meter, Measured] = field(default_factory=dict)
    """Of each life of a container."""

    of_pod: dict[PodKey, Measured] = field(default_factory=dict)
    node: Measured = field(init=False)
    of_system: Measured = field(init=False)
    """What of the node's is not of pods."""

    _gone_cpu: int = 0
    _gone_stalled: int = 0
    """What pods that are gone have used and missed: the node's counters keep it."""

    def __post_init__(self) -> None:
        self.node = Measured(self._node())
        self.of_system = Measured(self._system())

    def measure(self, pod: Pod, container: Container, meter: Meter) -> None:
        """A container, and its pod with it, so that a pod's total is never behind."""
        limit = container.spec.memory_limit
        usage = self._usage([meter], meter.read(self.now()), meter.stalled, limit=limit)
        before = self.of_meter.get(meter)
        self.of_meter[meter] = Measured(usage, before.usage if before else None)
        known = self.of_pod.get(pod.key)
        self.of_pod[pod.key] = Measured(self._pod(pod), known.usage if known else None)

    def measure_node(self) -> None:
        self.node = Measured(self._node(), self.node.usage)
        self.of_system = Measured(self._system(), self.of_system.usage)

    def ended(self, meter: Meter) -> None:
        self.of_meter.pop(meter, None)

    def forget(self, pod: Pod) -> None:
        total = self._pod(pod)
        self._gone_cpu += total.cpu
        self._gone_stalled += _stalled(total)
        self.of_pod.pop(pod.key, None)

    def _node(self) -> Usage:
        pods = [self._pod(pod) for pod in self.pods.values()]
        used = self.system.read(self.now()) + self._gone_cpu + sum(pod.cpu for pod in pods)
        return Usage(
            time=self.now() / SECOND,
            cpu=used,
            memory=_memory(
                self.system.image.memory + sum(pod.memory.working_set for pod in pods), used
            ),
            swap=sum(pod.swap or 0 for pod in pods) if self.machine.swap else None,
            stalls=_stalls(self._gone_stalled + sum(map(_stalled, pods))),
            processes=_SYSTEM_PROCESSES + sum(pod.processes or 0 for pod in pods),
        )

    def _system(self) -> Usage:
        used = self.system.read(self.now())
        memory = _memory(int(self.system.image.memory), used)
        return Usage(self.now() / SECOND, used, memory, stalls=_stalls(0))

    def _pod(self, pod: Pod) -> Usage:
        used = sum(each.used_ever(self.now()) for each in pod.containers) + PAUSE_CPU
        meters = [each.meter for each in pod.containers if each.meter]
        stalled = sum(each.stalled_ever for each in pod.containers)
        return self._usage(meters, used, stalled, extra=PAUSE_MEMORY)

    def _usage(
        self,
        meters: Sequence[Meter],
        used: int,
        stalled: int,
        *,
        limit: int | None = None,
        extra: int = 0,
    ) -> Usage:
        resident = sum(meter.resident for meter in meters) + extra
        swap = bool(self.machine.swap)
        may_swap = sum(meter.swap_limit for meter in meters)
        return Usage(
            time=self.now() / SECOND,
            cpu=used,
            memory=_memory(resident, used, limit),
            swap=sum(meter.swapped for meter in meters) if swap else None,
            swap_limit=may_swap if swap and may_swap else None,
            stalls=_stalls(stalled),
            processes=_PROCESSES * len(meters) + (1 if extra else 0),
        )


def _memory(working_set: int, used: int, limit: int | None = None) -> Memory:
    return Memory(
        usage=working_set + working_set // _CACHED,
        working_set=working_set,
        rss=working_set - working_set // _ANONYMOUS,
        faults=used // _CPU_PER_FAULT,
        limit=limit,
    )


def _stalls(total: int) -> Stalls:
    """Only of the CPU, and without averages of late, which nobody here keeps."""
    none = Pressure(0, 0, 0, 0)
    quiet = Pressures(none, none)
    return Stalls(cpu=Pressures(Pressure(0, 0, 0, total), none), memory=quiet, io=quiet)


def _stalled(usage: Usage) -> int:
    return usage.stalls.cpu.some.total if usage.stalls.cpu else 0
