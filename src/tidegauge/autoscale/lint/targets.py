"""Rules about what is scaled: whether it is there, can be scaled, and who else sets its size."""

import json
from collections.abc import Iterator
from typing import Any

from tidegauge.autoscale.lint.access import Json, is_kept, mapping_at, objects_at, text_at, texts_at
from tidegauge.autoscale.lint.findings import Found, Severity, place_of, rule
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.workloads import Key, Workload

_BUILT_IN = {
    "apps": ("Deployment", "StatefulSet", "ReplicaSet"),
    "": ("ReplicationController",),
    "batch": (),
}
"""Kinds with a scale subresource in the groups that all clusters have."""

_FORMER_GROUP = "extensions"
"""Where Deployments were until 1.16. Groups are looked up, versions are not."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@rule(
    "HPA201",
    Severity.ERROR,
    "The target does not exist",
    why="The controller finds nothing to scale: AbleToScale is False with FailedGetScale.",
    remedy="Correct `spec.scaleTargetRef`, or create the target in the HPA's namespace.",
)
def missing_target(subject: Subject) -> Iterator[Found]:
    key, knowledge = subject.target_key, subject.around.knowledge
    listed = key.group in _BUILT_IN and (key.kind, key.namespace) in knowledge.whole
    known = listed or key in knowledge.missing
    if known and _is_scalable(key) and subject.target is None:
        near = subject.around.of(key.kind)
        names = ", ".join(sorted(text_at(each, "metadata.name") for each in near)[:5])
        there = f"there are {names}" if names else f"there is no {key.kind} at all"
        yield Found("spec.scaleTargetRef.name", f"no {key} in this namespace; {there}")


@rule(
    "HPA202",
    Severity.ERROR,
    "The target cannot be scaled",
    why="An HPA reads and writes the scale subresource of its target. Without one it fails with "
    "FailedGetScale and never does anything.",
    remedy="Point `spec.scaleTargetRef` at a Deployment, a StatefulSet or another kind with a "
    "scale subresource; a CustomResourceDefinition needs `subresources.scale` with "
    "specReplicasPath, statusReplicasPath and labelSelectorPath.",
)
def unscalable_target(subject: Subject) -> Iterator[Found]:
    key, knowledge = subject.target_key, subject.around.knowledge
    path = "spec.scaleTargetRef.kind"
    if key.group == _FORMER_GROUP:
        message = f"the group {key.group} has no {key.kind} any more; write apps/v1"
        yield Found("spec.scaleTargetRef.apiVersion", message)
    elif key.group in _BUILT_IN and key.kind not in _BUILT_IN[key.group]:
        known = [kind for kinds in _BUILT_IN.values() for kind in kinds]
        meant = [each for each in known if each.lower() == key.kind.lower().rstrip("s")]
        hint = f"; did you mean {meant[0]}?" if meant else ""
        group = key.group or "the core group"
        yield Found(path, f"{key.kind} of {group} has no scale subresource{hint}")
    elif (key.group, key.kind) in knowledge.unknown_kinds:
        yield Found(path, f"this cluster serves no {key.kind} in the group {key.group}")
    elif key in knowledge.unscalable:
        yield Found(path, f"{key} has no scale subresource")


@rule(
    "HPA203",
    Severity.ERROR,
    "The target belongs to a controller that sets its size",
    why="The owner's controller writes `spec.replicas` too, so the two undo each other's work.",
    remedy="Point `spec.scaleTargetRef` at the owner.",
)
def owned_target(subject: Subject) -> Iterator[Found]:
    target = subject.target
    if target and target.owner and target.key.kind == "ReplicaSet":
        owner = f"{target.owner.kind} {target.owner.name}"
        yield Found("spec.scaleTargetRef", f"{target.key} belongs to {owner}")


@rule(
    "HPA204",
    Severity.WARNING,
    "The target's manifest sets replicas too",
    why="Whoever applies the manifest sets the size back to what it says, and the HPA needs "
    "minutes to repair that, under load with too few pods.",
    remedy="Remove `spec.replicas` from the manifest.",
)
def replicas_in_manifest(subject: Subject) -> Iterator[Found]:
    target = subject.target
    if target and is_kept(target.manifest):
        if written_by := _writer(target.manifest):
            message = f"{written_by} sets spec.replicas of {target.key} whenever it is applied"
            yield Found("spec.scaleTargetRef", message, _forget(target))
    elif target and target.replicas not in (None, 0):
        path = "spec.replicas"
        message = f"the manifest of {target.key} sets {path} to {target.replicas}"
        yield Found("", message, _forget(target), place_of(target.manifest, path))


def _writer(manifest: Json) -> str:
    """Who has said that the size is theirs: by kubectl's annotation or by server-side apply."""
    text = texts_at(manifest, "metadata.annotations").get(_LAST_APPLIED, "")
    try:
        applied: Any = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        applied = {}
    if mapping_at(applied, "spec").get("replicas") is not None:
        return "the manifest of `kubectl apply`"
    for entry in objects_at(manifest, "metadata.managedFields"):
        owned = mapping_at(entry, "fieldsV1.f:spec")
        if entry.get("operation") == "Apply" and "f:replicas" in owned:
            return f"the manifest of the field manager {text_at(entry, 'manager')}"
    return ""


def _forget(target: Workload) -> str:
    return (
        "Remove `spec.replicas` from the manifest. With `kubectl apply` run `kubectl apply "
        f"edit-last-applied {target.command}` first and remove it there, or the next apply scales "
        "to 1 once; with Argo CD add /spec/replicas to ignoreDifferences."
    )


@rule(
    "HPA205",
    Severity.ERROR,
    "The selector matches pods of others",
    why="An HPA counts all pods that its target's selector matches, whoever made them. Their "
    "usage and their requests distort the average, and the size is computed for all of them.",
    remedy="Give the target's selector and pod template a label of its own. A selector cannot be "
    "changed: create the workload anew under another name, then delete the old one.",
)
def foreign_pods(subject: Subject) -> Iterator[Found]:
    target = subject.target
    if target is None or target.owner:
        return
    strangers = [each for each in subject.matching_pods if subject.is_foreign(each)]
    if strangers:
        pods = ", ".join(text_at(each, "metadata.name") for each in strangers[:3])
        more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
        yield Found("spec.scaleTargetRef", f"the selector of {target.key} matches {pods}{more}")
        return
    for other in subject.around.alike(target):
        if other.key not in subject.around.targets:  # upstream sees those by itself, and HPA602
            message = f"the selector of {target.key} matches the pods of {other.key}"
            path = f"{other.template_path}.metadata.labels"
            yield Found("", message, place=place_of(other.manifest, path))


@rule(
    "HPA206",
    Severity.ERROR,
    "The target's scale has no selector",
    why="Without a selector the HPA cannot find the pods: ScalingActive is False with "
    "InvalidSelector.",
    remedy="Set `labelSelectorPath` of `subresources.scale` in the CustomResourceDefinition, and "
    "let its controller write the selector there as a text, such as `app=web`.",
)
def no_selector(subject: Subject) -> Iterator[Found]:
    scale = subject.around.scale(subject.target_key)
    if scale is not None and not text_at(scale, "status.selector"):
        yield Found("spec.scaleTargetRef", f"the scale of {subject.target_key} has no selector")


def _is_scalable(key: Key) -> bool:
    return key.kind in _BUILT_IN.get(key.group, (key.kind,))
