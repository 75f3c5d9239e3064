"""Rules about the figures that metrics are held to."""

from collections.abc import Iterator

from tidegauge.autoscale.engine.spec import Target
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.sources import parts, resource_sources
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.units.quantities import DECIMAL_SI, Quantity, milli_quantity

_LEAST_MEMORY = 1 << 20
"""Bytes; no process with a runtime lives in less, so less is a slip of the unit."""

_NANO_PER_MILLI = 10**6


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
    for part in parts(subject):
        counts = _what_counts(part.target)
        if part.type != "Object" and part.target.type != counts:
            message = f"the type is {part.target.type}, but what counts is the {counts} given"
            yield Found(f"{part.path}.target.type", message)


def _what_counts(target: Target) -> str:
    if target.average_value is not None:
        return "AverageValue"
    return "Value" if target.average_utilization is None else "Utilization"


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
    for part in parts(subject):
        if part.target.value is not None:
            yield f"{part.path}.target.value", part.target.value
        if part.target.average_value is not None:
            yield f"{part.path}.target.averageValue", part.target.average_value


def _exact_milli(figure: Quantity) -> int:
    return -(-figure.nano // _NANO_PER_MILLI)


@rule(
    "HPA317",
    Severity.WARNING,
    "A memory target of less than 1Mi",
    why="Every pod uses more, so the HPA always goes to its maximum. Most often it is a slip of "
    "the unit: `m` are thousandths, `500m` of memory is half a byte.",
    remedy="Write Mi or Gi, as in `averageValue: 500Mi`.",
)
def tiny_memory(subject: Subject) -> Iterator[Found]:
    for path, source in resource_sources(subject):
        value = source.target.average_value
        if source.name == "memory" and value is not None and value.nano < _LEAST_MEMORY * 10**9:
            yield Found(f"{path}.target.averageValue", f"{value} is less than 1Mi")


@rule(
    "HPA318",
    Severity.INFO,
    "A utilisation target above 100 %",
    why="Pods are then meant to use more than they ask for, all the time. Nodes promise only what "
    "is asked for, so when they are full usage stays below the target, and nothing scales up.",
    remedy="Raise the requests to what pods need, and set a target below 100.",
)
def beyond_request(subject: Subject) -> Iterator[Found]:
    for path, source in resource_sources(subject):
        share = source.target.average_utilization
        if share is not None and share > 100 and source.target.average_value is None:
            yield Found(f"{path}.target.averageUtilization", f"the target is {share} %")
