"""What is missing to decide, or to decide better, each with a remedy that can be pasted."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.grouping import Group
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure, Situation
from tidegauge.autoscale.explaining import metriclacks
from tidegauge.autoscale.explaining.explanation import Lack
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import count
from tidegauge.autoscale.reading.mapping import group_of
from tidegauge.autoscale.reading.reader import Unread

_NEW = 120.0
"""Seconds in which a pod need not have a sample yet: two scrapes of a minute each."""

_SHOWN = 3
"""Names in a sentence; more are only counted."""


CONTROLLER = Lack(
    "a controller that looks at it, if the status stays as it is: kube-controller-manager's, or "
    "`tidegauge controller`",
    ("kubectl -n kube-system get leases",),
)


class Subject(Struct, frozen=True):
    """What is asked about, with names of the target's kind that are like the target's."""

    situation: Situation
    decision: Decision
    similar: Sequence[str] = ()

    @property
    def kubectl(self) -> str:
        return f"kubectl -n {self.situation.autoscaler.namespace}"

    @property
    def target(self) -> str:
        """As kubectl takes it."""
        target = self.situation.autoscaler.spec.scale_target_ref
        return f"{target.kind.lower()}/{target.name}"

    def patch(self, json: str) -> str:
        """The command that changes the HPA's spec."""
        name = self.situation.autoscaler.name
        return f"{self.kubectl} patch hpa {name} --type=merge -p '{{\"spec\":{json}}}'"


def lacks(subject: Subject) -> Iterator[Lack]:
    """The gravest first."""
    match subject.decision.path:
        case Path.NO_SCALE:
            yield _target(subject)
        case Path.DISABLED:
            yield _zero(subject)
        case Path.NO_PODS_KNOWN:
            yield _selector(subject)
        case Path.METRICS | Path.NO_PROPOSAL:
            yield from _metrics(subject)


def permissions(namespace: str, unread: Sequence[Unread]) -> Lack:
    """What an administrator would grant."""
    resources = dict.fromkeys(one.resource for one in unread)
    verbs = ",".join(sorted({one.verb for one in unread}))
    wanted = ",".join(resources)
    create = f"kubectl -n {namespace} create"
    return Lack(
        f"the right to {verbs.replace(',', ' and ')} {', '.join(resources)} in {namespace}",
        (
            f"{create} role hpa-explainer --verb={verbs} --resource={wanted}",
            f"{create} rolebinding hpa-explainer --role=hpa-explainer --user=YOU",
        ),
    )


def _target(subject: Subject) -> Lack:
    situation = subject.situation
    target = situation.autoscaler.spec.scale_target_ref
    scale = situation.scale
    if target.api_version.count("/") > 1:
        right = subject.patch('{"scaleTargetRef":{"apiVersion":"apps/v1"}}')
        return Lack(
            f"a target whose apiVersion is GROUP/VERSION, not {target.api_version}", (right,)
        )
    if isinstance(scale, ScaleFailure) and scale.unmapped:
        group = group_of(target.api_version) or "core"
        return Lack(
            f"a kind {target.kind} in the group {group}: scaleTargetRef may be misspelt, or its "
            "CustomResourceDefinition is not installed",
            (f"kubectl api-resources | grep -i {target.kind}",),
        )
    if subject.similar:
        json = f'{{"scaleTargetRef":{{"name":"{subject.similar[0]}"}}}}'
        near = ", ".join(subject.similar[:_SHOWN])
        return Lack(f"its target {subject.target}; there is {near}", (subject.patch(json),))
    return Lack(
        f"the scale of its target {subject.target}", (f"{subject.kubectl} get {subject.target}",)
    )


def _zero(subject: Subject) -> Lack:
    least = max(1, subject.decision.minimum)
    return Lack(
        "a replica to start from", (f"{subject.kubectl} scale {subject.target} --replicas={least}",)
    )


def _selector(subject: Subject) -> Lack:
    situation = subject.situation
    scale = situation.scale
    if not isinstance(scale, Scale) or not scale.selector:
        return Lack(
            "a selector in the target's scale: its CustomResourceDefinition does not say where it "
            "is",
            ("subresources:", "  scale:", "    labelSelectorPath: .status.selector"),
        )
    others = [
        name.partition("/")[2]
        for name, theirs in situation.others.items()
        if any(theirs.matches(pod.labels) for pod in situation.pods)
    ]
    if not others:
        return Lack(f"a selector that can be read; this is {scale.selector!r}")
    shown = ", ".join(others[:_SHOWN])
    return Lack(
        f"pods of its own: {shown} {'selects' if len(others) == 1 else 'select'} the same ones, "
        "and then none of them scales",
        (
            f"{subject.kubectl} delete hpa {others[0]}  # or {situation.autoscaler.name}: keep one",
            f"# or give the pods of {subject.target} a label that no other workload has",
        ),
    )


def _metrics(subject: Subject) -> Iterator[Lack]:
    found = subject.decision.proposals
    proposals = found.proposals if found else ()
    failed = [one for one in proposals if one.failure]
    yield from metriclacks.lacks(subject.situation, failed, subject.kubectl, subject.target)
    for one in proposals:
        if one.calculation:
            yield from _unmeasured(subject, one.calculation, source_of(one.metric).label)
    normalization = subject.decision.normalization
    wanted = normalization.stabilization.recommended if normalization else 0
    if wanted > subject.decision.maximum:
        yield Lack(
            f"room above: the metrics ask for {wanted}, maxReplicas is {subject.decision.maximum}",
            (subject.patch(f'{{"maxReplicas":{wanted}}}'),),
        )


def _unmeasured(subject: Subject, got: Calculation, label: str) -> Iterator[Lack]:
    """Pods that have run for long enough to have been measured."""
    new = subject.situation.now - _NEW
    settled = {pod.name for pod in subject.situation.pods if pod.started and pod.started < new}
    missing = [one.name for one in got.pods if one.group is Group.MISSING and one.name in settled]
    if not missing:
        return
    shown = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
    yield Lack(
        f"samples of {label} for {count(len(missing), 'pod')}: {shown}",
        (f"{subject.kubectl} describe pod {missing[0]}", "tidegauge doctor"),
    )
