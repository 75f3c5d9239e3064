"""What the metric APIs answered, and what the controller's own clients make of it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from tidegauge.autoscale.engine.profiles import Profile
from tidegauge.autoscale.engine.spec import MetricName, Reference
from tidegauge.units.gonumbers import wrap_int64


class Sample(Struct, frozen=True):
    """One pod's figure: milli-units, when it was taken, the seconds before that it covers."""

    value: int
    timestamp: float
    window: float


class ContainerUsage(Struct, frozen=True):
    """Milli-units by resource."""

    name: str
    usage: Mapping[str, int]


class PodUsage(Struct, frozen=True):
    """An item of a PodMetricsList."""

    pod: str
    timestamp: float
    window: float
    containers: tuple[ContainerUsage, ...]


class PodValue(Struct, frozen=True):
    """An item of a MetricValueList on pods; milli-units."""

    pod: str
    timestamp: float
    window: float | None
    value: int


class Failure(Struct, frozen=True):
    """A request that failed, with the error's text."""

    message: str


class Answers(Struct, frozen=True, kw_only=True):
    """By metric, which its name alone does not tell; values in milli-units.

    What is absent counts as an empty answer.
    """

    resource: Sequence[PodUsage] | Failure = ()
    """metrics.k8s.io, one answer for every Resource and ContainerResource metric."""
    pods: Mapping[MetricName, Sequence[PodValue] | Failure] = {}
    object: Mapping[tuple[Reference, MetricName], int | Failure] = {}
    external: Mapping[MetricName, Sequence[int] | Failure] = {}


class ClientError(Exception):
    """The client's text."""


Samples = dict[str, Sample]
"""By name of the pod."""

_Item = TypeVar("_Item")

_DEFAULT_WINDOW = 60.0
"""Of a custom metric that gives none."""


def resource_samples(
    answers: Answers, resource: str, container: str, namespace: str, profile: Profile
) -> Samples:
    """The usage of each pod, or of its container where `container` is not empty.

    Pods of which a part is not known are left out. Raises ClientError.
    """
    items = _items(answers.resource, "resource metrics")
    if not container:
        totals = ((item, _total(item, resource)) for item in items)
    else:
        if not profile.container_may_be_missing:
            _require_container(items, container, namespace)
        totals = ((item, _of_container(item, container, resource)) for item in items)
    return {
        item.pod: Sample(value, item.timestamp, item.window)
        for item, value in totals
        if value is not None
    }


def _total(item: PodUsage, resource: str) -> int | None:
    total = 0
    for one in item.containers:
        value = one.usage.get(resource)
        if value is None:
            return None
        total += value
    return wrap_int64(total) if item.containers else None


def _of_container(item: PodUsage, container: str, resource: str) -> int | None:
    for one in item.containers:
        if one.name == container:
            return one.usage.get(resource)
    return None


def _require_container(items: Sequence[PodUsage], container: str, namespace: str) -> None:
    for item in items:
        if all(one.name != container for one in item.containers):
            raise ClientError(
                "failed to get container metrics: "
                f"container {container} not present in metrics for pod {namespace}/{item.pod}"
            )


def pod_samples(answers: Answers, metric: MetricName) -> Samples:
    """Raises ClientError."""
    return {
        item.pod: Sample(
            item.value, item.timestamp, _DEFAULT_WINDOW if item.window is None else item.window
        )
        for item in _items(answers.pods.get(metric, ()), "custom metrics")
    }


def object_value(answers: Answers, described: Reference, metric: MetricName) -> int:
    """Raises ClientError."""
    answer = answers.object.get((described, metric))
    if isinstance(answer, int):
        return answer
    if answer is None:
        raise ClientError("no metrics returned from custom metrics API")
    raise ClientError(f"unable to fetch metrics from custom metrics API: {answer.message}")


def external_values(answers: Answers, metric: MetricName) -> Sequence[int]:
    """One of each series. Raises ClientError."""
    return _items(answers.external.get(metric, ()), "external metrics")


def _items(answer: Sequence[_Item] | Failure, api: str) -> Sequence[_Item]:
    if isinstance(answer, Failure):
        raise ClientError(f"unable to fetch metrics from {api} API: {answer.message}")
    if not answer:
        raise ClientError(f"no metrics returned from {api} API")
    return answer
