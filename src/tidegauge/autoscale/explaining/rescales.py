"""Changes of size, as far as events and status still tell of them."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from tidegauge.autoscale.engine.memory import ScaleEvent
from tidegauge.autoscale.engine.spec import Behavior
from tidegauge.autoscale.engine.status import ConditionType, Status
from tidegauge.autoscale.explaining.wording import clock
from tidegauge.autoscale.reading.objects import EventObject


class Rescale(Struct, frozen=True):
    """The controller gave the target a new size: by its metrics up or down, or for another
    reason.
    """

    at: float
    size: int
    up: bool | None = None
    is_change: bool = True
    """False: it had that size, as somebody saw."""


class Doubt(Struct, frozen=True):
    """The size changed at that time, by nobody knows how much."""

    at: float

    @property
    def text(self) -> str:
        return (
            f"By how much the size changed at {clock(self.at)} is not known, for the event before "
            "it is gone: policies may allow less than this says."
        )


class Changes(Struct, frozen=True):
    """What policies count, and what is not known of it."""

    ups: tuple[ScaleEvent, ...] = ()
    downs: tuple[ScaleEvent, ...] = ()
    doubts: tuple[Doubt, ...] = ()


_NEW_SIZE = re.compile(r"New size: ([0-9]+);")

RESCALED = "SucceededRescale"
"""AbleToScale's reason while the status is still that of the change."""

_SLACK = 2.0
"""Seconds between an event and the status of the same change; both are cut to whole ones."""


def rescales(events: Iterable[EventObject]) -> tuple[Rescale, ...]:
    """In order of time. Of one event that happened more than twice, the middle ones are lost."""
    return tuple(sorted(set(_rescales(events)), key=lambda one: one.at))


def _rescales(events: Iterable[EventObject]) -> Iterator[Rescale]:
    for event in events:
        size = _NEW_SIZE.match(event.message)
        if event.reason == "SuccessfulRescale" and size:
            up = _direction(event.message)
            for at in filter(None, (event.first_timestamp, event.last_timestamp, event.event_time)):
                yield Rescale(at.timestamp(), int(size[1]), up)


def _direction(message: str) -> bool | None:
    if message.endswith(" above target"):
        return True
    return False if message.endswith("All metrics below target") else None


def last_rescale(known: tuple[Rescale, ...], status: Status) -> Rescale | None:
    """Of one whose event is gone, the status knows the time."""
    last = known[-1] if known else None
    at = status.last_scale_time
    if at is not None and (last is None or last.at < at - _SLACK):
        return Rescale(at, status.desired_replicas)
    return last


def changes(
    known: tuple[Rescale, ...], status: Status, behavior: Behavior | None, now: float
) -> Changes:
    """By how much it went up and down; without behaviour nobody counts that.

    `known` may begin with a size that somebody saw, which makes the first change known.
    """
    if behavior is None:
        return Changes()
    known = _with_origin(known, status)
    ups: list[ScaleEvent] = []
    downs: list[ScaleEvent] = []
    for before, after in pairwise(known):
        change = after.size - before.size
        if change:
            (ups if change > 0 else downs).append(ScaleEvent(after.at, abs(change)))
    unsized = _unsized(known, status, now - _longest_period(behavior))
    return Changes(tuple(ups), tuple(downs), tuple(map(Doubt, unsized)))


def _with_origin(known: tuple[Rescale, ...], status: Status) -> tuple[Rescale, ...]:
    """A status that is still that of the last change has the size before it, too."""
    fresh = status.reason(ConditionType.ABLE_TO_SCALE) == RESCALED
    if len(known) > 1 or not fresh or status.last_scale_time is None:
        return known
    at = status.last_scale_time
    before = Rescale(at - _SLACK, status.current_replicas, is_change=False)
    return (before, *(known or (Rescale(at, status.desired_replicas),)))


def _longest_period(behavior: Behavior) -> int:
    policies = (*behavior.scale_up.policies, *behavior.scale_down.policies)
    return max((one.period_seconds for one in policies), default=0)


def _unsized(known: tuple[Rescale, ...], status: Status, cutoff: float) -> Iterator[float]:
    """When the size changed, within the policies' periods, by nobody knows how much."""
    last = last_rescale(known, status)
    if last and last not in known and last.at > cutoff:
        yield last.at
    yield from (one.at for one in known[:1] if one.at > cutoff and one.is_change)
