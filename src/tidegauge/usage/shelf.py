"""What readers make of nodes' answers, kept until it is no longer what would be made."""

import math
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from tidegauge.units.clock import Clock

T = TypeVar("T")


class Shelf(Generic[T]):
    """By node, what was made of its last answer.

    `until` tells until when on the monotonic clock that holds if the node says nothing more; -inf
    where it holds no longer. Whoever hears the node's next answer drops what was made of the last:
    so a shelf that nobody reads from is empty after one period.
    """

    def __init__(self, clock: Clock, until: Callable[[str], float]) -> None:
        self._clock = clock
        self._until = until
        self._made: dict[str, dict[int, T]] = {}
        self._ends: dict[str, float] = {}
        self._first_end = math.inf
        """No later than the first of the ends: nodes' next answers do not move it."""

    def made(self) -> Mapping[str, Mapping[int, T]]:
        """What holds now, under keys that whoever made it chose; not to be read after a pause."""
        now = self._clock.monotonic()
        if now > self._first_end:
            for name in [name for name, end in self._ends.items() if end < now]:
                self.drop(name)
            self._first_end = min(self._ends.values(), default=math.inf)
        return self._made

    def of(self, node: str) -> dict[int, T]:
        """Where to put what is made now of a node's last answer."""
        if (found := self._made.get(node)) is not None:
            return found
        end = self._until(node)
        if end < self._clock.monotonic():
            return {}
        self._ends[node] = end
        self._first_end = min(self._first_end, end)
        return self._made.setdefault(node, {})

    def drop(self, node: str) -> None:
        """The node has answered anew, or is gone."""
        if self._made.pop(node, None) is not None:
            del self._ends[node]
