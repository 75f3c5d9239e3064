"""An event loop on a given clock: where it would sleep until the next timer, the clock leaps."""

import asyncio
import selectors

from tests.clock import ManualClock


class _Leaping(selectors.SelectSelector):
    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits, and no timer is set")
            self._clock.advance(timeout)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Runs timers, sleeps and timeouts of asyncio as they are, in no time."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(_Leaping(clock))
        self._given = clock

    def time(self) -> float:
        return self._given.monotonic()
