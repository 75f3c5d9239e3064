"""Rules about which metrics there are."""

from collections.abc import Iterator

from tidegauge.autoscale.engine.labelselector import selector_faults
from tidegauge.autoscale.lint.access import at, objects_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.sources import parts, resource_sources
from tidegauge.autoscale.lint.subject import Subject

_MEASURED = ("cpu", "memory")
"""What metrics.k8s.io knows."""

_GROUPS = {
    "Resource": "metrics.k8s.io",
    "ContainerResource": "metrics.k8s.io",
    "Pods": "custom.metrics.k8s.io",
    "Object": "custom.metrics.k8s.io",
    "External": "external.metrics.k8s.io",
}


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
    for path, source in resource_sources(subject):
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
    for path, source in resource_sources(subject):
        if source.name == "memory":
            yield Found(f"{path}.name", "the size follows memory")


@rule(
    "HPA310",
    Severity.WARNING,
    "A metric is given twice",
    why="The highest proposal wins, so of two targets for one metric the higher has no effect.",
    remedy="Remove the metric with the higher target.",
)
def duplicate_metric(subject: Subject) -> Iterator[Found]:
    first: dict[tuple[str, ...], str] = {}
    for each in parts(subject):
        if each.identity in first:
            yield Found(each.path, f"the same metric as {first[each.identity]}")
        first.setdefault(each.identity, each.path)


@rule(
    "HPA313",
    Severity.ERROR,
    "The metric's selector is invalid",
    why="The API server does not look at it; the controller does, and the metric always fails.",
    remedy="Operators are In, NotIn, Exists and DoesNotExist, the first two with `values`; keys "
    "and values have the form of labels.",
)
def invalid_selector(subject: Subject) -> Iterator[Found]:
    for part in parts(subject):
        for fault in selector_faults((part.named and part.named.selector) or {}):
            yield Found(f"{part.path}.metric.selector", fault)


@rule(
    "HPA316",
    Severity.ERROR,
    "The resource is not measured",
    why="Resource metrics come from metrics.k8s.io, which has cpu and memory. For any other name "
    "the metric always fails, though the API server accepts it.",
    remedy="Write cpu or memory; other things are metrics of type Pods, Object or External.",
)
def unmeasured_resource(subject: Subject) -> Iterator[Found]:
    for path, source in resource_sources(subject):
        if source.name not in _MEASURED:
            meant = [each for each in _MEASURED if each == source.name.strip().lower()]
            hint = f"; did you mean {meant[0]}?" if meant else ""
            yield Found(f"{path}.name", f"nobody measures {source.name!r}{hint}")


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
