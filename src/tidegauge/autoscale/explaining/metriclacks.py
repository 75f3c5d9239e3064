"""What is missing where a metric failed: a request, a container, an API, an adapter."""

from collections.abc import Iterator, Sequence

from tidegauge.autoscale.engine.answers import Failure, PodUsage
from tidegauge.autoscale.engine.pods import Kind, Pod
from tidegauge.autoscale.engine.proposals import Proposal
from tidegauge.autoscale.engine.situation import Situation
from tidegauge.autoscale.engine.spec import MetricSpec, ResourceSource
from tidegauge.autoscale.explaining.explanation import Lack
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import amount
from tidegauge.autoscale.reading.metricapis import CUSTOM, EXTERNAL, RESOURCE

_APISERVICES = {
    RESOURCE: f"v1beta1.{RESOURCE}",
    CUSTOM: f"v1beta2.{CUSTOM}",
    EXTERNAL: f"v1beta1.{EXTERNAL}",
}


def failed(situation: Situation, proposal: Proposal, kubectl: str, target: str) -> Lack:
    """`kubectl` with its namespace, `target` as it takes it."""
    metric = proposal.metric
    usage = _usage_source(metric)
    if usage is None:
        return _series(situation, metric)
    if isinstance(situation.answers.resource, Failure):
        return _api(RESOURCE, situation.answers.resource, "a metrics server, such as this one")
    if not situation.pods:
        return Lack(
            "pods: none has the labels of its target's selector",
            (f"{kubectl} describe {target}",),
        )
    if usage.container and usage.container not in (known := _containers(situation.pods)):
        return Lack(
            f"a container {usage.container}; there is {', '.join(known)}",
            (f"{kubectl} edit hpa {situation.autoscaler.name}  # containerResource.container",),
        )
    if names := _requestless(situation.pods, usage):
        return _requests(situation, usage, names, kubectl, target)
    label = source_of(metric).label
    return Lack(
        f"a pod with a sample of {label} that counts",
        (f"{kubectl} top pods --containers", f"{kubectl} get pods"),
    )


def _usage_source(metric: MetricSpec) -> ResourceSource | None:
    sources = {"Resource": metric.resource, "ContainerResource": metric.container_resource}
    return sources.get(metric.type)


def _api(group: str, failure: Failure, provider: str) -> Lack:
    return Lack(
        f"an answer of {group}, which {provider} gives: {failure.message}",
        (f"kubectl get apiservice {_APISERVICES[group]}", "tidegauge doctor"),
    )


def _series(situation: Situation, metric: MetricSpec) -> Lack:
    """Of a metric that an adapter provides."""
    answers = situation.answers
    answer: object
    match metric.type:
        case "Pods":
            group, answer = CUSTOM, answers.pods.get(metric.pods.metric)
        case "Object":
            described = metric.object.described_object, metric.object.metric
            group, answer = CUSTOM, answers.object.get(described)
        case "External":
            group, answer = EXTERNAL, answers.external.get(metric.external.metric)
        case unknown:
            return Lack(f"a metric of a type that is known; {unknown!r} is none")
    label = source_of(metric).label
    if isinstance(answer, Failure):
        return _api(group, answer, "an adapter, such as prometheus-adapter or KEDA,")
    version = _APISERVICES[group].partition(".")[0]
    return Lack(
        f"series of {label}: {group} has none that match",
        (f"kubectl get --raw /apis/{group}/{version} | jq '.resources[].name'",),
    )


def _containers(pods: Sequence[Pod]) -> list[str]:
    return sorted({one.name for pod in pods for one in pod.containers if one.kind != Kind.INIT})


def _requestless(pods: Sequence[Pod], usage: ResourceSource) -> list[str]:
    """Containers that have no request for the resource, in a pod that has none either."""
    if usage.target.average_utilization is None:
        return []
    return sorted(
        {
            one.name
            for pod in pods
            if usage.name not in pod.pod_requests
            for one in pod.containers
            if one.kind != Kind.INIT and usage.container in ("", one.name)
            if usage.name not in one.requests
        }
    )


def _requests(
    situation: Situation, usage: ResourceSource, names: list[str], kubectl: str, target: str
) -> Lack:
    several = "containers" if len(names) > 1 else "container"
    return Lack(
        f"a request for {usage.name} of the {several} {', '.join(names)}: one pod without it is "
        "enough to make the percentage unknown",
        tuple(
            f"{kubectl} set resources {target} -c {name} "
            f"--requests={usage.name}={_worth(situation, usage.name, name)}"
            for name in names
        ),
    )


_FALLBACK = {"cpu": "100m", "memory": "128Mi"}


def _worth(situation: Situation, resource: str, container: str) -> str:
    """What the container's pods use now on average, for want of a better guess."""
    answer = situation.answers.resource
    used = [] if isinstance(answer, Failure) else list(_used(answer, resource, container))
    if not used or not sum(used):
        return _FALLBACK.get(resource, "1")
    return amount(sum(used) // len(used), resource)


def _used(usages: Sequence[PodUsage], resource: str, container: str) -> Iterator[int]:
    for pod in usages:
        for one in pod.containers:
            if one.name == container and resource in one.usage:
                yield one.usage[resource]
