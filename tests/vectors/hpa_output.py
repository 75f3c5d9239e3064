"""What the product says, in the shapes of the HPA's vectors."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import asdict

from tidegauge.autoscale.engine.memory import Memory, ScaleEvent
from tidegauge.autoscale.engine.status import Condition, Event, Status

_SELECTOR_ERROR = "couldn't convert selector into a corresponding internal selector object: "
"""What comes after it may change with apimachinery, says the recordings' own description."""


def comparable(figures: Any) -> Any:
    """Without what is empty, for that is as good as absent; without the tail of selector errors."""
    if isinstance(figures, dict):
        full = {key: value for key, value in figures.items() if value is not None and value != []}
        return {key: comparable(value) for key, value in full.items()}
    if isinstance(figures, list):
        return [comparable(value) for value in figures]
    if isinstance(figures, str) and _SELECTOR_ERROR in figures:
        return figures.partition(_SELECTOR_ERROR)[0] + _SELECTOR_ERROR
    return figures


def condition(given: Condition) -> dict[str, Any]:
    return asdict(given)


def status(given: Status) -> dict[str, Any]:
    return {
        **asdict(given),
        "current_metrics": list(given.current_metrics),
        "conditions": [condition(one) for one in given.conditions],
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
