"""The five types of metrics: how each is called, calculated and reported."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.labelselector import selector_fault, selector_text
from tidegauge.autoscale.engine.spec import MetricName, MetricSpec, Reference, ResourceSource
from tidegauge.autoscale.engine.targets import by_external, by_object, by_pods, by_resource
from tidegauge.autoscale.engine.view import View
from tidegauge.units.quantities import BINARY_SI, DECIMAL_SI, milli_quantity


class Source(NamedTuple):
    """One metric, ready to be calculated. Texts are upstream's."""

    name: str
    """As events and conditions call it."""
    reason: str
    """Of event and condition where it fails."""
    context: str
    """What was being done when it failed, outermost first."""
    calculate: Callable[[View], Calculation]
    """Raises MetricError."""
    report: Callable[[Calculation], dict[str, Any]]
    """The entry of `currentMetrics`."""


def source_of(metric: MetricSpec) -> Source | None:
    """None where the type is unknown."""
    make = _SOURCES.get(metric.type)
    return make(metric) if make else None


def _resource(metric: MetricSpec) -> Source:
    source = metric.resource
    return Source(
        _resource_name(source, ""),
        "FailedGetResourceMetric",
        f"failed to get {source.name} resource metric value",
        lambda view: by_resource(view, source, ""),
        lambda got: {
            "type": metric.type,
            "resource": {"name": source.name, "current": _resource_value(source, got)},
        },
    )


def _container_resource(metric: MetricSpec) -> Source:
    source = metric.container_resource
    identity = {"name": source.name, "container": source.container}
    return Source(
        _resource_name(source, "container "),
        "FailedGetContainerResourceMetric",
        f"failed to get {source.container} container metric value",
        lambda view: by_resource(view, source, source.container),
        lambda got: {
            "type": metric.type,
            "containerResource": {**identity, "current": _resource_value(source, got)},
        },
    )


def _pods(metric: MetricSpec) -> Source:
    source = metric.pods
    return Source(
        f"pods metric {source.metric.name}",
        "FailedGetPodsMetric",
        "failed to get pods metric value",
        lambda view: by_pods(view, source.metric, source.target),
        lambda got: {
            "type": metric.type,
            "pods": {"metric": _identity(source.metric), "current": _average(got)},
        },
    )


def _object(metric: MetricSpec) -> Source:
    source, name = metric.object, metric.object.metric.name
    described, target = source.described_object, source.target
    shared = target.type == "AverageValue" and target.average_value is not None
    context = "failed to get object metric value"
    if shared and not selector_fault(source.metric.selector):  # selectors are looked at first
        context += f": failed to get {name} object metric"
    return Source(
        # The name of the averaged kind is upstream's slip; people search for what they have read.
        _series_name(source.metric) if shared else f"{described.kind} metric {name}",
        "FailedGetObjectMetric",
        context,
        lambda view: by_object(view, source.metric, described, target),
        lambda got: {
            "type": metric.type,
            "object": {
                "metric": _identity(source.metric),
                "describedObject": _reference(described),
                "current": _average(got) if shared else _value(got),
            },
        },
    )


def _external(metric: MetricSpec) -> Source:
    source, name = metric.external, metric.external.metric.name
    shared = source.target.average_value is not None
    context = f"failed to get {name} external metric value"
    if shared:
        context += f": failed to get {name} external metric"
    elif source.target.value is not None:
        context += f": failed to get external metric {name}"
    return Source(
        _series_name(source.metric),
        "FailedGetExternalMetric",
        context,
        lambda view: by_external(view, source.metric, source.target),
        lambda got: {
            "type": metric.type,
            "external": {
                "metric": _identity(source.metric),
                "current": _average(got) if shared else _value(got),
            },
        },
    )


_SOURCES: dict[str, Callable[[MetricSpec], Source]] = {
    "Resource": _resource,
    "ContainerResource": _container_resource,
    "Pods": _pods,
    "Object": _object,
    "External": _external,
}


def _resource_name(source: ResourceSource, qualifier: str) -> str:
    if source.target.average_value is not None:
        return f"{source.name} resource"
    return f"{source.name} {qualifier}resource utilization (percentage of request)"


def _series_name(metric: MetricName) -> str:
    return f"external metric {metric.name}({selector_text(metric.selector)})"


def _resource_value(source: ResourceSource, got: Calculation) -> dict[str, Any]:
    form = BINARY_SI if source.name == "memory" else DECIMAL_SI
    value: dict[str, Any] = {"averageValue": str(milli_quantity(got.usage, form))}
    if got.utilization is not None:
        value["averageUtilization"] = got.utilization
    return value


def _average(got: Calculation) -> dict[str, Any]:
    return {"averageValue": str(milli_quantity(got.usage, DECIMAL_SI))}


def _value(got: Calculation) -> dict[str, Any]:
    return {"value": str(milli_quantity(got.usage, DECIMAL_SI))}


def _identity(metric: MetricName) -> dict[str, Any]:
    named: dict[str, Any] = {"name": metric.name}
    return named if metric.selector is None else {**named, "selector": metric.selector}


def _reference(described: Reference) -> dict[str, Any]:
    named = {"kind": described.kind, "name": described.name}
    return {**named, "apiVersion": described.api_version} if described.api_version else named
