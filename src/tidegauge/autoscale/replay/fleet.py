"""The workload's pods over time: created, placed where there is room, started, ready, deleted."""

import math
from collections import deque
from collections.abc import Iterable

from tidegauge.autoscale.engine.pods import Container, Pod, ReadyCondition
from tidegauge.autoscale.replay.workload import Workload

_LONG_AGO = 3600.0
"""The age of the first pods in seconds: beyond all that the controller treats as a start."""


class Life:
    """One pod. Times in seconds; None: not yet."""

    __slots__ = ("deleted", "name", "number", "placed", "ready", "running", "seen", "served_before")

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.placed: float | None = None
        self.running: float | None = None
        self.ready: float | None = None
        self.deleted = False
        self.served_before = 0.0
        """What each ready pod had served when this one became ready."""
        self.seen: Pod | None = None
        """As the engine sees it, until something changes."""


class Fleet:
    """All pods, in the order of their names as created. Call `advance` in the order of time."""

    def __init__(
        self, workload: Workload, name: str, labels: dict[str, str], containers: Iterable[Container]
    ) -> None:
        self._workload = workload
        self._name, self._labels = name, labels
        self._containers = tuple(containers)
        self._room = workload.room
        self._created = 0
        self._unplaced: deque[Life] = deque()
        self._starting: deque[Life] = deque()
        self._warming: deque[Life] = deque()
        self._seen: list[Pod] | None = None
        self.pods: list[Life] = []
        self.placed = 0
        self.ready = 0
        self.next_change = math.inf
        """When a pod begins to run or becomes ready next."""

    def begin(self, replicas: int, now: float) -> None:
        """With pods that have been ready for long, as far as there is room."""
        age = _LONG_AGO + self._workload.start_delay + self._workload.ready_delay
        self.resize(replicas, now - age, 0.0)
        self.advance(now, 0.0)

    def resize(self, replicas: int, now: float, served: float) -> None:
        """Create pods, or delete them in a ReplicaSet's order."""
        for _ in range(replicas - len(self.pods)):
            self._created += 1
            life = Life(f"{self._name}-{self._created}", self._created)
            self.pods.append(life)
            self._unplaced.append(life)
        surplus = len(self.pods) - replicas
        if surplus > 0:
            self._delete(sorted(self.pods, key=_expendable)[:surplus])
        self._place(now)
        self._changed()
        self.advance(now, served)

    def _delete(self, doomed: list[Life]) -> None:
        for life in doomed:
            life.deleted = True
            self.placed -= life.placed is not None
            self.ready -= life.ready is not None
        self.pods = [life for life in self.pods if not life.deleted]
        for waiting in (self._unplaced, self._starting, self._warming):
            left = [life for life in waiting if not life.deleted]
            waiting.clear()
            waiting.extend(left)

    def _place(self, now: float) -> None:
        while self._unplaced and (self._room is None or self.placed < self._room):
            life = self._unplaced.popleft()
            life.placed, life.seen = now, None
            self.placed += 1
            self._starting.append(life)

    def advance(self, now: float, served: float) -> None:
        """Let the pods run and become ready whose time has come.

        `served`: what each ready pod has served until now.
        """
        start, ready = self._workload.start_delay, self._workload.ready_delay
        while self._starting and (begin := (self._starting[0].placed or 0.0) + start) <= now:
            life = self._starting.popleft()
            life.running, life.seen = begin, None
            self._warming.append(life)
            self._changed()
        while self._warming and (begin := (self._warming[0].running or 0.0) + ready) <= now:
            life = self._warming.popleft()
            life.ready, life.seen, life.served_before = begin, None, served
            self.ready += 1
            self._changed()

    def _changed(self) -> None:
        self._seen = None
        times = []
        if self._starting:
            times.append((self._starting[0].placed or 0.0) + self._workload.start_delay)
        if self._warming:
            times.append((self._warming[0].running or 0.0) + self._workload.ready_delay)
        self.next_change = min(times, default=math.inf)

    def seen(self) -> list[Pod]:
        """The pods as the controller sees them."""
        if self._seen is None:
            self._seen = [life.seen or self._see(life) for life in self.pods]
        return self._seen

    def _see(self, life: Life) -> Pod:
        ready = None
        if life.placed is not None:
            ready = (
                ReadyCondition("False", life.placed)
                if life.ready is None
                else ReadyCondition("True", life.ready)
            )
        life.seen = Pod(
            name=life.name,
            labels=self._labels,
            phase="Pending" if life.running is None else "Running",
            started=life.placed,
            ready=ready,
            containers=self._containers,
        )
        return life.seen


def _expendable(life: Life) -> tuple[bool, bool, bool, float, int]:
    """A ReplicaSet's order: unplaced, pending, not ready, ready for the shortest time, newest.

    Upstream takes pods whose times are of about the same length as equal, and then any of them;
    costs of deletion, restarts and how many share a node are not simulated.
    """
    return (
        life.placed is not None,
        life.running is not None,
        life.ready is not None,
        -(life.ready or 0.0),
        -life.number,
    )
