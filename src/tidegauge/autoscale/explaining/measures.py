"""Each metric: usage against target, the ratio, the proposal, and the pods that did not count."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.grouping import Group, GroupedPod
from tidegauge.autoscale.engine.labelselector import selector_fault
from tidegauge.autoscale.engine.proposals import Proposal, Proposals
from tidegauge.autoscale.engine.spec import MetricName, MetricSpec, Target
from tidegauge.autoscale.explaining.explanation import LeftOut, Measure
from tidegauge.autoscale.explaining.wording import amount
from tidegauge.autoscale.reading.metricapis import query


class Source(NamedTuple):
    """A metric, whatever its type."""

    label: str
    """Short, as people call it."""
    resource: str
    """Empty for metrics that are none of a resource."""
    target: Target
    of: str = ""
    """What it is measured on, where that is not the pods."""


def source_of(metric: MetricSpec) -> Source:
    match metric.type:
        case "Resource":
            usage = metric.resource
            return Source(usage.name, usage.name, usage.target)
        case "ContainerResource":
            usage = metric.container_resource
            return Source(f"{usage.name} of {usage.container}", usage.name, usage.target)
        case "Pods":
            return Source(
                metric.pods.metric.name, "", metric.pods.target, _series(metric.pods.metric)
            )
        case "Object":
            one = metric.object
            described = f"of {one.described_object.kind} {one.described_object.name}"
            where = " ".join(filter(None, (described, _series(one.metric))))
            return Source(one.metric.name, "", one.target, where)
        case "External":
            external = metric.external
            return Source(external.metric.name, "", external.target, _series(external.metric))
        case unknown:
            return Source(unknown or "(no type)", "", Target())


def _series(metric: MetricName) -> str:
    if selector_fault(metric.selector):
        return ""
    selector = query(metric.selector)
    return f"where {selector}" if selector else ""


def measures(proposals: Proposals) -> tuple[Measure, ...]:
    """In the order of the spec."""
    return tuple(
        _measure(one, decides=one is proposals.winner and not proposals.blocked)
        for one in proposals.proposals
    )


def _measure(proposal: Proposal, *, decides: bool) -> Measure:
    source, got = source_of(proposal.metric), proposal.calculation
    if got is None:
        failure = proposal.failure
        pods = failure.pods if failure else ()
        return Measure(
            name=source.label,
            type=proposal.metric.type,
            target=_target(source),
            detail=source.of,
            pods=_counts(pods),
            left_out=_left_out(pods, source),
            error=failure.message if failure else "",
        )
    return Measure(
        name=source.label,
        type=proposal.metric.type,
        usage=_usage(source, got),
        target=_target(source),
        detail=_detail(source, got),
        ratio=got.ratio,
        rebalanced=got.rebalanced,
        counted=got.counted,
        proposal=got.replicas,
        course=got.course.value,
        decides=decides,
        pods=_counts(got.pods),
        left_out=_left_out(got.pods, source, got),
    )


def _usage(source: Source, got: Calculation) -> str:
    if got.utilization is not None:
        return f"{got.utilization}%"
    return amount(got.usage, source.resource)


def _target(source: Source) -> str:
    target = source.target
    if target.average_value is not None:
        return amount(target.average_value.milli, source.resource)
    if target.value is not None:
        return amount(target.value.milli, source.resource)
    return "?" if target.average_utilization is None else f"{target.average_utilization}%"


def _detail(source: Source, got: Calculation) -> str:
    if got.utilization is not None:
        return f"{amount(got.usage, source.resource)} per pod, in percent of its request"
    shared = "per pod" if source.target.average_value is not None else ""
    return ", ".join(filter(None, (shared, source.of)))


def _counts(pods: Iterable[GroupedPod]) -> dict[str, int]:
    return dict(Counter(pod.group.value for pod in pods))


def _left_out(
    pods: Iterable[GroupedPod], source: Source, got: Calculation | None = None
) -> tuple[LeftOut, ...]:
    guessed = got.assumed if got else {}
    return tuple(
        LeftOut(
            pod.name,
            pod.group.value,
            pod.reason,
            amount(guessed[pod.name], source.resource) if pod.name in guessed else "",
        )
        for pod in pods
        if pod.group is not Group.READY
    )
