"""Metrics with one figure for the workload: Object and External."""

from collections.abc import Sequence

from tidegauge.autoscale.engine.answers import ClientError, external_values, object_value
from tidegauge.autoscale.engine.calculation import Calculation, Course
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.grouping import Group, GroupedPod
from tidegauge.autoscale.engine.labelselector import selector_text
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.spec import MetricName, Reference
from tidegauge.autoscale.engine.view import View
from tidegauge.units.gonumbers import (
    INT32_MAX,
    INT64_MAX,
    ceil_int32,
    ceil_int64,
    divide,
    wrap_int64,
)


def by_object_value(
    view: View, metric: MetricName, described: Reference, target: int
) -> Calculation:
    """One object's value against an amount. Raises MetricError."""
    return _by_value(view, _object(view, metric, described), target)


def by_external_value(view: View, metric: MetricName, target: int) -> Calculation:
    """The sum of the series against an amount. Raises MetricError."""
    usage = 0
    for value in _external(view, metric):
        if view.profile.guarded_overflow and usage + value > INT64_MAX:
            usage = INT64_MAX
            break
        usage = wrap_int64(usage + value)
    return _by_value(view, usage, target)


def by_object_average(
    view: View, metric: MetricName, described: Reference, target: int
) -> Calculation:
    """One object's value shared among the pods. Raises MetricError."""
    usage = _object(view, metric, described)
    reported = ceil_int64(divide(float(usage), float(view.status_replicas)))
    return _shared(view, usage, reported, target, capped=False)


def by_external_average(view: View, metric: MetricName, target: int) -> Calculation:
    """The sum of the series shared among the pods; a sum below zero counts as overflow.

    Raises MetricError.
    """
    usage, guarded = 0, view.profile.guarded_overflow
    for value in _external(view, metric):
        usage = wrap_int64(usage + value)
        if guarded and usage < 0:
            usage = INT64_MAX
            break
    reported = ceil_int64(divide(float(usage), float(view.status_replicas)))
    if guarded and float(usage) >= 2.0**63:
        reported = INT64_MAX
    return _shared(view, usage, reported, target, capped=guarded)


def _object(view: View, metric: MetricName, described: Reference) -> int:
    try:
        return object_value(view.answers, described, metric)
    except ClientError as error:
        where = f"{described.kind} {view.namespace}/{described.name}"
        raise MetricError(f"unable to get metric {metric.name} on {where}: {error}") from error


def _external(view: View, metric: MetricName) -> Sequence[int]:
    try:
        return external_values(view.answers, metric)
    except ClientError as error:
        name = f"{view.namespace}/{metric.name}/{selector_text(metric.selector)}"
        raise MetricError(f"unable to get external metric {name}: {error}") from error


def _by_value(view: View, usage: int, target: int) -> Calculation:
    ratio = divide(float(usage), float(target))
    counted: int | None = None
    pods: tuple[GroupedPod, ...] = ()
    if not view.replicas:
        replicas, course = ceil_int32(ratio), Course.WITHOUT_PODS
    elif view.tolerance.holds(ratio):
        replicas, course = view.replicas, Course.TOLERATED
    else:
        pods = _grouped(view.pods)
        counted = sum(pod.group is Group.READY for pod in pods)
        replicas, course = (
            _ceil(ratio * float(counted), capped=view.profile.guarded_overflow),
            Course.SCALED,
        )
    return Calculation(
        replicas=replicas,
        usage=usage,
        target=target,
        ratio=ratio,
        tolerance=view.tolerance,
        counted=counted,
        pods=pods,
        course=course,
    )


def _grouped(pods: Sequence[Pod]) -> tuple[GroupedPod, ...]:
    """Here only those that run and are ready count."""
    if not pods:
        raise MetricError(
            "unable to calculate ready pods: "
            "no pods returned by selector while calculating replica count"
        )
    return tuple(GroupedPod(pod.name, *_group(pod)) for pod in pods)


def _group(pod: Pod) -> tuple[Group, str]:
    if pod.phase != "Running":
        return Group.IGNORED, "is not running"
    if pod.ready is None or pod.ready.status != "True":
        return Group.IGNORED, "is not ready"
    return Group.READY, "is running and ready"


def _shared(view: View, usage: int, reported: int, target: int, *, capped: bool) -> Calculation:
    """Here, and only here, the replicas that the scale's status counts are what is compared."""
    ratio = divide(float(usage), float(target) * float(view.status_replicas))
    if view.tolerance.holds(ratio):
        replicas, course = view.status_replicas, Course.TOLERATED
    else:
        wanted = divide(float(usage), float(target))
        replicas, course = _ceil(wanted, capped=capped), Course.WITHOUT_PODS
    return Calculation(
        replicas=replicas,
        usage=reported,
        target=target,
        ratio=ratio,
        tolerance=view.tolerance,
        course=course,
    )


def _ceil(value: float, *, capped: bool) -> int:
    return INT32_MAX if capped and value > INT32_MAX else ceil_int32(value)
