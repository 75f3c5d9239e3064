"""From what the metrics ask for to the size: stabilise first, then limit."""

from msgspec import Struct

from tidegauge.autoscale.engine.limiting import Limit, limit_by_factor, limit_by_policies
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.engine.stabilization import Stabilization, stabilize, stabilize_down


class Normalization(Struct, frozen=True):
    """Both steps; what was remembered is raw, never limited."""

    stabilization: Stabilization
    limit: Limit


def normalize(
    spec: Spec, current: int, recommended: int, memory: Memory, settings: Settings, now: float
) -> Normalization:
    """By the HPA's behaviour where it is set, even if empty, else by the older fixed rules."""
    remembered = memory.recommendations or ()
    window, behavior = settings.downscale_stabilization, spec.behavior
    bounds = spec.minimum, spec.max_replicas
    if behavior is None:
        stable = stabilize_down(recommended, remembered, window, now)
        return Normalization(stable, limit_by_factor(current, stable.replicas, *bounds))
    up = behavior.scale_up.stabilization_window_seconds
    down = behavior.scale_down.stabilization_window_seconds
    stable = stabilize(
        current, recommended, remembered, up or 0, window if down is None else down, now
    )
    limit = limit_by_policies(current, stable.replicas, *bounds, behavior, memory, now)
    return Normalization(stable, limit)
