"""One container of a pod on a node: its state, and the lives it had."""

from dataclasses import dataclass, field
from enum import Enum

from tidegauge.sandbox.simulation.engine import MINUTE, SECOND
from tidegauge.sandbox.simulation.meter import Meter
from tidegauge.sandbox.simulation.podspec import ContainerSpec, Role
from tidegauge.sandbox.simulation.story import Image

FIRST_BACKOFF = 10 * SECOND
LONGEST_BACKOFF = 5 * MINUTE
"""The kubelet's, for restarts and pulls alike; each failure doubles the wait."""

FORGIVEN_AFTER = 2 * LONGEST_BACKOFF
"""Who has run so long starts over with the first wait."""


class State(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a life ended; times in milliseconds."""

    container_id: str
    started: int
    finished: int
    exit_code: int
    reason: str


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next try, doubled by each."""

    delay: int = 0
    """Of the last try; 0 before any failed."""

    def next(self) -> int:
        self.delay = min(LONGEST_BACKOFF, self.delay * 2 or FIRST_BACKOFF)
        return self.delay


@dataclass(slots=True, eq=False)
class Container:
    spec: ContainerSpec
    image: Image
    waiting: tuple[str, str] = ("ContainerCreating", "")
    """Reason and message."""

    begun: bool = False
    """Whether its turn to start has come."""

    meter: Meter | None = None
    """While it runs."""

    container_id: str = ""
    ready: bool = False
    restarts: int = 0
    ended: Ended | None = None
    """The end of the life whose state is shown, when that is over."""

    last: Ended | None = None
    earlier_cpu: int = 0
    """Nanoseconds that lives before this one used: the pod's cgroup still counts them."""

    earlier_stalled: int = 0
    backoff: Backoff = field(default_factory=Backoff)
    pull_backoff: Backoff = field(default_factory=Backoff)

    @property
    def made_way(self) -> bool:
        """Whether those after it may start."""
        if self.spec.role is Role.INIT:
            return self.ended is not None and self.ended.exit_code == 0
        return bool(self.container_id)

    @property
    def state(self) -> State:
        if self.meter:
            return State.RUNNING
        return State.TERMINATED if self.ended else State.WAITING

    def used_ever(self, now: int) -> int:
        return self.earlier_cpu + (self.meter.read(now) if self.meter else 0)

    @property
    def stalled_ever(self) -> int:
        return self.earlier_stalled + (self.meter.stalled if self.meter else 0)

    def wait(self, reason: str, message: str = "") -> None:
        """Show it as waiting; how it ended before becomes its last state."""
        self.waiting = reason, message
        if self.ended:
            self.last, self.ended = self.ended, None
