"""Rules about targets without replicas."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.access import objects_at
from tidegauge.autoscale.lint.findings import Found, Severity, place_of, rule
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.workloads import Workload


@rule(
    "HPA207",
    Severity.ERROR,
    "The target is at zero, and nothing will wake it",
    why="The HPA leaves zero only where it went there itself, which the condition ScaledToZero "
    "says. A workload created or scaled to zero by somebody else stays there for ever.",
    remedy="Scale it to one by hand, and let the HPA take it to zero: "
    "`kubectl scale TARGET --replicas=1`.",
)
def asleep_for_ever(subject: Subject) -> Iterator[Found]:
    target = _at_zero(subject)
    if target and subject.spec.minimum == 0:
        remedy = (
            "Scale it to one by hand, and let the HPA take it to zero: `kubectl scale "
            f"{target.command} --replicas=1`; in a manifest leave `spec.replicas` out."
        )
        yield _found_at_zero(target, remedy)


@rule(
    "HPA208",
    Severity.WARNING,
    "The target is at zero, which switches the HPA off",
    why="A size of zero that somebody set by hand disables autoscaling until somebody sets "
    "another: ScalingActive is False with ScalingDisabled.",
    remedy="Scale it up by hand when it is wanted again: `kubectl scale TARGET --replicas=1`.",
)
def switched_off(subject: Subject) -> Iterator[Found]:
    target = _at_zero(subject)
    if target and subject.spec.minimum != 0:
        remedy = f"`kubectl scale {target.command} --replicas={subject.spec.minimum}`"
        yield _found_at_zero(target, remedy)


def _at_zero(subject: Subject) -> Workload | None:
    """The target, if it is at zero, and not because the HPA went there."""
    target = subject.target
    conditions = objects_at(subject.written, "status.conditions")
    own_zero = any(
        each.get("type") == "ScaledToZero" and each.get("status") == "True" for each in conditions
    )
    return target if target and target.replicas == 0 and not own_zero else None


def _found_at_zero(target: Workload, remedy: str) -> Found:
    place = place_of(target.manifest, "spec.replicas")
    return Found("", f"{target.key} is at 0 replicas", remedy, place)
