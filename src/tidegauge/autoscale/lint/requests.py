"""Rules about what pods ask for, where a metric is held against it."""

from collections.abc import Iterator

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.requests import RequestError, requests_by_pod
from tidegauge.autoscale.engine.spec import ResourceSource
from tidegauge.autoscale.lint.access import Json, mapping_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.podspecs import lacks_container, running
from tidegauge.autoscale.lint.sources import is_share, resource_sources
from tidegauge.autoscale.lint.subject import Subject

_EXAMPLES = {"cpu": "100m", "memory": "128Mi"}


@rule(
    "HPA301",
    Severity.ERROR,
    "A utilisation target without requests",
    why="Utilisation is a share of what is requested. One container of one pod without a request "
    "disables the whole metric: FailedGetResourceMetric, and `<unknown>` in kubectl.",
    remedy="Give every container, sidecars included, a request for the resource, or hold the "
    "metric to an amount: `target: {type: AverageValue, averageValue: 500m}`.",
)
def missing_request(subject: Subject) -> Iterator[Found]:
    for path, source in resource_sources(subject):
        if not is_share(source):
            continue
        for pod, spec in subject.pods:
            if lacks_container(spec, source.container):
                continue
            if problem := request_problem(pod, source):
                message = problem if not subject.from_template else _of_template(subject, problem)
                yield Found(f"{path}.target", message, _set_request(subject, spec, source))
                break


def request_problem(pod: Pod, source: ResourceSource) -> str:
    """Why the engine cannot tell what the pod requests; empty if it can."""
    try:
        requests_by_pod((pod,), source.container, source.name, NEWEST)
    except RequestError as error:
        return str(error)
    return ""


def _of_template(subject: Subject, problem: str) -> str:
    """The engine speaks of pods; here is but their template."""
    head, _, _ = problem.rpartition(" Pod ")
    return f"{head} the pod template of {subject.target_key}"


def _set_request(subject: Subject, spec: Json, source: ResourceSource) -> str:
    lacking = [
        name
        for name, one in running(spec)
        if source.container in ("", name)
        and source.name not in mapping_at(one, "resources.requests")
    ]
    if subject.target is None or not lacking:
        return ""
    own = {name for name, _ in running(subject.target.pod_spec)}
    if injected := [name for name in lacking if name not in own]:
        return (
            f"Container {injected[0]} is not in the template, so something injects it: let that "
            f"set a request for {source.name}, or name your own container in a metric of type "
            "ContainerResource."
        )
    flags = f"-c {','.join(lacking)} --requests={source.name}={_EXAMPLES.get(source.name, '1')}"
    return f"`kubectl set resources {subject.target.command} {flags}`"


@rule(
    "HPA302",
    Severity.ERROR,
    "The metric's container is in no pod",
    why="A ContainerResource metric fails where the named container is missing: "
    "FailedGetContainerResourceMetric.",
    remedy="Name a container of the target's pod template, or one that is injected for certain.",
)
def missing_container(subject: Subject) -> Iterator[Found]:
    for path, metric in subject.metrics("ContainerResource"):
        wanted = metric.container_resource.container
        for pod, spec in subject.pods:
            if lacks_container(spec, wanted):
                names = ", ".join(name for name, _ in running(spec))
                where = f"the pod template of {subject.target_key}"
                where = where if subject.from_template else f"Pod {pod.name}"
                message = f"{where} has no container {wanted}, but {names or 'none'}"
                yield Found(f"{path}.containerResource.container", message)
                break
