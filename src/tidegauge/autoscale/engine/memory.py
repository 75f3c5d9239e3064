"""What the controller remembers of one HPA.

It is in no object: upstream's controller forgets it when it restarts.
"""

from collections.abc import Sequence

from msgspec import Struct

from tidegauge.autoscale.engine.spec import Behavior, Rules


class Recommendation(Struct, frozen=True):
    """What the metrics alone asked for, at a time in seconds."""

    at: float
    replicas: int


class ScaleEvent(Struct, frozen=True):
    """By how much was scaled, in the direction of its list; an outdated one is to be replaced."""

    at: float
    change: int
    outdated: bool = False


class Memory(Struct, frozen=True):
    """Lists are in the order of upstream's slots, which are reused; not in order of time."""

    recommendations: tuple[Recommendation, ...] | None = None
    """None: nothing was recorded yet."""
    ups: tuple[ScaleEvent, ...] = ()
    downs: tuple[ScaleEvent, ...] = ()


def remember(
    recommendations: tuple[Recommendation, ...], slot: int | None, new: Recommendation
) -> tuple[Recommendation, ...]:
    """Put it into the slot, or append it where there is none to reuse."""
    if slot is None:
        return (*recommendations, new)
    return (*recommendations[:slot], new, *recommendations[slot + 1 :])


def after_scaling(
    memory: Memory, behavior: Behavior | None, before: int, replicas: int, now: float
) -> Memory:
    """With the change recorded; only behaviours have a use for it."""
    if behavior is None:
        return memory
    if replicas > before:
        ups = _recorded(memory.ups, behavior.scale_up, replicas - before, now)
        return Memory(memory.recommendations, ups, memory.downs)
    downs = _recorded(memory.downs, behavior.scale_down, before - replicas, now)
    return Memory(memory.recommendations, memory.ups, downs)


def _recorded(
    events: Sequence[ScaleEvent], rules: Rules, change: int, now: float
) -> tuple[ScaleEvent, ...]:
    longest = max((policy.period_seconds for policy in rules.policies), default=0)
    marked = [
        ScaleEvent(event.at, event.change, event.outdated or event.at < now - longest)
        for event in events
    ]
    outdated = [slot for slot, event in enumerate(marked) if event.outdated]
    new = ScaleEvent(now, change)
    if outdated:
        marked[outdated[-1]] = new
    else:
        marked.append(new)
    return tuple(marked)
