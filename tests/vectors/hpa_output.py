"""What the product says, in the shapes of the HPA's vectors."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import asdict

from tidegauge.autoscale.memory import Memory, ScaleEvent
from tidegauge.autoscale.status import Condition, Event, Status


def condition(given: Condition) -> dict[str, Any]:
    return asdict(given)


def status(given: Status) -> dict[str, Any]:
    return {
        **asdict(given),
        "current_metrics": list(given.current_metrics) or None,
        "conditions": [condition(one) for one in given.conditions] or None,
    }


def events(given: Iterable[Event]) -> list[dict[str, Any]]:
    return [asdict(one) for one in given]


def memory(given: Memory, now: float) -> dict[str, Any]:
    """Histories afterwards, with the ages that their entries then have."""
    return {
        "recommendations_after": [
            {"age_seconds": now - one.at, "replicas": one.replicas}
            for one in given.recommendations or ()
        ],
        "scale_up_events_after": _events(given.ups, now),
        "scale_down_events_after": _events(given.downs, now),
    }


def _events(given: Iterable[ScaleEvent], now: float) -> list[dict[str, Any]]:
    return [
        {"age_seconds": now - one.at, "change": one.change, "outdated": one.outdated}
        for one in given
    ]
