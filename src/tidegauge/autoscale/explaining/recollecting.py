"""What the running controller probably remembers: of the past only events and status can be read.

The controller keeps recommendations and changes of size in memory alone. Changes of size leave
events, which the API server keeps for an hour, and `lastScaleTime`. Recommendations leave nothing,
but conditions say what the last of them was compared with.
"""

from msgspec import Struct

from tidegauge.autoscale.engine.limiting import LimitReason
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import Behavior, Spec
from tidegauge.autoscale.engine.stabilization import StabilizationReason
from tidegauge.autoscale.engine.status import ConditionType, Status
from tidegauge.autoscale.explaining.rescales import RESCALED, Doubt, Rescale, changes, last_rescale
from tidegauge.autoscale.explaining.wording import clock

Recommendations = tuple[Recommendation, ...]


class Past(Struct, frozen=True, kw_only=True):
    """What is left of it. Times in seconds."""

    rescales: tuple[Rescale, ...] = ()
    """In order of time."""
    seen: Rescale | None = None
    """The size at the first look, for who has watched."""
    created: float | None = None
    """When the HPA was created."""
    carried: Recommendations | None = None
    """All recommendations, for who has watched them."""
    undated: Recommendation | None = None
    """The one of them whose time is not known."""
    status: Status | None = None
    """As it was read last."""
    alike: float | None = None
    """When the status was last seen to be as it should, or to have changed."""

    @property
    def known_sizes(self) -> tuple[Rescale, ...]:
        """From the one that was seen on, unless events tell of earlier ones."""
        if self.seen and not any(one.at < self.seen.at for one in self.rescales):
            return (self.seen, *self.rescales)
        return self.rescales


class Recollection(Struct, frozen=True, kw_only=True):
    """A memory to decide with, and what is assumed of each part of it."""

    memory: Memory
    undated: Recommendation | None = None
    """One of the recommendations, which must have been made at some time until then."""
    recommended: tuple[str, ...] = ()
    changed: tuple[Doubt, ...] = ()


def recollect(
    spec: Spec, status: Status, past: Past, now: float, settings: Settings, period: float
) -> Recollection:
    """`period` is the controller's, in seconds: its last look is at most that old."""
    if not status.conditions:
        return Recollection(memory=Memory())  # it has never looked
    changed = changes(past.known_sizes, status, spec.behavior, now)
    if past.carried is not None:
        found = _mended(past.carried, past, status, spec.behavior, now - period)
    else:
        cutoff = now - _longest_window(spec.behavior, settings)
        found = _recommendations(status, past, cutoff, now - period / 2)
    return Recollection(
        memory=Memory(found.entries, changed.ups, changed.downs),
        undated=found.undated,
        recommended=(found.text,) if found.text else (),
        changed=changed.doubts,
    )


class _Found(Struct, frozen=True):
    entries: Recommendations
    undated: Recommendation | None = None
    text: str = ""


_HELD = (
    "A recommendation of {} holds the size, says the status. When it was made cannot be read, only "
    "that it was before the controller's last look."
)

_ASKED = "At its last look, about {}, the metrics asked for {}, judged by the status."

_CUT = "Policies cut the change at {}: what was asked for before then is not known, but no more."

_STABILIZED = (StabilizationReason.DOWN, StabilizationReason.UP)

_AT_LEAST_SIZE = (LimitReason.WITHIN, LimitReason.TOO_MANY, LimitReason.UP_RATE)
"""ScalingLimited's reasons where the metrics asked for the size that it has, or for more."""


def _recommendations(status: Status, past: Past, cutoff: float, looked: float) -> _Found:
    """What was asked for after `cutoff`, by the conditions of the controller's last look."""
    last = last_rescale(past.rescales, status)
    dated = _dated(last, past, status, cutoff)
    reason = status.reason(ConditionType.ABLE_TO_SCALE)
    limited = status.reason(ConditionType.SCALING_LIMITED)
    implied = Recommendation(looked, status.current_replicas)
    if reason in _STABILIZED:
        return _Found((*dated, implied), implied, _HELD.format(implied.replicas))
    if reason == StabilizationReason.READY and limited in _AT_LEAST_SIZE:
        return _Found((*dated, implied), None, _ASKED.format(clock(looked), implied.replicas))
    if reason == RESCALED and last and not last.up and last.at > cutoff:
        if limited != LimitReason.WITHIN:
            return _Found(dated, None, _CUT.format(clock(last.at)))
        holding = Recommendation(last.at, last.size)
        return _Found((*dated, holding), holding, _HELD.format(last.size))
    return _Found(dated)


def _mended(
    carried: Recommendations,
    past: Past,
    status: Status,
    behavior: Behavior | None,
    looked: float,
) -> _Found:
    """What was watched, less what the status speaks against, as the controller's figures may have
    arrived a moment after ours. It has looked since `looked`.
    """
    size = status.desired_replicas
    if status.reason(ConditionType.SCALING_LIMITED) != LimitReason.WITHIN:
        return _Found(carried, past.undated)
    if behavior is None:
        # Then each of the window lifts the size to it, so none that is higher was the controller's.
        carried = tuple(one for one in carried if one.replicas <= size or one.at > looked)
    held = status.reason(ConditionType.ABLE_TO_SCALE) == StabilizationReason.DOWN
    if held and all(one.replicas < size for one in carried):
        holding = Recommendation(looked, size)
        return _Found((*carried, holding), holding, _HELD.format(size))
    return _Found(carried, past.undated)


def _longest_window(behavior: Behavior | None, settings: Settings) -> float:
    if behavior is None:
        return settings.downscale_stabilization
    up = behavior.scale_up.stabilization_window_seconds
    down = behavior.scale_down.stabilization_window_seconds
    return max(up or 0, settings.downscale_stabilization if down is None else down)


def _dated(
    last: Rescale | None, past: Past, status: Status, cutoff: float
) -> tuple[Recommendation, ...]:
    """A change upwards is what was asked for at its time, or cut from more. One downwards tells
    only that nobody asked for more within the window before it, which undoes what was earlier.
    """
    if last and last.up and last.at > cutoff:
        return (Recommendation(last.at, last.size),)
    if last is None and past.created is not None and past.created > cutoff:
        # The first look at a new HPA records the size.
        return (Recommendation(past.created, status.current_replicas),)
    return ()
