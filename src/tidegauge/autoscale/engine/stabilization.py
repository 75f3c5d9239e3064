"""Against flapping: recent recommendations hold a new one back."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from tidegauge.autoscale.engine.memory import Recommendation, remember


class StabilizationReason(StrEnum):
    """AbleToScale's reason."""

    READY = "ReadyForNewScale"
    DOWN = "ScaleDownStabilized"
    UP = "ScaleUpStabilized"


class Stabilization(Struct, frozen=True, kw_only=True):
    """From the metrics' recommendation to the stabilised one."""

    recommended: int
    replicas: int
    reason: StabilizationReason
    bound_by: Recommendation | None = None
    """The remembered entry that decided; None where nothing was held back."""
    until: float | None = None
    """When that entry leaves its window."""
    recommendations: tuple[Recommendation, ...]
    """What is remembered from now on."""


def stabilize_down(
    recommended: int,
    recommendations: tuple[Recommendation, ...],
    window: float,
    now: float,
) -> Stabilization:
    """Without behaviour: the highest recommendation of the window, both ends included.

    It may be above the current size, so this can also scale up.
    """
    cutoff = now - window
    bound, slot = Recommendation(now, recommended), None
    for i, entry in enumerate(recommendations):
        if entry.at < cutoff:
            slot = i
        elif entry.replicas > bound.replicas:
            bound = entry
    held = bound.replicas != recommended
    return Stabilization(
        recommended=recommended,
        replicas=bound.replicas,
        reason=StabilizationReason.DOWN if held else StabilizationReason.READY,
        bound_by=bound if held else None,
        until=bound.at + window if held else None,
        recommendations=remember(recommendations, slot, Recommendation(now, recommended)),
    )


def stabilize(
    current: int,
    recommended: int,
    recommendations: tuple[Recommendation, ...],
    up_window: float,
    down_window: float,
    now: float,
) -> Stabilization:
    """With behaviour: the change nearest to none that was recommended within either window.

    An entry exactly as old as the window no longer counts.
    """
    new = Recommendation(now, recommended)
    lowest = _extreme(min, new, recommendations, now - up_window)
    highest = _extreme(max, new, recommendations, now - down_window)
    replicas, bound, window = current, None, 0.0
    if replicas < lowest.replicas:
        replicas, bound, window = lowest.replicas, lowest, up_window
    if replicas > highest.replicas:
        replicas, bound, window = highest.replicas, highest, down_window
    held = replicas != recommended
    if held and bound is None:
        bound, window = (lowest, up_window) if recommended > current else (highest, down_window)
    return Stabilization(
        recommended=recommended,
        replicas=replicas,
        reason=_reason(current, recommended, held=held),
        bound_by=bound if held else None,
        until=bound.at + window if held and bound else None,
        recommendations=remember(
            recommendations, _reusable(recommendations, now - max(up_window, down_window)), new
        ),
    )


def _extreme(
    choose: Callable[..., Recommendation],
    new: Recommendation,
    recommendations: tuple[Recommendation, ...],
    cutoff: float,
) -> Recommendation:
    recent = (entry for entry in recommendations if entry.at > cutoff)
    return choose((new, *recent), key=_replicas)


def _replicas(entry: Recommendation) -> int:
    return entry.replicas


def _reusable(recommendations: tuple[Recommendation, ...], cutoff: float) -> int | None:
    """The last slot that is older than both windows."""
    old = [slot for slot, entry in enumerate(recommendations) if entry.at < cutoff]
    return old[-1] if old else None


def _reason(current: int, recommended: int, *, held: bool) -> StabilizationReason:
    if not held:
        return StabilizationReason.READY
    return StabilizationReason.UP if recommended >= current else StabilizationReason.DOWN
