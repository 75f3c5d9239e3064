"""Why a decision came out as it did: in one line, and a sentence for each thing that had a part."""

from collections.abc import Iterable, Iterator

from tidegauge.autoscale.engine.calculation import Calculation, Course
from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.limiting import Limit, LimitReason, PolicyLimit
from tidegauge.autoscale.engine.normalizing import Normalization
from tidegauge.autoscale.engine.proposals import Proposal, Proposals
from tidegauge.autoscale.engine.stabilization import Stabilization, StabilizationReason
from tidegauge.autoscale.explaining.wording import count
from tidegauge.autoscale.replay.figures import clock, metric_of, shown, usage_of


def reason(decision: Decision, began: float) -> str:
    """One line. `began` is the decision's time at which the run's clock shows 0."""
    match decision.path:
        case Path.METRICS:
            return _of_metrics(decision, began)
        case Path.ABOVE_MAXIMUM:
            return f"above the maximum of {decision.maximum}"
        case Path.BELOW_MINIMUM:
            return f"below the minimum of {decision.minimum}"
        case Path.DISABLED:
            return "zero replicas: autoscaling is off"
        case _:
            return f"no decision: {_failure(decision)}"


def _failure(decision: Decision) -> str:
    failure = decision.proposals.first_failure if decision.proposals else None
    if failure:
        return failure.message
    events = decision.outcome.events
    return events[-1].message if events else decision.outcome.error or str(decision.path)


def _of_metrics(decision: Decision, began: float) -> str:
    proposals, normalization = decision.proposals, decision.normalization
    if proposals is None or normalization is None:
        return ""
    return "; ".join((_winner(proposals), *_held(decision, normalization, began)))


def _winner(proposals: Proposals) -> str:
    winner = proposals.winner
    if winner is None or winner.calculation is None:
        return "the metrics ask for 0"
    got = winner.calculation
    return f"{_compared(winner, got)}{_result(got)}"


def _compared(proposal: Proposal, got: Calculation) -> str:
    metric, usage = metric_of(proposal.metric, proposal.name), usage_of(got)
    if usage is None:
        return f"{metric.label}, with no pods,"
    return f"{metric.label} {shown(usage, metric.unit)} of {shown(metric.target, metric.unit)}"


def _result(got: Calculation) -> str:
    left_out = count(len(got.assumed), "pod")
    match got.course:
        case Course.TOLERATED:
            return ", within tolerance"
        case Course.TOLERATED_REBALANCED:
            return f", but within tolerance with {left_out} that cannot be judged yet"
        case Course.TURNED | Course.CONTRARY:
            return f", but {left_out} that cannot be judged yet may turn it"
        case _:
            return f" asks for {got.replicas}"


def _held(decision: Decision, normalization: Normalization, began: float) -> Iterator[str]:
    """What kept the size from what the metrics ask for."""
    stable, limit = normalization.stabilization, normalization.limit
    if limit.replicas != stable.recommended:
        if stable.bound_by:
            yield _stabilized(stable, began)
        if limit.bounded:
            yield _limited(decision, limit)
    if limit.replicas != decision.desired:
        yield f"the minimum is {decision.minimum}"  # which lifts from zero past all limits


def _limited(decision: Decision, limit: Limit) -> str:
    match limit.reason:
        case LimitReason.TOO_MANY:
            return f"the maximum is {decision.maximum}"
        case LimitReason.TOO_FEW:
            return f"the minimum is {decision.minimum}"
        case _ if limit.bound_by:
            return f"policy: {_policies(limit.bound_by)}"
        case _ if limit.policies:
            return f"policy used up: {_policies(limit.policies)}"
        case _ if limit.replicas == decision.current:
            return "scaling that way is disabled"
        case _:
            return f"no faster than to {limit.replicas} at once"


def _policies(limits: Iterable[PolicyLimit]) -> str:
    return ", ".join(map(_policy, limits))


def _policy(limit: PolicyLimit) -> str:
    policy = limit.policy
    percent = policy.type == "Percent"
    amount = f"{policy.value}%" if percent else count(policy.value, "pod")
    return f"{amount} in {policy.period_seconds} s"


def _stabilized(stable: Stabilization, began: float) -> str:
    bound, until = stable.bound_by, stable.until
    if bound is None or until is None:
        return ""
    sense = "lowest" if stable.reason is StabilizationReason.UP else "highest"
    return f"held by {bound.replicas}, the {sense} wanted until {clock(until - began)}"


def details(decision: Decision, began: float) -> tuple[str, ...]:
    """Sentences in the order of the decision: metrics, stabilisation, limits, size."""
    return tuple(_details(decision, began))


def _details(decision: Decision, began: float) -> Iterator[str]:
    for proposal in decision.proposals.proposals if decision.proposals else ():
        yield _proposal(proposal)
    if decision.normalization:
        yield from _normalization(decision, decision.normalization, began)
    if decision.outcome.error and not decision.proposals:
        yield f"Error: {decision.outcome.error}."


def _proposal(proposal: Proposal) -> str:
    got = proposal.calculation
    if got is None:
        why = proposal.failure.message if proposal.failure else ""
        return f"{proposal.name} failed: {why}."
    ratio = f"ratio {got.ratio:.3f}"
    if got.rebalanced is not None:
        ratio += f", {got.rebalanced:.3f} with a guess for the pods left out"
    return f"{_compared(proposal, got)}: {ratio}; {got.course}: {got.replicas}."


def _normalization(decision: Decision, found: Normalization, began: float) -> Iterator[str]:
    stable, limit = found.stabilization, found.limit
    if stable.bound_by:
        held = _stabilized(stable, began)
        yield f"Stabilised from {stable.recommended} to {stable.replicas}: {held}."
    if limit.bounded:
        yield f"Limited from {stable.replicas} to {limit.replicas}: {_limited(decision, limit)}."
    for one in limit.policies:
        if one.until is not None:
            yield (
                f"Policy {_policy(one)}: from {one.start} at most to {one.limit}, "
                f"more from {clock(one.until - began)} on."
            )
