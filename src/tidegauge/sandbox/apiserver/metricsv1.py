"""Metrics of a HorizontalPodAutoscaler as autoscaling/v1 has them: flat, under other names.

They stand in annotations only. Source: pkg/apis/autoscaling/v1/conversion.go.
"""

import re
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]
"""Paths of fields in v2, and their names in v1."""

_RESOURCE: Pairs = (
    ("name", "name"),
    ("target.averageUtilization", "targetAverageUtilization"),
    ("target.averageValue", "targetAverageValue"),
)
_NAMED: Pairs = (("metric.name", "metricName"), ("metric.selector", "selector"))
_SOURCES: Mapping[str, Pairs] = {
    "resource": _RESOURCE,
    "containerResource": (*_RESOURCE, ("container", "container")),
    "pods": (*_NAMED, ("target.averageValue", "targetAverageValue")),
    "object": (
        *_NAMED,
        ("describedObject", "target"),
        ("target.value", "targetValue"),
        ("target.averageValue", "averageValue"),
    ),
    "external": (
        ("metric.name", "metricName"),
        ("metric.selector", "metricSelector"),
        ("target.value", "targetValue"),
        ("target.averageValue", "targetAverageValue"),
    ),
}
_STATUSES: Mapping[str, Pairs] = {
    block: tuple(
        (path.replace("target.", "current."), re.sub("^target(?=.)", "current", name))
        for path, name in pairs
    )
    for block, pairs in _SOURCES.items()
}

_ALWAYS_WANTED = {"pods": "targetAverageValue", "object": "targetValue"}
_ALWAYS_READ = {
    "resource": "currentAverageValue",
    "containerResource": "currentAverageValue",
    "pods": "currentAverageValue",
    "object": "currentValue",
    "external": "currentValue",
}
"""Quantities that Go writes as "0" where there is none: v1 has no way to leave them out."""


def spec_outward(metric: Object) -> Object:
    """An entry of `spec.metrics`."""
    return _flat(metric, _SOURCES, _ALWAYS_WANTED)


def status_outward(metric: Object) -> Object:
    """An entry of `status.currentMetrics`."""
    return _flat(metric, _STATUSES, _ALWAYS_READ)


def spec_inward(flat: Object) -> Object:
    return _deep(flat, _SOURCES)


def status_inward(flat: Object) -> Object:
    return _deep(flat, _STATUSES)


def _flat(metric: Object, forms: Mapping[str, Pairs], always: Mapping[str, str]) -> Object:
    flat: Object = {"type": metric.get("type", "")}
    for block, pairs in forms.items():
        if block in metric:
            found = {name: _at(metric[block], path) for path, name in pairs}
            kept = {name: value for name, value in found.items() if value is not None}
            zero = {always[block]: "0"} if block in always else {}
            flat[block] = zero | kept
    return flat


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = (value or {}).get(name)
    return value


def _deep(flat: Object, forms: Mapping[str, Pairs]) -> Object:
    metric: Object = {"type": flat.get("type", "")}
    for block, pairs in forms.items():
        if isinstance(flat.get(block), dict):
            made: Object = {}
            metric[block] = made
            for path, name in pairs:
                if name in flat[block]:
                    _put(made, path, flat[block][name])
            if target := made.get("target"):
                _say_type(target)
    return metric


def _put(made: Object, path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        made = made.setdefault(name, {})
    made[last] = value


def _say_type(target: Object) -> None:
    """v1 does not tell; and its nought beside an average is no value."""
    if "averageValue" in target and target.get("value") == "0":
        del target["value"]
    by_field = {"averageUtilization": "Utilization", "averageValue": "AverageValue"}
    target["type"] = next((by_field[name] for name in by_field if name in target), "Value")
