"""The defaults that the API server gives an autoscaling/v2 HorizontalPodAutoscaler."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

_CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}

_RULES: Mapping[str, Mapping[str, Any]] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    # The window is left unset: the controller takes its flag's.
    "scaleDown": {
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}


def defaulted(hpa: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the manifest as the API server would keep it. Null is as if it were not there.

    An empty `behavior` gets rules for both directions, one that is absent stays so; empty
    `policies` stay empty, and fail validation.
    """
    copy = deepcopy(dict(hpa))
    spec = copy["spec"] = dict(copy.get("spec") or {})
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if not spec.get("metrics"):
        spec["metrics"] = [deepcopy(_CPU)]
    if spec.get("behavior") is not None:
        given = spec["behavior"]
        spec["behavior"] = {way: _ruled(way, given.get(way) or {}) for way in _RULES}
    return copy


def _ruled(way: str, given: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in given.items() if value is not None}
    return {**deepcopy(dict(_RULES[way])), **said}
