"""Rules about the bounds of the size."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.access import Json, at, mapping_at, text_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.podspecs import amount, running
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.tolerances import tolerance
from tidegauge.units.quantities import milli_quantity

_WHOLE = 1.0
"""A tolerance as wide as the target itself."""


@rule(
    "HPA401",
    Severity.WARNING,
    "minReplicas and maxReplicas are the same",
    why="There is only one size, so the HPA changes nothing but what others set.",
    remedy="Widen the bounds, or remove the HPA and set `spec.replicas`.",
)
def one_size(subject: Subject) -> Iterator[Found]:
    if subject.spec.minimum == subject.spec.max_replicas:
        yield Found("spec.maxReplicas", f"the size is always {subject.spec.max_replicas}")


@rule(
    "HPA402",
    Severity.WARNING,
    "The target is larger than maxReplicas",
    why="The HPA cuts it to the maximum at once, without a look at any metric, and without "
    "stabilisation or policies.",
    remedy="Raise `spec.maxReplicas` to at least the present size.",
)
def above_maximum(subject: Subject) -> Iterator[Found]:
    target, most = subject.target, subject.spec.max_replicas
    if target and target.replicas is not None and target.replicas > most:
        message = f"{target.key} has {target.replicas} replicas, and the maximum is {most}"
        yield Found("spec.maxReplicas", message, f"Write `maxReplicas: {target.replicas}` or more.")


@rule(
    "HPA403",
    Severity.ERROR,
    "The tolerance can never be left",
    why="A metric changes nothing while usage divided by its target is at least 1 - tolerance. "
    "That ratio is never below zero, so with a tolerance of 1 or more it never scales down.",
    remedy="Tolerances are fractions: write `tolerance: 0.1` for 10 %.",
)
def never_down(subject: Subject) -> Iterator[Found]:
    if subject.spec.behavior and tolerance(subject).holds(0.0):
        given = subject.spec.behavior.scale_down.tolerance
        yield Found("spec.behavior.scaleDown.tolerance", f"{given} holds even without any usage")


@rule(
    "HPA404",
    Severity.WARNING,
    "The tolerance asks for a multiple of the target",
    why="The HPA scales up only when usage passes the target times 1 + tolerance.",
    remedy="Tolerances are fractions: write `tolerance: 0.1` for 10 %.",
)
def hardly_up(subject: Subject) -> Iterator[Found]:
    allowed = tolerance(subject)
    if subject.spec.behavior and allowed.up >= _WHOLE:
        given = subject.spec.behavior.scale_up.tolerance
        message = f"{given} lets usage grow to {allowed.band[1]:g} times the target"
        yield Found("spec.behavior.scaleUp.tolerance", message)


@rule(
    "HPA405",
    Severity.WARNING,
    "maxReplicas does not fit the quota",
    why="Beyond the quota no pod is created. The HPA asks for them all the same, and believes "
    "that load has been met.",
    remedy="Raise the ResourceQuota, or lower `spec.maxReplicas` or the requests.",
)
def beyond_quota(subject: Subject) -> Iterator[Found]:
    for quota in subject.around.of("ResourceQuota"):
        if at(quota, "spec.scopeSelector") or at(quota, "spec.scopes"):
            continue  # it holds for some pods only
        name = text_at(quota, "metadata.name")
        for needed, most in _exceeded(subject, mapping_at(quota, "spec.hard")):
            message = f"{subject.spec.max_replicas} pods need {needed}, and ResourceQuota {name}"
            yield Found("spec.maxReplicas", f"{message} grants {most}")


@rule(
    "HPA406",
    Severity.INFO,
    "maxReplicas does not fit the nodes",
    why="All schedulable nodes together, empty, have not the room that the maximum asks for. "
    "Without something that adds nodes the last pods stay Pending, and the HPA believes that load "
    "has been met.",
    remedy="Let a node autoscaler add nodes, or lower `spec.maxReplicas` or the requests.",
)
def beyond_nodes(subject: Subject) -> Iterator[Found]:
    for name, room in sorted(subject.around.knowledge.room.items()):
        needed = _needed(subject, f"requests.{name}")
        if needed is not None and needed > room.milli:
            shown = milli_quantity(needed, room.form)
            message = f"{subject.spec.max_replicas} pods request {shown} of {name}"
            yield Found("spec.maxReplicas", f"{message}, and all nodes have {room}")


def _exceeded(subject: Subject, hard: Json) -> Iterator[tuple[str, str]]:
    for name in hard:
        allowed = amount(hard, name)
        needed = _needed(subject, name)
        if allowed and needed is not None and needed > allowed.milli:
            shown = milli_quantity(needed, allowed.form)
            yield f"{shown} of {name}", str(allowed)


def _needed(subject: Subject, name: str) -> int | None:
    """Milli-units that all pods together take of what a quota counts."""
    most = subject.spec.max_replicas
    if name in ("pods", "count/pods"):
        return most * 1000 if subject.target else None
    kind, _, resource = name.partition(".") if "." in name else ("requests", "", name)
    if kind not in ("requests", "limits") or not subject.pod_specs:
        return None
    each = _of_pod(subject.pod_specs[0][1], kind, resource)
    return None if each is None else each * most


def _of_pod(spec: Json, kind: str, resource: str) -> int | None:
    if whole := amount(mapping_at(spec, f"resources.{kind}"), resource):
        return whole.milli
    found = [amount(mapping_at(one, f"resources.{kind}"), resource) for _, one in running(spec)]
    known = [each.milli for each in found if each is not None]
    return sum(known) if known else None
