"""autoscaling/v1 of a HorizontalPodAutoscaler: one CPU target, and the rest in annotations.

What v1 has no field for, Kubernetes writes into annotations as JSON, so that nothing is lost to a
client that reads and writes v1. Source: pkg/apis/autoscaling/v1/conversion.go.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tidegauge.sandbox.apiserver import metricsv1

Object = dict[str, Any]
_PREFIX = "autoscaling.alpha.kubernetes.io/"
_METRICS, _READINGS = f"{_PREFIX}metrics", f"{_PREFIX}current-metrics"
_BEHAVIOR, _CONDITIONS = f"{_PREFIX}behavior", f"{_PREFIX}conditions"

_Metrics = list[dict[str, str | dict[str, Any]]]
_TYPES: Mapping[str, Any] = {
    _METRICS: _Metrics,
    _READINGS: _Metrics,
    _BEHAVIOR: dict[str, dict[str, Any] | None],
    _CONDITIONS: list[dict[str, Any]],
}
"""Of the annotations; those that hold something else count as absent."""


def outward(obj: Object) -> Object:
    """A stored autoscaler as v1."""
    spec, status = obj["spec"], obj.get("status", {})
    metrics, readings = spec.get("metrics") or [], status.get("currentMetrics") or []
    others = [each for each in metrics if _cpu_target(each) is None]
    extra: dict[str, Any] = {
        _METRICS: [metricsv1.spec_outward(each) for each in others],
        _READINGS: [metricsv1.status_outward(each) for each in readings],
        _BEHAVIOR: _internal_behavior(spec["behavior"]) if "behavior" in spec else None,
        _CONDITIONS: status.get("conditions"),
    }
    annotations = _foreign(obj["metadata"].get("annotations") or {}) | {
        name: msgspec.json.encode(value).decode() for name, value in extra.items() if value
    }
    metadata = {key: value for key, value in obj["metadata"].items() if key != "annotations"}
    return obj | {
        "apiVersion": "autoscaling/v1",
        "metadata": metadata | ({"annotations": annotations} if annotations else {}),
        "spec": _spec_outward(spec, metrics),
        "status": _status_outward(status, readings),
    }


def _foreign(annotations: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in annotations.items() if name not in _TYPES}


def _cpu_target(metric: Object) -> int | None:
    """The percentage of a metric that v1 has a field for."""
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    percent: int | None = (resource.get("target") or {}).get("averageUtilization")
    return percent


def _spec_outward(spec: Object, metrics: list[Object]) -> Object:
    kept = {key: spec[key] for key in ("scaleTargetRef", "minReplicas", "maxReplicas")}
    cpu = next((each for each in map(_cpu_target, metrics) if each is not None), None)
    return kept | ({} if cpu is None else {"targetCPUUtilizationPercentage": cpu})


def _status_outward(status: Object, readings: list[Object]) -> Object:
    kept: Object = {
        key: status[key] for key in ("observedGeneration", "lastScaleTime") if key in status
    }
    for key in ("currentReplicas", "desiredReplicas"):
        kept[key] = status.get(key, 0)
    for reading in readings:
        resource = reading.get("resource") or {}
        percent = (resource.get("current") or {}).get("averageUtilization")
        if resource.get("name") == "cpu" and percent is not None:
            kept["currentCPUUtilizationPercentage"] = percent
    return kept


def _internal_behavior(behavior: Object) -> Object:
    """By the names of Go's own type, which stands there without JSON's."""
    return {
        direction[0].upper() + direction[1:]: {
            "StabilizationWindowSeconds": rules.get("stabilizationWindowSeconds"),
            "SelectPolicy": rules.get("selectPolicy"),
            "Policies": [
                {name[0].upper() + name[1:]: value for name, value in policy.items()}
                for policy in rules.get("policies") or ()
            ],
            "Tolerance": rules.get("tolerance"),
        }
        for direction, rules in behavior.items()
    }


def inward(obj: Object) -> Object:
    """A v1 autoscaler from a request as it is stored; annotations of no sense are dropped."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = obj["metadata"].get("annotations") or {}
    found = {name: _read(annotations.get(name, ""), kind) for name, kind in _TYPES.items()}
    metrics = [metricsv1.spec_inward(each) for each in found[_METRICS] or ()]
    if (percent := spec.pop("targetCPUUtilizationPercentage", None)) is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    if found[_BEHAVIOR]:
        spec["behavior"] = _without_nothing(found[_BEHAVIOR])
    status.pop("currentCPUUtilizationPercentage", None)
    if found[_READINGS]:
        status["currentMetrics"] = [metricsv1.status_inward(each) for each in found[_READINGS]]
    if found[_CONDITIONS]:
        status["conditions"] = found[_CONDITIONS]
    metadata = dict(obj["metadata"]) | {"annotations": _foreign(annotations)}
    if not metadata["annotations"]:
        del metadata["annotations"]
    return obj | {
        "apiVersion": "autoscaling/v2",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def _read(text: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=kind) if text else None
    except msgspec.DecodeError:
        return None


def _without_nothing(value: Any) -> Any:
    """Go's names as JSON's, and without what is null."""
    if isinstance(value, list):
        return [_without_nothing(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name[0].lower() + name[1:]: _without_nothing(each)
        for name, each in value.items()
        if each is not None
    }
