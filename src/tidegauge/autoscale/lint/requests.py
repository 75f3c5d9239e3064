"""Rules about what pods ask for and may use, where a metric is held against it."""

from collections.abc import Iterator

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.requests import RequestError, requests_by_pod
from tidegauge.autoscale.engine.spec import MetricSpec, ResourceSource
from tidegauge.autoscale.engine.tolerance import Tolerance
from tidegauge.autoscale.lint.access import Json, mapping_at, objects_at, text_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.podspecs import limit, running
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.tolerances import tolerance
from tidegauge.units.quantities import DECIMAL_SI, milli_quantity

_EXAMPLES = {"cpu": "100m", "memory": "128Mi"}


def source_of(metric: MetricSpec) -> tuple[str, ResourceSource]:
    """The block of a metric of type Resource or ContainerResource, and its name."""
    if metric.type == "Resource":
        return "resource", metric.resource
    return "containerResource", metric.container_resource


def _sources(subject: Subject) -> Iterator[tuple[str, ResourceSource]]:
    for path, metric in subject.metrics("Resource", "ContainerResource"):
        block, source = source_of(metric)
        yield f"{path}.{block}", source


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
    for path, source in _sources(subject):
        if not _is_share(source):
            continue
        for pod, spec in subject.pods:
            if _lacks_container(spec, source.container):
                continue
            if problem := _request_problem(pod, source):
                message = problem if not subject.from_template else _of_template(subject, problem)
                yield Found(f"{path}.target", message, _set_request(subject, spec, source))
                break


def _is_share(source: ResourceSource) -> bool:
    return source.target.average_value is None and source.target.average_utilization is not None


def _request_problem(pod: Pod, source: ResourceSource) -> str:
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
        text_at(one, "name")
        for _, one in running(spec)
        if source.container in ("", text_at(one, "name"))
        and source.name not in mapping_at(one, "resources.requests")
    ]
    inside = (
        [text_at(one, "name") for _, one in running(subject.target.pod_spec)]
        if (subject.target)
        else []
    )
    if lacking and not set(lacking) <= set(inside):
        return (
            f"Container {lacking[0]} is not in the template, so something injects it: let that "
            f"set a request for {source.name}, or name your own container in a metric of type "
            "ContainerResource."
        )
    containers = ",".join(lacking)
    example = f"{source.name}={_EXAMPLES.get(source.name, '1')}"
    command = subject.target.command if subject.target else "TARGET"
    return (
        f"`kubectl set resources {command} -c {containers} --requests={example}`"
        if (containers)
        else ""
    )


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
        name = metric.container_resource.container
        for pod, spec in subject.pods:
            if _lacks_container(spec, name):
                names = ", ".join(text_at(one, "name") for _, one in running(spec))
                where = f"the pod template of {subject.target_key}"
                where = where if subject.from_template else f"Pod {pod.name}"
                message = f"{where} has no container {name}, but {names or 'none'}"
                yield Found(f"{path}.containerResource.container", message)
                break


def _lacks_container(spec: Json, name: str) -> bool:
    return bool(name) and all(text_at(one, "name") != name for _, one in running(spec))


@rule(
    "HPA303",
    Severity.ERROR,
    "The limits keep usage below the target",
    why="Usage cannot pass the limits: CPU is throttled there, and memory gets the container "
    "killed. If the figure at the limits is still within tolerance of the target, this metric "
    "never scales up.",
    remedy="Lower the target, raise the limits, or lower the requests.",
)
def unreachable_target(subject: Subject) -> Iterator[Found]:
    allowed = tolerance(subject)
    for path, source in _sources(subject):
        reaches = [_most(pod, spec, source) for pod, spec in subject.pods]
        known = [each for each in reaches if each is not None]
        if known and len(known) == len(reaches) and not _ever_above(known, source, allowed):
            figure = "averageUtilization" if _is_share(source) else "averageValue"
            yield Found(f"{path}.target.{figure}", _explain(max(known), source, allowed))


def _most(pod: Pod, spec: Json, source: ResourceSource) -> int | None:
    """The most that the metric can show of such a pod: percent, or milli-units."""
    most = limit(spec, source.name, source.container)
    if most is None or not _is_share(source):
        return most
    if _request_problem(pod, source) or _lacks_container(spec, source.container):
        return None
    request = requests_by_pod((pod,), source.container, source.name, NEWEST)[pod.name]
    return most * 100 // request if request else None


def _goal(source: ResourceSource) -> int:
    value, share = source.target.average_value, source.target.average_utilization
    return value.milli if value is not None else share or 0


def _ever_above(most: list[int], source: ResourceSource, allowed: Tolerance) -> bool:
    goal = _goal(source)
    return not goal or any(
        one > goal and not allowed.holds(float(one) / float(goal)) for one in most
    )


def _explain(most: int, source: ResourceSource, allowed: Tolerance) -> str:
    top = allowed.band[1]
    if _is_share(source):
        return (
            f"at its limits a pod uses {most} % of its request for {source.name}, and only more "
            f"than {source.target.average_utilization} % x {top:g} scales up"
        )
    shown = milli_quantity(most, DECIMAL_SI)
    return (
        f"at its limits a pod uses {shown} of {source.name}, and only more than "
        f"{source.target.average_value} x {top:g} scales up"
    )


@rule(
    "HPA304",
    Severity.INFO,
    "No readiness probe",
    why="CPU of a pod that is not ready is left out while it starts, so that starting does not "
    "look like load. Without a readiness probe a pod is ready at once, its start counts as load, "
    "and more pods are started, which need CPU to start.",
    remedy="Give the container a `readinessProbe` that succeeds once it can work.",
)
def ready_at_once(subject: Subject) -> Iterator[Found]:
    containers = objects_at(subject.target.pod_spec, "containers") if subject.target else []
    probed = any(one.get("readinessProbe") or one.get("startupProbe") for one in containers)
    for path, source in _sources(subject):
        if source.name == "cpu" and containers and not probed:
            yield Found(
                f"{path}.name", f"no container of {subject.target_key} has a readiness probe"
            )


@rule(
    "HPA305",
    Severity.INFO,
    "Scaling by memory rarely scales down",
    why="Most runtimes keep memory they once had, and more pods do not make the old ones smaller. "
    "Memory that does not follow load scales up once and never down.",
    remedy="Scale by CPU or by a metric of the work itself (requests, queue length), and give "
    "memory a request that fits; keep it where memory does follow load.",
)
def by_memory(subject: Subject) -> Iterator[Found]:
    for path, source in _sources(subject):
        if source.name == "memory":
            yield Found(f"{path}.name", "the size follows memory")
