"""Things that count for some seconds, and then take no room either. No I/O; moments are passed in.

Namespaces come and go; what is noted by their names must not grow with those that ever were.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Fading(Generic[K, V]):
    """Values by key, each for `seconds` after it was put. Moments must not go back."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._put: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._put)

    def get(self, key: K, now: float) -> V | None:
        while self._put and now - next(iter(self._put.values()))[0] >= self._seconds:
            self._put.popitem(last=False)
        found = self._put.get(key)
        return found[1] if found else None

    def put(self, key: K, value: V, now: float) -> None:
        self._put[key] = now, value
        self._put.move_to_end(key)

    def clear(self) -> list[V]:
        """What was in it until now."""
        values = [value for _, value in self._put.values()]
        self._put.clear()
        return values
