"""Events at whole milliseconds, run in order of their time, and among equals of their making."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from tidegauge.units.clock import Clock

Action: TypeAlias = Callable[[], object]

SECOND = 1000
MINUTE = 60 * SECOND


def to_ms(seconds: float) -> int:
    return round(seconds * SECOND)


@dataclass(slots=True, eq=False)
class Event:
    """An action to come; `cancel` and it won't."""

    action: Action | None

    def cancel(self) -> None:
        self.action = None


class EventClock:
    """A clock that shows the time of the event being run, and otherwise that of `base`.

    Given to the storage, it makes what the simulation writes carry the time at which it happens,
    however long the step is in which it is worked out.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.held: float | None = None

    def now(self) -> float:
        return self._base.now() if self.held is None else self.held

    def monotonic(self) -> float:
        return self._base.monotonic()

    @contextmanager
    def held_at(self, time: float) -> Iterator[None]:
        """Show that time, in seconds, within the block."""
        self.held = time
        try:
            yield
        finally:
            self.held = None


class Engine:
    """`now` is the time of the last event, or what `run_until` has reached; milliseconds."""

    def __init__(self, start: int, clock: EventClock | None = None) -> None:
        self.now = start
        self.api_answers = True
        """Whether who works in the cluster can write to its API at present."""

        self._clock = clock
        self._events: list[tuple[int, int, Event]] = []
        self._made = 0

    def at(self, time: int, action: Action) -> Event:
        """Run `action` at that time, or next if it is past."""
        self._made += 1
        event = Event(action)
        heapq.heappush(self._events, (max(time, self.now), self._made, event))
        return event

    def after(self, delay: int, action: Action) -> Event:
        return self.at(self.now + delay, action)

    def every(self, period: int, action: Action, first: int = 0) -> None:
        """Run `action` now and then: `first` milliseconds from now, and each `period` from then."""

        def run() -> None:
            self.after(period, run)
            action()

        self.after(first, run)

    def run_until(self, time: int) -> None:
        """Run what is due until then, including what that makes; going back is nothing."""
        try:
            while self._events and self._events[0][0] <= time:
                at, _, event = heapq.heappop(self._events)
                if event.action:
                    self.now = at
                    if self._clock:
                        self._clock.held = at / SECOND
                    event.action()
        finally:
            if self._clock:
                self._clock.held = None
        self.now = max(self.now, time)
