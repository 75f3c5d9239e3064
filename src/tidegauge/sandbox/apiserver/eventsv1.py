"""events.k8s.io/v1 of an Event: the same fields under newer names."""

from typing import Any

Object = dict[str, Any]

_NAMES = {
    "count": "deprecatedCount",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "involvedObject": "regarding",
    "lastTimestamp": "deprecatedLastTimestamp",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
}
"""By those in the core group, whose form is stored."""

_STORED = {new: old for old, new in _NAMES.items()}


def outward(obj: Object) -> Object:
    renamed = {_NAMES.get(name, name): value for name, value in obj.items()}
    return renamed | {"apiVersion": "events.k8s.io/v1"}


def inward(obj: Object) -> Object:
    return {_STORED.get(name, name): value for name, value in obj.items()} | {"apiVersion": "v1"}


def stored_field(path: str) -> str:
    """The path of a field that a selector names in the newer form."""
    first, dot, rest = path.partition(".")
    return f"{_STORED.get(first, first)}{dot}{rest}"
