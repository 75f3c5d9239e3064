"""How many requests are worked on at once, and what the rest are told."""

from collections.abc import Iterator
from contextlib import contextmanager

from tidegauge.serving.authorization import MASTERS
from tidegauge.serving.messages import Response, User


class TooManyRequests(Exception):  # noqa: N818  (an answer, not a fault)
    """As many requests are in flight as may be."""


class InFlight:
    """At most `limit` requests at once; none means no limit. Masters are counted, never refused:
    among them is the aggregator, which takes the whole API down when its probe fails.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.count = 0

    @contextmanager
    def admit(self, user: User) -> Iterator[None]:
        if 0 < self._limit <= self.count and MASTERS not in user.groups:
            raise TooManyRequests
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


def too_many_requests() -> Response:
    return Response(
        429,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
            ("Retry-After", "1"),
        ],
        b"Too many requests, please try again later.\n",
    )
