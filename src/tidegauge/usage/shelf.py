"""What readers make of nodes' answers, kept until it is no longer what would be made."""

import math
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from tidegauge.units.clock import Clock

T = TypeVar("T")


class Shelf(Generic[T]):
    """What was made of the last answers of nodes, under keys that whoever made it chose.

    `until` tells until when on the monotonic clock that holds if the node says nothing more; -inf
    where it holds no longer. The node's next answer takes away what was made of the last: so a
    shelf that nobody reads from is empty as soon as all nodes have answered.

    One dictionary for all nodes: to look up 150,000 pods in one for each node takes three times as
    long, for each look would find cold memory three times.
    """

    def __init__(self, clock: Clock, until: Callable[[str], float]) -> None:
        self._clock = clock
        self._until = until
        self._made: dict[int, T] = {}
        self._keys: dict[str, list[int]] = {}
        self._ends: dict[str, float] = {}
        self._first_end = math.inf
        """No later than the first of the ends: nodes' next answers do not move it."""

    def made(self) -> Mapping[int, T]:
        """What holds now; not to be read after a pause."""
        now = self._clock.monotonic()
        if now > self._first_end:
            for name in [name for name, end in self._ends.items() if end < now]:
                self.drop(name)
            self._first_end = min(self._ends.values(), default=math.inf)
        return self._made

    def put(self, node: str, made: Mapping[int, T]) -> None:
        """Keep what is made now of a node's last answer, unless that is too old already."""
        keys = self._keys.get(node)
        if keys is None:
            end = self._until(node)
            if end < self._clock.monotonic():
                return
            self._ends[node] = end
            self._first_end = min(self._first_end, end)
            keys = self._keys[node] = []
        keys.extend(made)
        self._made.update(made)

    def drop(self, node: str) -> None:
        """The node has answered anew, or is gone."""
        keys = self._keys.pop(node, None)
        if keys is not None:
            del self._ends[node]
            for key in keys:
                self._made.pop(key, None)
