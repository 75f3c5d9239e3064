"""Which calculation a target asks for: mostly by the figure that is set, not by its type."""

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.labelselector import selector_fault
from tidegauge.autoscale.engine.podmetrics import (
    by_pods_average,
    by_resource_average,
    by_utilization,
)
from tidegauge.autoscale.engine.spec import MetricName, Reference, ResourceSource, Target
from tidegauge.autoscale.engine.valuemetrics import (
    by_external_average,
    by_external_value,
    by_object_average,
    by_object_value,
)
from tidegauge.autoscale.engine.view import View


def by_resource(view: View, source: ResourceSource, container: str) -> Calculation:
    """Utilisation, or an amount per pod. Raises MetricError."""
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


def by_pods(view: View, metric: MetricName, target: Target) -> Calculation:
    """An amount per pod. Raises MetricError."""
    _check(metric)
    if target.average_value is None:
        raise _no_target("pods")
    return by_pods_average(view, metric, target.average_value.milli)


def by_object(view: View, metric: MetricName, described: Reference, target: Target) -> Calculation:
    """The value, or its share per pod; here the target's type decides. Raises MetricError."""
    _check(metric)
    if target.type == "Value" and target.value is not None:
        return by_object_value(view, metric, described, target.value.milli)
    if target.type == "AverageValue" and target.average_value is not None:
        return by_object_average(view, metric, described, target.average_value.milli)
    raise _no_target("object")


def by_external(view: View, metric: MetricName, target: Target) -> Calculation:
    """The sum of the series, or its share per pod. Raises MetricError."""
    if target.average_value is not None:
        _check(metric)
        return by_external_average(view, metric, target.average_value.milli)
    if target.value is not None:
        _check(metric)
        return by_external_value(view, metric, target.value.milli)
    raise _no_target("external")


def _check(metric: MetricName) -> None:
    if fault := selector_fault(metric.selector):
        raise MetricError(fault)


def _no_target(kind: str) -> MetricError:
    return MetricError(
        f"invalid {kind} metric source: neither a value target nor an average value target was set"
    )
