"""The fields of an HPA and their types: what decoding refuses before validation begins."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any, NamedTuple

from tidegauge.units.quantities import QuantityError, parse


class Leaf(Enum):
    """Types without fields; the value is what to call it."""

    TEXT = "a text"
    INTEGER = "a whole number of 32 bits"
    QUANTITY = "a quantity, such as 500m or 2Gi"
    ANY = "anything"


class MapOf(NamedTuple):
    """Any keys, values of one type."""

    values: Leaf


Type = Leaf | MapOf | Mapping[str, Any] | list[Any]
"""An object by its fields, or a list of one type."""

_TEXT, _INTEGER, _QUANTITY, _ANY = Leaf.TEXT, Leaf.INTEGER, Leaf.QUANTITY, Leaf.ANY

_REFERENCE = {"apiVersion": _TEXT, "kind": _TEXT, "name": _TEXT}
_REQUIREMENT = {"key": _TEXT, "operator": _TEXT, "values": [_TEXT]}
_SELECTOR = {"matchLabels": MapOf(_TEXT), "matchExpressions": [_REQUIREMENT]}
_IDENTIFIER = {"name": _TEXT, "selector": _SELECTOR}
_TARGET = {
    "type": _TEXT,
    "value": _QUANTITY,
    "averageValue": _QUANTITY,
    "averageUtilization": _INTEGER,
}
_METRIC = {
    "type": _TEXT,
    "resource": {"name": _TEXT, "target": _TARGET},
    "containerResource": {"name": _TEXT, "container": _TEXT, "target": _TARGET},
    "pods": {"metric": _IDENTIFIER, "target": _TARGET},
    "object": {"describedObject": _REFERENCE, "metric": _IDENTIFIER, "target": _TARGET},
    "external": {"metric": _IDENTIFIER, "target": _TARGET},
}
_RULES = {
    "stabilizationWindowSeconds": _INTEGER,
    "selectPolicy": _TEXT,
    "policies": [{"type": _TEXT, "value": _INTEGER, "periodSeconds": _INTEGER}],
    "tolerance": _QUANTITY,
}
_METADATA = {
    "name": _TEXT,
    "generateName": _TEXT,
    "namespace": _TEXT,
    "labels": MapOf(_TEXT),
    "annotations": MapOf(_TEXT),
    "finalizers": [_TEXT],
    **dict.fromkeys(
        (
            "ownerReferences",
            "managedFields",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "selfLink",
            "uid",
        ),
        _ANY,
    ),
}
_BEHAVIOR = {"scaleUp": _RULES, "scaleDown": _RULES}
_SIZES = {"scaleTargetRef": _REFERENCE, "minReplicas": _INTEGER, "maxReplicas": _INTEGER}
_WHOLE = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA, "status": _ANY}

HPA_V1: Type = {**_WHOLE, "spec": {**_SIZES, "targetCPUUtilizationPercentage": _INTEGER}}
HPA_V2: Type = {
    **_WHOLE,
    "spec": {**_SIZES, "metrics": [_METRIC], "behavior": _BEHAVIOR},
}
METRICS_TYPE: Type = [_METRIC]
BEHAVIOR_TYPE: Type = _BEHAVIOR


class Flaw(NamedTuple):
    """A field that cannot be decoded, or that is not known."""

    path: str
    message: str
    unknown: bool = False


def flaws(value: Any, type_: Type = HPA_V2, path: str = "") -> Iterator[Flaw]:
    """All of them. Null is let pass wherever it stands, as by the API server."""
    if value is None or type_ is _ANY:
        return
    if isinstance(type_, Leaf):
        yield from _leaf_flaws(value, type_, path)
    elif isinstance(type_, list):
        if not isinstance(value, list):
            yield Flaw(path, _mistaken("a list", value))
        for index, each in enumerate(value if isinstance(value, list) else ()):
            yield from flaws(each, type_[0], f"{path}[{index}]")
    elif not isinstance(value, Mapping):
        yield Flaw(path, _mistaken("a mapping", value))
    elif isinstance(type_, MapOf):
        for key, each in value.items():
            yield from flaws(each, type_.values, f"{path}.{key}")
    else:
        yield from _field_flaws(value, type_, path)


def _field_flaws(value: Mapping[Any, Any], fields: Mapping[str, Any], path: str) -> Iterator[Flaw]:
    for key, each in value.items():
        below = f"{path}.{key}" if path else str(key)
        if key in fields:
            yield from flaws(each, fields[key], below)
        else:
            close = get_close_matches(str(key).lower(), {name.lower(): 0 for name in fields}, n=1)
            meant = next((name for name in fields if [name.lower()] == close), "")
            hint = f"; did you mean {meant}?" if meant else ""
            yield Flaw(below, f'unknown field "{below}"{hint}', unknown=True)


def _leaf_flaws(value: Any, type_: Leaf, path: str) -> Iterator[Flaw]:
    if not _FITS[type_](value):
        yield Flaw(path, _mistaken(type_.value, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_int32(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _is_quantity(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        parse(str(value).strip())
    except QuantityError:
        return False
    return True


_FITS = {_TEXT: _is_text, _INTEGER: _is_int32, _QUANTITY: _is_quantity}

_LONGEST_SHOWN = 60


def _mistaken(wanted: str, value: Any) -> str:
    if isinstance(value, Mapping | list):
        got = "a mapping" if isinstance(value, Mapping) else "a list"
    elif isinstance(value, bool):
        got = str(value).lower()
    else:
        text = repr(value) if isinstance(value, str) else str(value)
        got = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f"must be {wanted}, but it is {got}"
