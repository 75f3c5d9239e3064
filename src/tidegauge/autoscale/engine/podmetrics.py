"""Metrics with a figure for each pod: resources, containers' resources, and the Pods type."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tidegauge.autoscale.engine.answers import ClientError, Samples, pod_samples, resource_samples
from tidegauge.autoscale.engine.calculation import Calculation, Course
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.grouping import Group, GroupedPod, group_pods
from tidegauge.autoscale.engine.requests import RequestError, requests_by_pod
from tidegauge.autoscale.engine.spec import MetricName
from tidegauge.autoscale.engine.view import View
from tidegauge.units.gonumbers import ceil_int32, divide, quotient, wrap_int32, wrap_int64


class Measure(NamedTuple):
    """The usage of some pods against the target."""

    ratio: float
    average: int
    utilization: int | None = None


class _Method(NamedTuple):
    """In what utilisation and average differ; the rest of the calculation is common."""

    target: int
    measure: Callable[[Mapping[str, int]], Measure]
    """Raises MetricError."""
    busy: Callable[[str], int]
    """The usage guessed for a missing pod, by its name, where the others are below the target."""
    left_out_at_target: bool
    """Whether no guess is made where the others are exactly on target."""


def by_utilization(view: View, resource: str, container: str, target: int) -> Calculation:
    """Usage as a percentage of the requests. Raises MetricError."""
    samples = _resource(view, resource, container)
    pods, usage = _counting(view, samples, resource)
    try:
        requests = requests_by_pod(view.pods, container, resource, view.profile)
    except RequestError as error:
        raise MetricError(str(error), pods) from error

    def measure(values: Mapping[str, int]) -> Measure:
        return _utilization(values, requests, target, pods)

    def busy(pod: str) -> int:
        return quotient(wrap_int64(requests[pod] * max(100, target)), 100)

    return _calculate(view, pods, usage, _Method(target, measure, busy, left_out_at_target=True))


def by_resource_average(view: View, resource: str, container: str, target: int) -> Calculation:
    """Usage per pod against an amount. Raises MetricError."""
    samples = _resource(view, resource, container)
    return _by_average(view, samples, resource, target)


def by_pods_average(view: View, metric: MetricName, target: int) -> Calculation:
    """A custom metric's average over the pods against an amount. Raises MetricError."""
    try:
        samples = pod_samples(view.answers, metric)
    except ClientError as error:
        raise MetricError(f"unable to get metric {metric.name}: {error}") from error
    return _by_average(view, samples, "", target)


def _resource(view: View, resource: str, container: str) -> Samples:
    try:
        return resource_samples(view.answers, resource, container, view.namespace, view.profile)
    except ClientError as error:
        raise MetricError(f"unable to get metrics for resource {resource}: {error}") from error


def _by_average(view: View, samples: Samples, resource: str, target: int) -> Calculation:
    pods, usage = _counting(view, samples, resource)

    def measure(values: Mapping[str, int]) -> Measure:
        average = quotient(wrap_int64(sum(values.values())), len(values))
        return Measure(divide(float(average), float(target)), average)

    left_out = view.profile.left_out_at_target
    return _calculate(view, pods, usage, _Method(target, measure, lambda _pod: target, left_out))


def _counting(
    view: View, samples: Samples, resource: str
) -> tuple[list[GroupedPod], dict[str, int]]:
    """The pods by group, and the usage of those that count; of pods unknown to us as well."""
    if not view.pods:
        raise MetricError("no pods returned by selector while calculating replica count")
    pods = group_pods(view.pods, samples, resource, view.settings, view.profile, view.now)
    left_out = {pod.name for pod in pods if pod.group in (Group.IGNORED, Group.UNREADY)}
    usage = {name: sample.value for name, sample in samples.items() if name not in left_out}
    if not usage:
        raise MetricError("did not receive metrics for targeted pods (pods might be unready)", pods)
    return pods, usage


def _utilization(
    values: Mapping[str, int],
    requests: Mapping[str, int],
    target: int,
    pods: Iterable[GroupedPod],
) -> Measure:
    """Cut to whole percents first: the ratio is that of the percents."""
    known = [name for name in values if name in requests]
    requested = wrap_int64(sum(requests[name] for name in known))
    if not requested:
        raise MetricError("no metrics returned matched known pods", tuple(pods))
    used = wrap_int64(sum(values[name] for name in known))
    utilization = wrap_int32(quotient(wrap_int64(used * 100), requested))
    ratio = divide(float(utilization), float(target))
    return Measure(ratio, quotient(used, len(known)), utilization)


def _calculate(
    view: View, pods: list[GroupedPod], usage: dict[str, int], method: _Method
) -> Calculation:
    first = method.measure(usage)
    assumed = _assumed(pods, first.ratio, method)
    missing = any(pod.group is Group.MISSING for pod in pods)
    rebalanced = None
    counted = sum(pod.group is Group.READY for pod in pods)
    if assumed or missing:
        usage = {**usage, **assumed}
        rebalanced, counted = method.measure(usage).ratio, len(usage)
    replicas, course = _propose(view, first.ratio, rebalanced, counted)
    return Calculation(
        replicas=replicas,
        usage=first.average,
        utilization=first.utilization,
        target=method.target,
        ratio=first.ratio,
        rebalanced=rebalanced,
        tolerance=view.tolerance,
        counted=counted,
        pods=tuple(pods),
        assumed=assumed,
        course=course,
    )


def _assumed(pods: Iterable[GroupedPod], ratio: float, method: _Method) -> dict[str, int]:
    """Guesses against the direction: pods without a figure are busy on the way down, idle up."""
    if ratio > 1.0:
        return {pod.name: 0 for pod in pods if pod.group in (Group.MISSING, Group.UNREADY)}
    if ratio < 1.0:
        return {pod.name: method.busy(pod.name) for pod in pods if pod.group is Group.MISSING}
    if method.left_out_at_target:
        return {}
    return {pod.name: 0 for pod in pods if pod.group is Group.MISSING}


def _propose(
    view: View, ratio: float, rebalanced: float | None, counted: int
) -> tuple[int, Course]:
    if rebalanced is None:
        if view.tolerance.holds(ratio):
            return view.replicas, Course.TOLERATED
        return ceil_int32(ratio * float(counted)), Course.SCALED
    if view.tolerance.holds(rebalanced):
        return view.replicas, Course.TOLERATED_REBALANCED
    if (ratio < 1.0 < rebalanced) or (rebalanced < 1.0 < ratio):
        return view.replicas, Course.TURNED
    replicas = ceil_int32(rebalanced * float(counted))
    if (rebalanced < 1.0 and replicas > view.replicas) or (
        rebalanced > 1.0 and replicas < view.replicas
    ):
        return view.replicas, Course.CONTRARY
    return replicas, Course.SCALED
