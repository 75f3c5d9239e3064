"""Rules about others that work on the same target: HPAs, VPAs, KEDA."""

from collections.abc import Iterator
from typing import Any

from tidegauge.autoscale.lint.access import Json, mapping_at, objects_at, text_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.sources import resource_sources
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.reading.mapping import group_of

_ALL_RESOURCES = ["cpu", "memory"]
"""What a VPA sizes unless its policy names fewer."""

_KEDA_DEFAULT_KIND = "Deployment"


def _others(subject: Subject, objects: list[Json]) -> list[str]:
    names = {text_at(each, "metadata.name") for each in objects}
    return sorted(names - {subject.name})


@rule(
    "HPA601",
    Severity.ERROR,
    "Two HPAs on one target",
    why="Both match the same pods, so the controller refuses to scale for either: ScalingActive "
    "is False with AmbiguousSelector. Before Kubernetes 1.27 they fight.",
    remedy="Put all metrics into one HPA, which takes the highest proposal, and delete the other.",
)
def shared_target(subject: Subject) -> Iterator[Found]:
    on_target = subject.around.targets.get(subject.target_key, [])
    for name in _others(subject, on_target):
        yield Found("spec.scaleTargetRef", f"HPA {name} scales {subject.target_key} too")


@rule(
    "HPA602",
    Severity.ERROR,
    "The pods of two HPAs overlap",
    why="Where the selectors of two HPAs' targets match one pod, the controller refuses to scale "
    "for either: ScalingActive is False with AmbiguousSelector.",
    remedy="Give each target's selector and pod template a label of its own. A selector cannot be "
    "changed: create the workload anew under another name, then delete the old one.",
)
def overlapping_selectors(subject: Subject) -> Iterator[Found]:
    own = subject.target
    for key in sorted(subject.around.overlapping(own)) if own else ():
        for name in _others(subject, subject.around.targets[key]):
            message = (
                f"{subject.target_key} and {key}, which HPA {name} scales, have pods in common"
            )
            yield Found("spec.scaleTargetRef", message)


@rule(
    "HPA603",
    Severity.ERROR,
    "A VPA sizes the same resource",
    why="The VPA changes requests to fit usage, and the HPA measures usage in percent of "
    "requests. Each undoes what the other did, and sizes swing or run away.",
    remedy="Take the resource out of the VPA (`resourcePolicy.containerPolicies[].controlled"
    'Resources: [memory]`), set its `updateMode: "Off"`, or hold the HPA to an amount '
    "(`type: AverageValue`) or to a metric of the work itself.",
)
def vertical_too(subject: Subject) -> Iterator[Found]:
    for path, source in resource_sources(subject):
        if source.target.average_value is not None:
            continue
        for vpa in _others_on_target(subject, "VerticalPodAutoscaler", "spec.targetRef"):
            if _sizes(vpa, source.name, source.container):
                name = text_at(vpa, "metadata.name")
                message = f"VerticalPodAutoscaler {name} sizes {source.name} of the target too"
                yield Found(path, message)


def _others_on_target(
    subject: Subject, kind: str, path: str, default_kind: str = ""
) -> Iterator[Json]:
    """Objects of that kind whose reference at a path is to the HPA's target."""
    key = subject.target_key
    for each in subject.around.naming(kind, path, key.name):
        reference = mapping_at(each, path)
        version = text_at(reference, "apiVersion")
        group = group_of(version) if version else key.group
        if (group, text_at(reference, "kind") or default_kind) == (key.group, key.kind):
            yield each


def _sizes(vpa: Json, resource: str, container: str) -> bool:
    """Whether it changes that resource of any container, or of the one that is named."""
    if text_at(vpa, "spec.updatePolicy.updateMode") == "Off":
        return False
    policies = objects_at(vpa, "spec.resourcePolicy.containerPolicies")
    by_name = {text_at(each, "containerName"): each for each in policies}
    rest: Json = by_name.get("*", {})
    chosen = [by_name.get(container, rest)] if container else [rest, *by_name.values()]
    return any(resource in _controlled(each) for each in chosen if each.get("mode") != "Off")


def _controlled(policy: Json) -> list[Any]:
    given = policy.get("controlledResources")
    return given if isinstance(given, list) and given else _ALL_RESOURCES


@rule(
    "HPA604",
    Severity.ERROR,
    "KEDA scales the same target",
    why="KEDA makes an HPA of its own for each ScaledObject, so two are on one target, and the "
    "controller refuses to scale for either.",
    remedy="Delete this HPA and put its metrics into the ScaledObject as triggers of type cpu or "
    "memory, or let KEDA take it over with the annotation "
    '`scaledobject.keda.sh/transfer-hpa-ownership: "true"`.',
)
def keda_too(subject: Subject) -> Iterator[Found]:
    path = "spec.scaleTargetRef"
    for scaled in _others_on_target(subject, "ScaledObject", path, _KEDA_DEFAULT_KIND):
        name = text_at(scaled, "metadata.name")
        own = text_at(scaled, "spec.advanced.horizontalPodAutoscalerConfig.name")
        if subject.name not in (own or f"keda-hpa-{name}", f"keda-hpa-{name}"):
            yield Found(path, f"ScaledObject {name} scales the target too")
