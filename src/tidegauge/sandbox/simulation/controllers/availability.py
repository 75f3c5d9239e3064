"""Which pods count as ready, and which as available: ready for `minReadySeconds`."""

from datetime import datetime
from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.podspec import condition, is_ready

Object: TypeAlias = dict[str, Any]


def is_available(pod: Object, spec: Object, now: int) -> bool:
    return is_ready(pod) and until_available(pod, spec, now) == 0


def until_available(pod: Object, spec: Object, now: int) -> int:
    """Milliseconds until a ready pod counts as available, 0 if it does."""
    wait = (spec.get("minReadySeconds") or 0) * SECOND
    ready = condition(pod, "Ready")
    if not wait or not ready:
        return 0
    since = datetime.fromisoformat(ready["lastTransitionTime"]).timestamp() * SECOND
    return max(0, int(since) + wait - now)
