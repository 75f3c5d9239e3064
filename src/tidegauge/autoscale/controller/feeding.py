"""The queue with waiting: workers ask for the next turn, and get it when it is due."""

import asyncio
from contextlib import suppress

from tidegauge.autoscale.controller.queue import Turn, WorkQueue
from tidegauge.units.clock import Clock


class Feed:
    """For many workers in one thread."""

    def __init__(self, period: float, clock: Clock) -> None:
        self._queue = WorkQueue(period)
        self._clock = clock
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def add(self, key: str) -> None:
        self._queue.add(key, self._clock.monotonic())
        self._changed.set()

    def add_later(self, key: str, since: float | None = None) -> None:
        """A period after `since`, which is now unless it is given."""
        now = self._clock.monotonic()
        self._queue.add_later(key, now, now if since is None else since)
        self._changed.set()

    def forget(self, key: str) -> None:
        self._queue.forget(key)

    def done(self, key: str) -> None:
        self._queue.done(key)
        self._changed.set()

    def close(self) -> None:
        """Nobody gets another turn."""
        self._closed = True
        self._changed.set()

    async def take(self) -> Turn | None:
        """The next turn, waited for; None once it is closed."""
        while not self._closed:
            now = self._clock.monotonic()
            turn = self._queue.take(now)
            if turn:
                return turn
            self._changed.clear()
            at = self._queue.next_at()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if at is None else at - now):
                    await self._changed.wait()
        return None
