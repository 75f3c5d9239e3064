"""Requests as a fluid: offered, served by the ready pods, and what happens to the rest."""

import math
from collections import deque

_NONE = 1e-6
"""Of a request: what rounding leaves of an empty queue."""


class Traffic:
    """Totals since the beginning. Rates are constant during each `flow`, so it is exact."""

    def __init__(self, capacity: float, *, queue: bool) -> None:
        self._capacity = capacity
        self._queue = queue
        self.arrived = 0.0
        self.served = 0.0
        self.dropped = 0.0
        self.late = 0.0
        self.waiting = 0.0
        self.each = 0.0
        """What a pod that was always ready has served."""
        self.pace = 0.0
        """Requests per second that each ready pod serves at the end of the last flow."""
        self.longest_wait = 0.0
        self._arrivals: deque[tuple[float, float, float]] = deque()
        """(when, how many had arrived by then, rate from then on), for those who wait."""
        self._now = 0.0

    def begin(self, *, queue: bool) -> None:
        """What was dropped or late until now does not count; what is too much is from now on
        queued, or not.
        """
        self._queue = queue
        self.dropped = 0.0

    def flow(self, seconds: float, rate: float, pods: int) -> None:
        """Let `rate` requests per second come for so long, with so many ready pods."""
        if seconds <= 0:
            return
        capacity = self._capacity * pods if pods else 0.0
        if not self._queue:
            served = min(rate, capacity) * seconds
            self.dropped += rate * seconds - served
        elif self.waiting or rate > capacity:
            served = self._flow_late(seconds, rate, capacity)
        else:
            served = rate * seconds
        self.arrived += rate * seconds
        self.served += served
        self._now += seconds
        if pods:
            self.each += served / pods
            self.pace = (capacity if self.waiting else min(rate, capacity)) / pods
        else:
            self.pace = 0.0

    def _flow_late(self, seconds: float, rate: float, capacity: float) -> float:
        """With a queue; what was served."""
        self._arrivals.append((self._now, self.arrived, rate))
        before = self.waiting
        busy = min(before / (capacity - rate), seconds) if rate < capacity else seconds
        served = rate * seconds + before if busy < seconds else capacity * seconds
        waiting = before + rate * seconds - served
        self.waiting = waiting if waiting > _NONE else 0.0
        self.late += rate * busy
        self._age(self._now + busy, self.arrived + rate * busy - self.waiting, capacity)
        if not self.waiting:
            self._arrivals.clear()
        return served

    def _age(self, now: float, gone: float, capacity: float) -> None:
        """How long those at the head have waited, until request number `gone` left it `now`.

        Waits grow or shrink evenly between the moments when the rate of arrival changed, so the
        longest was that of someone who came at such a moment, or is that of who leaves now.
        """
        while len(self._arrivals) > 1 and self._arrivals[1][1] <= gone:
            self._arrivals.popleft()
            when, number, _ = self._arrivals[0]
            left = now - (gone - number) / capacity if capacity else now
            self.longest_wait = max(self.longest_wait, left - when)
        when, number, rate = self._arrivals[0]
        came = when + (gone - number) / rate if rate and gone > number else when
        self.longest_wait = max(self.longest_wait, now - came)

    def saturation(self, rate: float, pods: int) -> float:
        """The share of the pods' capacity that `rate` asks for; infinite with load and no pod."""
        if not rate:
            return 0.0
        return rate / (self._capacity * pods) if pods and self._capacity else math.inf
