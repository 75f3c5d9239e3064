"""What one container uses: CPU by rates that change at events, work that waits, memory.

Rates are microcores, times milliseconds, so used CPU and work are whole nanoseconds: nothing is
rounded away, and what was served is what was used.
"""

from dataclasses import dataclass, field

from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.story import Image

_STARTS_WITH = 0.4
"""Share of its memory that a process holds at once; the rest comes until it is ready."""

_COLD = 32
"""The part of a process's memory that it never touches again, and the kernel swaps out."""

_SINKS = 0.02
"""How much of a request rate's memory is given back per second when the rate falls."""


@dataclass(slots=True)
class Flow:
    """All requests to one workload, in the CPU nanoseconds they cost. What arrived waits until it
    is served or lost.
    """

    arrived: int = 0
    served: int = 0
    lost: int = 0

    @property
    def waiting(self) -> int:
        return self.arrived - self.served - self.lost


@dataclass(slots=True)
class Work:
    """What one container has to do of a flow."""

    flow: Flow = field(default_factory=Flow)
    cost: int = 0
    """Nanoseconds that one request costs; 0 until any came."""

    arriving: int = 0
    """Microcores' worth that arrives at present."""

    served: int = 0
    waiting: int = 0

    def settle(self, elapsed: int, rate: int) -> None:
        """`elapsed` milliseconds have passed in which `rate` microcores were worked off."""
        arrived, served = self.arriving * elapsed, rate * elapsed
        self.flow.arrived += arrived
        self.flow.served += served
        self.served += served
        self.waiting += arrived - served

    def turn_away(self, most: int = 0) -> None:
        """Lose what waits beyond `most`."""
        if self.waiting > most:
            self.flow.lost += self.waiting - most
            self.waiting = most


@dataclass(slots=True, eq=False)
class Meter:
    """From a container's start to its end. `rate` is all its CPU, `working` what of it is work."""

    image: Image
    started: int
    cpu_limit: int | None = None
    memory_limit: int | None = None
    swap_limit: int = 0
    used: int = 0
    rate: int = 0
    working: int = 0
    since: int = 0
    """When `used` was settled."""

    stalled: int = 0
    """Nanoseconds of CPU that it wanted and did not get: by its limit, or by its neighbours."""

    lacking: int = 0
    """Microcores it does not get at present."""

    work: Work = field(default_factory=Work)
    memory: int = 0
    """Everything it holds: what is in swap too."""

    _rate_level: float = 0.0

    def __post_init__(self) -> None:
        self.since = self.started
        self.memory = int(self.image.memory * _STARTS_WITH)

    def read(self, now: int) -> int:
        """Nanoseconds used until now."""
        return self.used + self.rate * (now - self.since)

    def settle(self, now: int) -> None:
        elapsed = now - self.since
        if elapsed:
            self.used += self.rate * elapsed
            self.stalled += self.lacking * elapsed
            if self.work.cost:
                self.work.settle(elapsed, self.working)
            self.since = now

    def overhead(self, now: int) -> int:
        """Microcores it takes without any work."""
        if now < self.started + self.image.ready:
            return self.image.cpu + self.image.startup_cpu
        return self.image.cpu

    def wanted(self, overhead: int, tick: int) -> int:
        """Microcores that would finish all there is within `tick` milliseconds."""
        return overhead + self.work.arriving + -(-self.work.waiting // tick)

    def run(self, overhead: int, wanted: int, granted: int) -> None:
        """Use `granted` microcores from now on."""
        self.lacking = wanted - granted
        self.rate = granted
        self.working = max(0, granted - overhead)

    def hold(self, now: int, elapsed: int) -> None:
        """Take memory or give it back, after `elapsed` milliseconds more."""
        image, work = self.image, self.work
        total = int(image.memory)
        if image.ready and now < self.started + image.ready:
            grown = (now - self.started) / image.ready
            total = int(total * (_STARTS_WITH + (1 - _STARTS_WITH) * grown))
        if work.cost:
            rate = self.working * 1000 / work.cost
            if rate < self._rate_level:
                sunk = self._rate_level * (1 - _SINKS) ** (elapsed / SECOND)
                rate = max(rate, sunk)
            self._rate_level = rate
            total += int(image.memory_per_rate * rate)
            total += image.memory_waiting * (work.waiting // work.cost)
            total += image.leak * (work.served // work.cost)
        self.memory = total

    @property
    def swapped(self) -> int:
        """What of its memory lies in swap: the coldest, and what is beyond the limit."""
        if not self.swap_limit:
            return 0
        beyond = 0 if self.memory_limit is None else max(0, self.memory - self.memory_limit)
        return min(self.swap_limit, beyond + self.memory // _COLD)

    @property
    def resident(self) -> int:
        """The working set."""
        return self.memory - self.swapped

    @property
    def out_of_memory(self) -> bool:
        return self.memory_limit is not None and self.resident > self.memory_limit
