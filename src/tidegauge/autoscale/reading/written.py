"""The engine's records as the API's JSON."""

from typing import Any

from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.units.timestamp import format_rfc3339


def status_json(status: Status) -> dict[str, Any]:
    """The status of an autoscaling/v2 HPA, as upstream's controller writes it: times are cut to
    whole seconds, and what is not known is left out.
    """
    written: dict[str, Any] = {
        "currentReplicas": status.current_replicas,
        "desiredReplicas": status.desired_replicas,
        "currentMetrics": list(status.current_metrics),
        "conditions": [_condition(one) for one in status.conditions],
    }
    if status.observed_generation is not None:
        written["observedGeneration"] = status.observed_generation
    if status.last_scale_time is not None:
        written["lastScaleTime"] = _time(status.last_scale_time)
    return written


def _condition(one: Condition) -> dict[str, Any]:
    return {
        "type": one.type,
        "status": one.status,
        "reason": one.reason,
        "message": one.message,
        "lastTransitionTime": _time(one.last_transition_time),
    }


def _time(at: float | None) -> str | None:
    return None if at is None else format_rfc3339(int(at))
