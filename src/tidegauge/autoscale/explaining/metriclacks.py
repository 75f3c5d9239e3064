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

_PROVIDERS = {
    RESOURCE: "a metrics server, such as Tidegauge's",
    CUSTOM: "an adapter, such as prometheus-adapter",
    EXTERNAL: "an adapter, such as KEDA or prometheus-adapter",
}

_UNSERVED = ("the server could not find the requested resource", "no custom metrics API")
"""What client-go says where nobody serves an API at all."""

_UNMAPPED = "unable to map kind"


def lacks(
    situation: Situation, failed: Sequence[Proposal], kubectl: str, target: str
) -> Iterator[Lack]:
    """`kubectl` with its namespace, `target` as it takes it. What several metrics lack is said
    once.
    """
    unanswered: dict[tuple[str, str], list[str]] = {}
    for one in failed:
        group, answer = _answer(situation, one.metric)
        label = source_of(one.metric).label
        if isinstance(answer, Failure):
            unanswered.setdefault((group, answer.message), []).append(label)
        elif group == RESOURCE:
            yield _usage(situation, one.metric, kubectl, target)
        elif group:
            yield _series(group, label)
        else:
            yield Lack(f"a metric of a type that is known; {one.metric.type!r} is none")
    for (group, message), labels in unanswered.items():
        yield _unanswered(group, message, ", ".join(labels))


def _answer(situation: Situation, metric: MetricSpec) -> tuple[str, object]:
    """The API that was asked, and what came of it."""
    answers = situation.answers
    match metric.type:
        case "Resource" | "ContainerResource":
            return RESOURCE, answers.resource
        case "Pods":
            return CUSTOM, answers.pods.get(metric.pods.metric)
        case "Object":
            one = metric.object
            return CUSTOM, answers.object.get((one.described_object, one.metric))
        case "External":
            return EXTERNAL, answers.external.get(metric.external.metric)
        case _:
            return "", None


def _unanswered(group: str, message: str, labels: str) -> Lack:
    if message.startswith(_UNMAPPED):
        return Lack(f"the object that {labels} is of: {message}", ("kubectl api-resources",))
    service = f"kubectl get apiservice {_APISERVICES[group]}"
    if message.startswith(_UNSERVED):
        return Lack(f"{_PROVIDERS[group]}: nobody serves {group}, for {labels}", (service,))
    return Lack(f"an answer of {group} for {labels}: {message}", (service, "tidegauge doctor"))


def _series(group: str, label: str) -> Lack:
    version = _APISERVICES[group].partition(".")[0]
    return Lack(
        f"series of {label}: {group} has none that match",
        (f"kubectl get --raw /apis/{group}/{version} | jq '.resources[].name'",),
    )


def _usage(situation: Situation, metric: MetricSpec, kubectl: str, target: str) -> Lack:
    """Of a metric of resources, which were answered."""
    named = metric.type == "ContainerResource"
    usage = metric.container_resource if named else metric.resource
    if not situation.pods:
        problem = "pods: none has the labels of its target's selector"
        return Lack(problem, (f"{kubectl} describe {target}",))
    if named and usage.container not in (known := _containers(situation.pods)):
        return Lack(
            f"a container {usage.container}; there is {', '.join(known)}",
            (f"{kubectl} edit hpa {situation.autoscaler.name}  # containerResource.container",),
        )
    if names := _requestless(situation.pods, usage):
        return _requests(situation, usage, names, kubectl, target)
    return Lack(
        f"a pod with a sample of {source_of(metric).label} that counts",
        (f"{kubectl} top pods --containers", f"{kubectl} get pods"),
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
        f"a request for {usage.name} of the {several} {', '.join(names)}: one pod without it makes "
        "the percentage unknown; these are what they use now",
        tuple(
            f"{kubectl} set resources {target} -c {name} "
            f"--requests={usage.name}={_worth(situation, usage.name, name)}"
            for name in names
        ),
    )


_FALLBACK = {"cpu": "100m", "memory": "128Mi"}
"""What many charts begin with."""

_LEAST = {"cpu": 10, "memory": (16 << 20) * 1000}
"""Milli-units: what idle containers use now says little about what they will."""


def _worth(situation: Situation, resource: str, container: str) -> str:
    """What the container's pods use now on average, for want of a better guess."""
    answer = situation.answers.resource
    used = [] if isinstance(answer, Failure) else list(_used(answer, resource, container))
    if not used:
        return _FALLBACK.get(resource, "1")
    return amount(max(sum(used) // len(used), _LEAST.get(resource, 1)), resource)


def _used(usages: Sequence[PodUsage], resource: str, container: str) -> Iterator[int]:
    for pod in usages:
        for one in pod.containers:
            if one.name == container and resource in one.usage:
                yield one.usage[resource]
