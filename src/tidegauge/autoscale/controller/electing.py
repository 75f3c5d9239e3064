"""Who leads: the rules of client-go's leader election on a Lease, without I/O.

A candidate looks at the Lease every few seconds. What counts is how long *it* has seen the record
unchanged, by its own monotonic clock: clocks of different machines are never compared. A holder
that has not renewed for `renew_deadline` gives up, well before others may take over.
"""

import math

from msgspec import Struct


class Holding(Struct, frozen=True, kw_only=True, rename="camel"):
    """The spec of a Lease, as its JSON. Times are for people; nothing is decided by them."""

    holder_identity: str = ""
    lease_duration_seconds: int = 0
    """For which others have to keep off after each renewal."""
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int = 0


class Terms(Struct, frozen=True, kw_only=True):
    """Seconds; kube-controller-manager's defaults."""

    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0


RELEASED_SECONDS = 1
"""The duration that a Lease is given back with: the API wants one above zero."""

_NEVER = float("-inf")


class Election:
    """One candidate. `now` is on its monotonic clock, `wall` the time to show, in RFC 3339."""

    def __init__(self, identity: str, terms: Terms) -> None:
        self.identity = identity
        self._terms = terms
        self._seen: Holding | None = None
        self._seen_at = _NEVER
        self.leads_until = _NEVER
        """Until when it may write, unless it renews before."""

    @property
    def holder(self) -> str:
        """Who held the Lease when it was looked at last; empty for nobody."""
        return self._seen.holder_identity if self._seen else ""

    @property
    def free_at(self) -> float:
        """When it may be claimed, unless its holder renews it before."""
        return self._seen_at + (self._seen or Holding()).lease_duration_seconds

    def saw(self, record: Holding | None, now: float) -> None:
        """What the API server says; None where there is no Lease."""
        if record != self._seen:
            self._seen, self._seen_at = record, now
        if self.holder != self.identity:
            self.leads_until = _NEVER

    def claim(self, now: float, wall: str) -> Holding | None:
        """What to write in order to lead, or go on leading; None while another one does."""
        old, ours = self._seen or Holding(), self.holder == self.identity
        if old.holder_identity and not ours and now < self.free_at:
            return None
        return Holding(
            holder_identity=self.identity,
            lease_duration_seconds=math.ceil(self._terms.lease_duration),
            acquire_time=old.acquire_time if ours else wall,
            renew_time=wall,
            lease_transitions=old.lease_transitions + (self._seen is not None and not ours),
        )

    def won(self, record: Holding, asked: float) -> None:
        """The claim was written; it had been sent at `asked`."""
        self.saw(record, asked)
        self.leads_until = asked + self._terms.renew_deadline

    def resignation(self, wall: str) -> Holding | None:
        """What to write in order to let others lead at once; None where another one does."""
        self.leads_until = _NEVER
        if self._seen is None or self.holder != self.identity:
            return None
        return Holding(
            lease_duration_seconds=RELEASED_SECONDS,
            acquire_time=wall,
            renew_time=wall,
            lease_transitions=self._seen.lease_transitions,
        )
