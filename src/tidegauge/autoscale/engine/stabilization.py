"""Against flapping: recent recommendations hold a new one back."""

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
    """The remembered entry that holds the size for longest; None where nothing was held back."""
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
    recent = [entry for entry in recommendations if entry.at >= now - window]
    replicas = max((recommended, *map(_replicas, recent)))
    old = [slot for slot, entry in enumerate(recommendations) if entry.at < now - window]
    held = replicas != recommended
    return _stabilization(
        recommended,
        replicas,
        StabilizationReason.DOWN if held else StabilizationReason.READY,
        recent,
        window,
        remember(recommendations, old[-1] if old else None, Recommendation(now, recommended)),
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
    ups = [entry for entry in recommendations if entry.at > now - up_window]
    downs = [entry for entry in recommendations if entry.at > now - down_window]
    replicas = max(current, min((recommended, *map(_replicas, ups))))
    replicas = min(replicas, max((recommended, *map(_replicas, downs))))
    upwards = recommended > replicas
    slot = _reusable(recommendations, now - max(up_window, down_window))
    return _stabilization(
        recommended,
        replicas,
        _reason(current, recommended, held=replicas != recommended),
        ups if upwards else downs,
        up_window if upwards else down_window,
        remember(recommendations, slot, Recommendation(now, recommended)),
    )


def _stabilization(
    recommended: int,
    replicas: int,
    reason: StabilizationReason,
    recent: list[Recommendation],
    window: float,
    recommendations: tuple[Recommendation, ...],
) -> Stabilization:
    bound = _last_against(recommended, replicas, recent)
    return Stabilization(
        recommended=recommended,
        replicas=replicas,
        reason=reason,
        bound_by=bound,
        until=bound.at + window if bound else None,
        recommendations=recommendations,
    )


def _last_against(
    recommended: int, replicas: int, recent: list[Recommendation]
) -> Recommendation | None:
    """Until the last one that is no nearer to the new recommendation has left the window, the size
    does not come nearer either. None where nothing is held back.
    """
    if replicas == recommended:
        return None
    if recommended < replicas:
        against = [entry for entry in recent if entry.replicas >= replicas]
    else:
        against = [entry for entry in recent if entry.replicas <= replicas]
    return max(against, key=lambda entry: entry.at, default=None)


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
