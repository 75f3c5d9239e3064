"""Which HPA is looked at when, with upstream's rules. No I/O; moments are passed in.

A key that is added is taken as soon as a worker is free; one that is added for later, a period
from then. Who waits already keeps the earlier moment, so changes of a status, which come for each
write of ours, hurry nobody. A key that is added while it is being worked on is taken once more
after that, and never by two workers at once.

In one thing it is stricter than upstream, whose period begins when the work has ended: here it
begins when the work was due. So keys that were added together stay together, and can share what
they ask for.
"""

from collections import deque
from heapq import heappop, heappush
from typing import NamedTuple


class Turn(NamedTuple):
    """A key that is to be worked on, and since when it has been due."""

    key: str
    since: float


class WorkQueue:
    """Keys, each at most once in the line. All moments are seconds on one monotonic clock."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._line: deque[str] = deque()
        self._since: dict[str, float] = {}
        """Of those in the line, or to be put there when done."""
        self._working: set[str] = set()
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        """Holds what `_due` does, and entries that were replaced or forgotten since."""

    def __len__(self) -> int:
        """How many wait for a worker."""
        return len(self._line)

    def add(self, key: str, now: float) -> None:
        """Take it as soon as possible."""
        if key in self._since:
            return
        self._since[key] = now
        if key not in self._working:
            self._line.append(key)

    def add_later(self, key: str, now: float, since: float) -> None:
        """Take it a period after `since`, or when it is due already if that is earlier.

        Where that has passed, the work takes too long: it is given a period from now.
        """
        at = since + self._period
        if at <= now:
            at = now + self._period
        if key not in self._due or at < self._due[key]:
            self._due[key] = at
            heappush(self._heap, (at, key))

    def forget(self, key: str) -> None:
        """It is gone. One that is in the line or worked on stays that once."""
        self._due.pop(key, None)

    def take(self, now: float) -> Turn | None:
        """The next to work on, or None while there is nothing to do."""
        while self._heap and self._heap[0][0] <= now:
            at, key = heappop(self._heap)
            if self._due.get(key) == at:
                del self._due[key]
                self.add(key, at)
        if not self._line:
            return None
        key = self._line.popleft()
        self._working.add(key)
        return Turn(key, self._since.pop(key))

    def done(self, key: str) -> None:
        """The work on it has ended."""
        self._working.discard(key)
        if key in self._since:
            self._line.append(key)

    def next_at(self) -> float | None:
        """When something may become due."""
        return self._heap[0][0] if self._heap else None
