"""The five types of metrics: how each is called, calculated and reported."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tidegauge.autoscale.calculation import Calculation
from tidegauge.autoscale.errors import MetricError
from tidegauge.autoscale.labelselector import selector_fault, selector_text
from tidegauge.autoscale.podmetrics import by_pods_average, by_resource_average, by_utilization
from tidegauge.autoscale.spec import MetricName, MetricSpec, Reference, ResourceSource, Target
from tidegauge.autoscale.valuemetrics import (
    by_external_average,
    by_external_value,
    by_object_average,
    by_object_value,
)
from tidegauge.autoscale.view import View
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
        lambda view: _of_resource(view, source, ""),
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
        lambda view: _of_resource(view, source, source.container),
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
        lambda view: _of_pods(view, source.metric, source.target),
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
    return Source(
        # The name of the averaged kind is upstream's slip; people search for what they have read.
        _series_name(source.metric) if shared else f"{described.kind} metric {name}",
        "FailedGetObjectMetric",
        f"{context}: failed to get {name} object metric" if shared else context,
        lambda view: _of_object(view, source.metric, described, target),
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
        lambda view: _of_external(view, source.metric, source.target),
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


def _of_resource(view: View, source: ResourceSource, container: str) -> Calculation:
    target = source.target
    if target.average_value is not None:
        try:
            return by_resource_average(view, source.name, container, target.average_value.milli)
        except MetricError as error:
            raise error.within(f"failed to get {source.name} usage") from error
    if target.average_utilization is None:
        raise MetricError(
            "invalid resource metric source: neither an average utilization target "
            "nor an average value (usage) target was set"
        )
    try:
        return by_utilization(view, source.name, container, target.average_utilization)
    except MetricError as error:
        raise error.within(f"failed to get {source.name} utilization") from error


def _of_pods(view: View, metric: MetricName, target: Target) -> Calculation:
    _check(metric)
    if target.average_value is None:
        raise _no_target("pods")
    return by_pods_average(view, metric.name, target.average_value.milli)


def _of_object(view: View, metric: MetricName, described: Reference, target: Target) -> Calculation:
    _check(metric)
    where = f"{described.kind} {view.namespace}/{described.name}"
    if target.type == "Value" and target.value is not None:
        return by_object_value(view, metric.name, where, target.value.milli)
    if target.type == "AverageValue" and target.average_value is not None:
        return by_object_average(view, metric.name, where, target.average_value.milli)
    raise _no_target("object")


def _of_external(view: View, metric: MetricName, target: Target) -> Calculation:
    selector = selector_text(metric.selector)
    if target.average_value is not None:
        _check(metric)
        return by_external_average(view, metric.name, selector, target.average_value.milli)
    if target.value is not None:
        _check(metric)
        return by_external_value(view, metric.name, selector, target.value.milli)
    raise _no_target("external")


def _check(metric: MetricName) -> None:
    if fault := selector_fault(metric.selector):
        raise MetricError(fault)


def _no_target(kind: str) -> MetricError:
    return MetricError(
        f"invalid {kind} metric source: neither a value target nor an average value target was set"
    )


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
