"""Rules about metrics and their targets."""

from collections.abc import Iterator
from typing import NamedTuple

from tidegauge.autoscale.engine.spec import (
    ExternalSource,
    MetricName,
    MetricSpec,
    ObjectSource,
    PodsSource,
    Target,
)
from tidegauge.autoscale.lint.access import at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.matching import selector_faults
from tidegauge.autoscale.lint.requests import source_of
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.units.quantities import DECIMAL_SI, Quantity, milli_quantity

_MEASURED = ("cpu", "memory")
"""What metrics.k8s.io knows."""

_LEAST_MEMORY = 1 << 20
"""Bytes; no process with a runtime lives in less, so less is a slip of the unit."""

_NANO_PER_MILLI = 10**6

_GROUPS = {
    "Resource": "metrics.k8s.io",
    "ContainerResource": "metrics.k8s.io",
    "Pods": "custom.metrics.k8s.io",
    "Object": "custom.metrics.k8s.io",
    "External": "external.metrics.k8s.io",
}


class _Parts(NamedTuple):
    """One metric, whatever its type."""

    path: str
    """Of its block."""
    identity: tuple[str, ...]
    target: Target
    named: MetricName | None


def _parts(path: str, metric: MetricSpec) -> _Parts:
    if metric.type in ("Resource", "ContainerResource"):
        block, source = source_of(metric)
        identity = (metric.type, source.name, source.container)
        return _Parts(f"{path}.{block}", identity, source.target, None)
    if metric.type == "Object":
        described = metric.object.described_object
        return _named(path, metric.type, metric.object, described.kind, described.name)
    return _named(path, metric.type, metric.pods if metric.type == "Pods" else metric.external)


def _named(
    path: str, type_: str, source: PodsSource | ObjectSource | ExternalSource, *about: str
) -> _Parts:
    identity = (type_, source.metric.name, repr(source.metric.selector), *about)
    return _Parts(f"{path}.{type_.lower()}", identity, source.target, source.metric)


def _all(subject: Subject) -> list[_Parts]:
    return [_parts(path, metric) for path, metric in subject.metrics()]


@rule(
    "HPA310",
    Severity.WARNING,
    "A metric is given twice",
    why="The highest proposal wins, so of two targets for one metric the higher has no effect.",
    remedy="Remove the metric with the higher target.",
)
def duplicate_metric(subject: Subject) -> Iterator[Found]:
    first: dict[tuple[str, ...], str] = {}
    for each in _all(subject):
        if each.identity in first:
            yield Found(each.path, f"the same metric as {first[each.identity]}")
        first.setdefault(each.identity, each.path)


@rule(
    "HPA311",
    Severity.ERROR,
    "The target's type has no figure",
    why="For an Object metric the controller goes by the target's type. Where the figure of that "
    "type is missing the metric always fails, though the API server accepts it.",
    remedy="Set `value` for the type Value, `averageValue` for AverageValue; Utilization is for "
    "resources only.",
)
def figure_missing(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("Object"):
        target = metric.object.target
        figure = {"Value": target.value, "AverageValue": target.average_value}.get(target.type)
        if figure is None:
            message = f"the type is {target.type}, and its figure is not there"
            yield Found(f"{path}.object.target.type", message)


@rule(
    "HPA312",
    Severity.WARNING,
    "The target's type is not what counts",
    why="But for Object metrics the controller goes by the figure that is set, not by the type. "
    "Whoever reads the type expects something else.",
    remedy="Write the type that goes with the figure, or the figure that goes with the type.",
)
def figure_of_another_type(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("Resource", "ContainerResource", "Pods", "External"):
        part = _parts(path, metric)
        counts = _what_counts(part.target)
        if part.target.type != counts:
            message = f"the type is {part.target.type}, but what counts is the {counts} given"
            yield Found(f"{part.path}.target.type", message)


def _what_counts(target: Target) -> str:
    if target.average_value is not None:
        return "AverageValue"
    return "Value" if target.average_utilization is None else "Utilization"


@rule(
    "HPA313",
    Severity.ERROR,
    "The metric's selector is invalid",
    why="The API server does not look at it; the controller does, and the metric always fails.",
    remedy="Operators are In, NotIn, Exists and DoesNotExist, the first two with `values`; keys "
    "and values have the form of labels.",
)
def invalid_selector(subject: Subject) -> Iterator[Found]:
    for part in _all(subject):
        for fault in selector_faults((part.named and part.named.selector) or {}):
            yield Found(f"{part.path}.metric.selector", fault)


@rule(
    "HPA314",
    Severity.ERROR,
    "The target is read as another figure",
    why="The controller computes with whole thousandths in 64 bits. What does not fit wraps "
    "round or becomes 0, and a size computed from that is nonsense.",
    remedy="Let the metric count in bigger units, so that its figures stay below 9e15.",
)
def overflowing_target(subject: Subject) -> Iterator[Found]:
    for path, figure in _figures(subject):
        if figure.milli != _exact_milli(figure):
            read = milli_quantity(figure.milli, DECIMAL_SI)
            yield Found(path, f"{figure} is read as {read}")


@rule(
    "HPA315",
    Severity.WARNING,
    "The target is finer than a thousandth",
    why="The controller rounds figures up to whole thousandths, the metric's values too, so one "
    "below that is always 1m.",
    remedy="Let the metric count in smaller units.",
)
def too_fine_target(subject: Subject) -> Iterator[Found]:
    for path, figure in _figures(subject):
        rounded = figure.milli == _exact_milli(figure)
        if rounded and figure.nano % _NANO_PER_MILLI:
            yield Found(path, f"{figure} is rounded up to {figure.milli}m")


def _figures(subject: Subject) -> Iterator[tuple[str, Quantity]]:
    for part in _all(subject):
        if part.target.value is not None:
            yield f"{part.path}.target.value", part.target.value
        if part.target.average_value is not None:
            yield f"{part.path}.target.averageValue", part.target.average_value


def _exact_milli(figure: Quantity) -> int:
    return -(-figure.nano // _NANO_PER_MILLI)


@rule(
    "HPA316",
    Severity.ERROR,
    "The resource is not measured",
    why="Resource metrics come from metrics.k8s.io, which has cpu and memory. For any other name "
    "the metric always fails, though the API server accepts it.",
    remedy="Write cpu or memory; other things are metrics of type Pods, Object or External.",
)
def unmeasured_resource(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("Resource", "ContainerResource"):
        block, source = source_of(metric)
        if source.name not in _MEASURED:
            meant = [each for each in _MEASURED if each == source.name.strip().lower()]
            hint = f"; did you mean {meant[0]}?" if meant else ""
            yield Found(f"{path}.{block}.name", f"nobody measures {source.name!r}{hint}")


@rule(
    "HPA317",
    Severity.WARNING,
    "A memory target of less than 1Mi",
    why="Every pod uses more, so the HPA always goes to its maximum. Most often it is a slip of "
    "the unit: `m` are thousandths, `500m` of memory is half a byte.",
    remedy="Write Mi or Gi, as in `averageValue: 500Mi`.",
)
def tiny_memory(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("Resource", "ContainerResource"):
        block, source = source_of(metric)
        value = source.target.average_value
        if source.name == "memory" and value is not None and value.nano < _LEAST_MEMORY * 10**9:
            yield Found(f"{path}.{block}.target.averageValue", f"{value} is less than 1Mi")


@rule(
    "HPA318",
    Severity.INFO,
    "A utilisation target above 100 %",
    why="Pods are then meant to use more than they ask for, all the time. Nodes promise only what "
    "is asked for, so when they are full usage stays below the target, and nothing scales up.",
    remedy="Raise the requests to what pods need, and set a target below 100.",
)
def beyond_request(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("Resource", "ContainerResource"):
        block, source = source_of(metric)
        share = source.target.average_utilization
        if share is not None and share > 100 and source.target.average_value is None:
            yield Found(f"{path}.{block}.target.averageUtilization", f"the target is {share} %")


@rule(
    "HPA319",
    Severity.ERROR,
    "Nobody serves the metric",
    why="The controller asks an API that the cluster does not have, so the metric always fails, "
    "and one metric that fails keeps the HPA from scaling down.",
    remedy="Install what serves it: a metrics server for metrics.k8s.io, an adapter such as "
    "prometheus-adapter or KEDA for custom.metrics.k8s.io and external.metrics.k8s.io. "
    "`kubectl get apiservices` lists what there is.",
)
def unserved_metric(subject: Subject) -> Iterator[Found]:
    groups = subject.around.knowledge.groups
    for path, metric in subject.metrics() if groups is not None else ():
        needed = _GROUPS[metric.type]
        if groups is not None and needed not in groups:
            yield Found(f"{path}.type", f"{metric.type} metrics need {needed}, which is not served")


@rule(
    "HPA320",
    Severity.INFO,
    "The default metric is used",
    why="Without metrics an HPA scales by CPU at 80 % of what is requested.",
    remedy="Write down the metric that is meant.",
)
def default_metric(subject: Subject) -> Iterator[Found]:
    if not at(subject.written, "spec.metrics"):
        yield Found("spec", "there is no metric, so it is CPU at 80 %")
