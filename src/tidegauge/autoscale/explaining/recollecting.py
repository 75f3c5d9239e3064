"""What the running controller probably remembers: of the past only events and status can be read.

The controller keeps recommendations and changes of size in memory alone. Changes of size leave
events, which the API server keeps for an hour, and `lastScaleTime`. Recommendations leave nothing,
but conditions say what the last of them was compared with.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from tidegauge.autoscale.engine.limiting import LimitReason
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import Behavior, Spec
from tidegauge.autoscale.engine.stabilization import StabilizationReason
from tidegauge.autoscale.engine.status import ConditionType, Status
from tidegauge.autoscale.explaining.wording import clock
from tidegauge.autoscale.reading.objects import EventObject

Recommendations = tuple[Recommendation, ...]


class Rescale(Struct, frozen=True, order=True):
    """The controller gave the target a new size."""

    at: float
    size: int


class Past(Struct, frozen=True, kw_only=True):
    """What is left of it. Times in seconds."""

    rescales: tuple[Rescale, ...] = ()
    """In order of time."""
    created: float | None = None
    """When the HPA was created."""
    carried: Recommendations | None = None
    """All recommendations, for who has watched them."""
    undated: Recommendation | None = None
    """The one of them whose time is not known."""


class Recollection(Struct, frozen=True, kw_only=True):
    """A memory to decide with."""

    memory: Memory
    undated: Recommendation | None = None
    """One of the recommendations, which must have been made at some time until then."""
    assumed: tuple[str, ...] = ()


_SLACK = 2.0
"""Seconds between an event and the status of the same change; both are cut to whole ones."""

_NEW_SIZE = re.compile(r"New size: ([0-9]+);")


def rescales(events: Iterable[EventObject]) -> tuple[Rescale, ...]:
    """In order of time. Of one event that happened more than twice, the middle ones are lost."""
    return tuple(sorted(set(_rescales(events))))


def _rescales(events: Iterable[EventObject]) -> Iterator[Rescale]:
    for event in events:
        size = _NEW_SIZE.match(event.message)
        if event.reason == "SuccessfulRescale" and size:
            for at in filter(None, (event.first_timestamp, event.last_timestamp, event.event_time)):
                yield Rescale(at.timestamp(), int(size[1]))


def recollect(
    spec: Spec, status: Status, past: Past, now: float, settings: Settings, period: float
) -> Recollection:
    """`period` is the controller's, in seconds: its last look is at most that old."""
    if not status.conditions:
        return Recollection(memory=Memory())  # it has never looked
    ups, downs, doubts = _changes(past.rescales, status, spec.behavior, now)
    if past.carried is not None:
        memory = Memory(past.carried, ups, downs)
        return Recollection(memory=memory, undated=past.undated, assumed=doubts)
    dated = tuple(_dated(past, status, now - _longest_window(spec.behavior, settings)))
    reason = _reason(status, ConditionType.ABLE_TO_SCALE)
    implied = Recommendation(now - period, status.current_replicas)
    if reason in _STABILIZED:
        text = (
            f"A recommendation of {implied.replicas} holds the size, says the status. When it was "
            f"made cannot be read: by {clock(implied.at)} at the latest."
        )
        memory = Memory((*dated, implied), ups, downs)
        return Recollection(memory=memory, undated=implied, assumed=(*doubts, text))
    if reason == StabilizationReason.READY and _asked_for_size(status):
        text = f"At its last look the metrics asked for {implied.replicas}, judged by the status."
        memory = Memory((*dated, implied), ups, downs)
        return Recollection(memory=memory, assumed=(*doubts, text))
    return Recollection(memory=Memory(dated, ups, downs), assumed=doubts)


_STABILIZED = (StabilizationReason.DOWN, StabilizationReason.UP)

_AT_LEAST_SIZE = (LimitReason.WITHIN, LimitReason.TOO_MANY, LimitReason.UP_RATE)


def _asked_for_size(status: Status) -> bool:
    """The metrics asked for the size that it has, or for more than it may get."""
    return _reason(status, ConditionType.SCALING_LIMITED) in _AT_LEAST_SIZE


def _reason(status: Status, kind: ConditionType) -> str:
    return next((one.reason for one in status.conditions if one.type == kind), "")


def _longest_window(behavior: Behavior | None, settings: Settings) -> float:
    if behavior is None:
        return settings.downscale_stabilization
    up = behavior.scale_up.stabilization_window_seconds
    down = behavior.scale_down.stabilization_window_seconds
    return max(up or 0, settings.downscale_stabilization if down is None else down)


def _dated(past: Past, status: Status, cutoff: float) -> Iterator[Recommendation]:
    """What was asked for when the size changed: it, or something beyond that was cut to it. The
    first look at a new HPA records the size as well.
    """
    known = {int(one.at): one.size for one in past.rescales}
    if status.last_scale_time is not None:
        known.setdefault(int(status.last_scale_time), status.desired_replicas)
    if not known and past.created is not None:
        known[int(past.created)] = status.current_replicas
    return (Recommendation(float(at), size) for at, size in sorted(known.items()) if at > cutoff)


def _changes(
    known: tuple[Rescale, ...], status: Status, behavior: Behavior | None, now: float
) -> tuple[tuple[ScaleEvent, ...], tuple[ScaleEvent, ...], tuple[str, ...]]:
    """Ups and downs, and what is not known of them. Without behaviour nobody counts them."""
    if behavior is None:
        return (), (), ()
    ups: list[ScaleEvent] = []
    downs: list[ScaleEvent] = []
    for before, after in pairwise(known):
        change = after.size - before.size
        if change:
            (ups if change > 0 else downs).append(ScaleEvent(after.at, abs(change)))
    cutoff = now - _longest_period(behavior)
    doubts = tuple(map(_doubt, _unsized(known, status, cutoff)))
    return tuple(ups), tuple(downs), doubts


def _longest_period(behavior: Behavior) -> int:
    policies = (*behavior.scale_up.policies, *behavior.scale_down.policies)
    return max((one.period_seconds for one in policies), default=0)


def _unsized(known: tuple[Rescale, ...], status: Status, cutoff: float) -> Iterator[float]:
    """When the size changed, within the policies' periods, by nobody knows how much."""
    yield from (one.at for one in known[:1] if one.at > cutoff)
    last = status.last_scale_time
    if last is not None and last > cutoff and not any(one.at > last - _SLACK for one in known):
        yield last


def _doubt(at: float) -> str:
    return (
        f"By how much the size changed at {clock(at)} is not known, for the event before it is "
        "gone: policies may allow less than this says."
    )
