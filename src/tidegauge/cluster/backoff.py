"""How long to wait before asking again: exponential, with jitter, never less than asked to."""

from collections.abc import Callable

FIRST = 0.5
"""Seconds; a connection that just broke usually works again at once."""

LAST = 15.0
"""Seconds. A request each quarter of a minute harms no API server, and after an outage new nodes
are not waited for longer than that."""


LONGEST_ASKED = 300.0
"""Of a Retry-After, however long it is: a mistyped one must not end the watch for good."""


class Backoff:
    """`random` gives numbers from 0 to 1, so that many who lost the same server come back apart."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def next(self, at_least: float = 0.0) -> float:
        """Seconds to wait after one more failure; `at_least` is a Retry-After."""
        longest = min(FIRST * 2.0**self._failures, LAST)
        self._failures = min(self._failures + 1, 10)
        return min(at_least, LONGEST_ASKED) + longest * (1 + self._random()) / 2

    def reset(self) -> None:
        """All was well for a while."""
        self._failures = 0
