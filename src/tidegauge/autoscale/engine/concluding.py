"""What becomes of the findings: the size that is asked for, the status, the events, the memory."""

from typing import Any

from msgspec.structs import asdict, replace

from tidegauge.autoscale.engine.decision import Decision, Findings, Outcome
from tidegauge.autoscale.engine.labels import Fault, action_of
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.proposals import Proposals
from tidegauge.autoscale.engine.situation import Situation
from tidegauge.autoscale.engine.status import ConditionType, Event, Report, Status
from tidegauge.autoscale.engine.wording import report_zero


def without_scale(
    situation: Situation, found: Findings, report: Report, error: str, fault: Fault
) -> Decision:
    """Nothing but the condition changes in the status."""
    old = situation.autoscaler.status
    status = report.onto(old)
    outcome = Outcome(
        status=status,
        write=status != old,
        events=tuple(report.events),
        error=error,
        fault=fault,
        memory=situation.memory,
    )
    return _decided(found, outcome)


def without_size(
    situation: Situation,
    found: Findings,
    report: Report,
    memory: Memory,
    error: str,
) -> Decision:
    """No size was found: the stored one stays in the status."""
    status = _status(situation, found, report, situation.autoscaler.status.desired_replicas)
    reference = situation.autoscaler.reference
    outcome = Outcome(
        status=status,
        write=status != situation.autoscaler.status,
        events=tuple(report.events),
        late_events=(Event("Warning", "FailedComputeMetricsReplicas", error),),
        error="failed to compute desired number of replicas based on listed metrics "
        f"for {reference}: {error}",
        fault=_fault(error, found.proposals),
        memory=memory,
    )
    return _decided(found, outcome)


def unchanged(situation: Situation, found: Findings, report: Report, memory: Memory) -> Decision:
    """The size stays."""
    desired = found.current or 0
    outcome = _finished(situation, found, report, memory, desired)
    return _decided(found, outcome, desired=desired)


def resized(
    situation: Situation,
    found: Findings,
    report: Report,
    memory: Memory,
    desired: int,
    reason: str,
) -> Decision:
    """The target has taken its new size."""
    current = found.current or 0
    message = f"the HPA controller was able to update the target scale to {desired}"
    report.condition(ConditionType.ABLE_TO_SCALE, True, "SucceededRescale", message)
    report.normal("SuccessfulRescale", f"New size: {desired}; reason: {reason}")
    spec = situation.autoscaler.spec
    memory = after_scaling(memory, spec.behavior, current, desired, situation.now)
    if situation.profile.scale_to_zero:
        to_zero = current > 0 == desired == spec.minimum
        report_zero(report, by_us=to_zero and spec.may_be_zero)
    else:
        report.drop(ConditionType.SCALED_TO_ZERO)
    outcome = _finished(situation, found, report, memory, desired)
    outcome = replace(
        outcome,
        status=replace(outcome.status, last_scale_time=situation.now),
        write=True,
        action=action_of(current, desired),
    )
    return _decided(found, outcome, desired=desired, rescale=True, reason=reason)


def refused(
    situation: Situation,
    found: Findings,
    report: Report,
    memory: Memory,
    desired: int,
    reason: str,
    refusal: str,
) -> Decision:
    """The target has not taken its new size: the stored one stays in the status."""
    report.warning("FailedRescale", f"New size: {desired}; reason: {reason}; error: {refusal}")
    message = f"the HPA controller was unable to update the target scale: {refusal}"
    report.condition(ConditionType.ABLE_TO_SCALE, False, "FailedUpdateScale", message)
    status = _status(situation, found, report, situation.autoscaler.status.desired_replicas)
    outcome = Outcome(
        status=status,
        write=status != situation.autoscaler.status,
        events=tuple(report.events),
        error=f"failed to rescale {situation.autoscaler.reference}: {refusal}",
        fault=Fault.INTERNAL,
        memory=memory,
    )
    return _decided(found, outcome, desired=desired, rescale=True, reason=reason)


def _finished(
    situation: Situation, found: Findings, report: Report, memory: Memory, desired: int
) -> Outcome:
    """A normal end; metrics that failed on the way are the error."""
    status = _status(situation, found, report, desired)
    proposals = found.proposals
    error = proposals.error if proposals else None
    return Outcome(
        status=status,
        write=status != situation.autoscaler.status,
        events=tuple(report.events),
        error=error,
        final=False,
        fault=_fault(error, proposals),
        memory=memory,
    )


def _fault(error: str | None, proposals: Proposals | None) -> Fault:
    if error is None:
        return Fault.NONE
    failure = proposals.first_failure if proposals else None
    return Fault.SPEC if failure and failure.is_spec else Fault.INTERNAL


def _status(situation: Situation, found: Findings, report: Report, desired: int) -> Status:
    """The size is the one before the change."""
    autoscaler = situation.autoscaler
    generation = autoscaler.generation if situation.profile.observed_generation else None
    metrics = found.proposals.proposals if found.proposals else ()
    return Status(
        observed_generation=generation,
        last_scale_time=autoscaler.status.last_scale_time,
        current_replicas=found.current or 0,
        desired_replicas=desired,
        current_metrics=tuple(one.current for one in metrics),
        conditions=tuple(report.conditions),
    )


def _decided(found: Findings, outcome: Outcome, **more: Any) -> Decision:
    return Decision(**asdict(found), outcome=outcome, **more)
