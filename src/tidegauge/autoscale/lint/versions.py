"""HPAs of other API versions as autoscaling/v2.

`autoscaling/v1` keeps all but a CPU target in annotations, in the form that metrics had in v2beta1.
v2beta2 has the fields of v2.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidegauge.autoscale.lint.access import Json, mapping_at, text_at
from tidegauge.autoscale.lint.schema import BEHAVIOR_TYPE, METRICS_TYPE, Type, flaws
from tidegauge.units.quantities import parse

_ANNOTATION = "autoscaling.alpha.kubernetes.io/"
METRICS, BEHAVIOR = f"{_ANNOTATION}metrics", f"{_ANNOTATION}behavior"

_ABSENT = "0"
"""What a figure becomes that this version cannot leave out."""

V1 = "autoscaling/v1"
V2 = "autoscaling/v2"
SERVED = (V1, V2)
ALIKE = (*SERVED, "autoscaling/v2beta2")
"""Those whose fields are known here."""


def as_v2(hpa: Json) -> dict[str, Any]:
    """The same in v2, without nulls, which are as if they were not there; in a list, empty objects.

    Of an annotation that cannot be read nothing is left, as upstream does it.
    """
    spec = dict(mapping_at(hpa, "spec"))
    if text_at(hpa, "apiVersion") == V1:
        cpu = spec.pop("targetCPUUtilizationPercentage", None)
        spec["metrics"] = [*_metrics(_annotated(hpa, METRICS)), *_cpu(cpu)]
        spec["behavior"] = _behavior(_annotated(hpa, BEHAVIOR))
    return {**hpa, "apiVersion": V2, "spec": _without_nulls(spec)}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [{} if each is None else _without_nulls(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return value


def unreadable_annotations(hpa: Json) -> Iterator[tuple[str, str]]:
    """Names of annotations that a v1 object loses, and why."""
    if text_at(hpa, "apiVersion") != V1:
        return
    for name, type_, read in _READ:
        text = mapping_at(hpa, "metadata.annotations").get(name)
        if isinstance(text, str) and (problem := _problem(text, type_, read)):
            yield name, problem


def _problem(text: str, type_: Type, read: Callable[[Any], Any]) -> str:
    try:
        found = [each for each in flaws(read(_json(text)), type_) if not each.unknown]
        return "; ".join(f"{each.path} {each.message}" for each in found)
    except ValueError as error:
        return f"is no JSON of the right form: {error}"


def _annotated(hpa: Json, name: str) -> Any:
    text = mapping_at(hpa, "metadata.annotations").get(name)
    unreadable = {each for each, _ in unreadable_annotations(hpa)}
    return _json(text) if isinstance(text, str) and name not in unreadable else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _metrics(given: Any) -> list[dict[str, Any]]:
    """Raises ValueError where it is no list of mappings."""
    if given is None:
        return []
    if not (isinstance(given, list) and all(isinstance(each, dict) for each in given)):
        raise ValueError("must be a list of metrics")
    return [_metric(each) for each in given]


def _behavior(given: Any) -> dict[str, Any] | None:
    """Written by the API server itself, its names begin with capitals.

    Raises ValueError where it is no mapping.
    """
    if not isinstance(given, dict | None):
        raise ValueError("must be a mapping")  # noqa: TRY004  (one error for all bad JSON)
    return _lowered(given) or None


def _lowered(value: Any) -> Any:
    if isinstance(value, list):
        return [_lowered(each) for each in value]
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _lowered(each) for key, each in value.items()}
    return value


def _cpu(share: Any) -> Iterator[dict[str, Any]]:
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        yield {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def _metric(metric: Json) -> dict[str, Any]:
    made: dict[str, Any] = {"type": metric.get("type")}
    for block in ("resource", "containerResource", "pods", "object", "external"):
        if (source := metric.get(block)) is not None:
            made[block] = _source(block, source if isinstance(source, Mapping) else {})
    return made


def _source(block: str, source: Json) -> dict[str, Any]:
    made: dict[str, Any] = {"target": _target(block, source)}
    for part in ("name", "container"):
        if part in source:
            made[part] = source[part]
    if block in ("pods", "object", "external"):
        made["metric"] = {
            "name": source.get("metricName"),
            "selector": source.get("metricSelector", source.get("selector")),
        }
    if block == "object":
        made["describedObject"] = source.get("target")
    return made


def _target(block: str, source: Json) -> dict[str, Any]:
    share, total = source.get("targetAverageUtilization"), source.get("targetValue")
    average = source.get("averageValue" if block == "object" else "targetAverageValue")
    if block == "pods":
        average = _ABSENT if average is None else average
    elif block == "object" and average is None:
        total = _ABSENT if total is None else total
    elif block == "object" and total is not None and not parse(str(total).strip()).nano:
        total = None  # beside an average a zero means that it was left out
    kind = "Value" if average is None and total is not None else "AverageValue"
    kind = kind if share is None else "Utilization"
    figures = {"averageUtilization": share, "averageValue": average, "value": total}
    return {"type": kind, **{key: each for key, each in figures.items() if each is not None}}


_READ = ((METRICS, METRICS_TYPE, _metrics), (BEHAVIOR, BEHAVIOR_TYPE, _behavior))
