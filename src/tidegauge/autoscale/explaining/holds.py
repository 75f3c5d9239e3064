"""What held the size back, and until when."""

from collections.abc import Iterator
from math import ceil

from tidegauge.autoscale.engine.calculation import Calculation, Course
from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.limiting import Limit, LimitReason, PolicyLimit
from tidegauge.autoscale.engine.memory import Recommendation
from tidegauge.autoscale.engine.proposals import Proposals
from tidegauge.autoscale.engine.stabilization import Stabilization
from tidegauge.autoscale.explaining.explanation import Hold, moment
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import clock, count, ratio, span


def holds(decision: Decision, undated: Recommendation | None) -> Iterator[Hold]:
    """In the order in which they act. `undated` is a recommendation of unknown time."""
    proposals, normalization = decision.proposals, decision.normalization
    if proposals:
        yield from _failed(decision, proposals)
        yield from _tolerated(proposals)
    if normalization:
        yield from _stabilized(normalization.stabilization, undated)
        yield from _limited(decision, normalization.limit)


def _failed(decision: Decision, proposals: Proposals) -> Iterator[Hold]:
    failed = [source_of(one.metric).label for one in proposals.proposals if one.failure]
    if not failed or len(failed) == len(proposals.proposals):
        return
    names = ", ".join(failed)
    if decision.path is Path.NO_PROPOSAL:
        yield Hold(
            by="failed metric",
            text=f"the other metrics ask for {proposals.replicas}, but while {names} cannot be "
            "told the size may not go down",
        )
    else:
        yield Hold(by="failed metric", text=f"while {names} cannot be told, it may only go up")


def _tolerated(proposals: Proposals) -> Iterator[Hold]:
    """Of the metric that decides; the others had no part."""
    winner = proposals.winner
    if winner is None or winner.calculation is None or proposals.blocked:
        return
    got, name = winner.calculation, source_of(winner.metric).label
    least, greatest = got.tolerance.band
    band = f"from {ratio(least)} to {ratio(greatest)}"
    if got.course is Course.TOLERATED and _would_differ(got):
        yield Hold(
            by="tolerance", text=f"ratios {band} change nothing: {name} is at {ratio(got.ratio)}"
        )
    elif text := _rebalanced(got, band):
        yield Hold(by="pods left out", text=text)


def _would_differ(got: Calculation) -> bool:
    """Without a tolerance there would be another proposal."""
    return got.ratio != 1 if got.counted is None else ceil(got.ratio * got.counted) != got.replicas


def _rebalanced(got: Calculation, band: str) -> str:
    with_guess = ratio(got.rebalanced or 0.0)
    match got.course:
        case Course.TOLERATED_REBALANCED:
            return f"with a guess for them the ratio is {with_guess}, and {band} change nothing"
        case Course.TURNED:
            return f"with a guess for them the ratio is {with_guess}, which points the other way"
        case Course.CONTRARY:
            return f"with them the ratio of {with_guess} would turn the direction"
        case _:
            return ""


def _stabilized(stable: Stabilization, undated: Recommendation | None) -> Iterator[Hold]:
    bound, until = stable.bound_by, stable.until
    if bound is None or until is None:
        return
    window = span(until - bound.at)
    when = f"in the last {window}" if bound == undated else f"at {clock(bound.at)}, for {window}"
    yield Hold(
        by="stabilization",
        text=f"{stable.recommended} is asked for, but {bound.replicas} was {when}",
        until=moment(until),
        at_latest=bound == undated,
    )


def _limited(decision: Decision, limit: Limit) -> Iterator[Hold]:
    if not limit.bounded:
        return
    match limit.reason:
        case LimitReason.TOO_MANY:
            yield Hold(by="maximum", text=f"maxReplicas is {decision.maximum}")
        case LimitReason.TOO_FEW:
            yield Hold(by="minimum", text=f"minReplicas is {decision.minimum}")
        case _ if limit.policies:
            # None of them bounds where more was changed in their periods than they allow.
            yield from map(_policy, limit.bound_by or limit.policies)
        case LimitReason.UP_RATE if limit.rate == decision.current:
            yield Hold(by="policy", text="selectPolicy Disabled forbids to scale up")
        case LimitReason.DOWN_RATE if limit.rate == decision.current:
            yield Hold(by="policy", text="selectPolicy Disabled forbids to scale down")
        case _:
            text = f"without behavior a size at most doubles at a time, or goes to 4: {limit.rate}"
            yield Hold(by="rate", text=text)


def _policy(one: PolicyLimit) -> Hold:
    policy = one.policy
    most = f"{policy.value}%" if policy.type == "Percent" else count(policy.value, "pod")
    changes = ((one.added, "added"), (one.removed, "removed"))
    done = " and ".join(f"{number} {verb}" for number, verb in changes if number)
    text = f"at most {most} in {span(policy.period_seconds)}: from {one.start} to {one.limit}"
    return Hold(
        by="policy",
        text=f"{text}; {done} in that time" if done else text,
        until=None if one.until is None else moment(one.until),
    )
