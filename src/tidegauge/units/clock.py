"""The clock as an argument: rates and staleness are tested to the nanosecond without waiting."""

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Wall clock, seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""


# Linux's own monotonic clock stands still while the machine sleeps; usage grows old all the same.
_RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.clock_gettime(_RUNNING)
