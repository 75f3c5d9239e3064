"""What a step of a run shows of its decision."""

import math
from collections.abc import Sequence

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.grouping import Group, GroupedPod
from tidegauge.autoscale.engine.proposals import Proposal
from tidegauge.autoscale.replay.figures import usage_of
from tidegauge.autoscale.replay.result import PodGroup, Reading


def readings(decision: Decision) -> tuple[Reading, ...]:
    """What each metric said; nothing where they were not asked."""
    if decision.proposals is None:
        return ()
    winner = decision.proposals.winner
    return tuple(_reading(one, one is winner) for one in decision.proposals.proposals)


def _reading(proposal: Proposal, won: bool) -> Reading:
    got = proposal.calculation
    if got is None:
        return Reading(failure=proposal.failure.message if proposal.failure else "")
    return Reading(
        usage=usage_of(got),
        ratio=got.ratio if math.isfinite(got.ratio) else None,
        rebalanced=got.rebalanced,
        proposal=got.replicas,
        won=won,
        course=got.course.value,
    )


def groups(decision: Decision) -> tuple[PodGroup, ...]:
    """The pods as the winning metric saw them; where none won, as the first that failed did."""
    if decision.proposals is None:
        return ()
    winner, failure = decision.proposals.winner, decision.proposals.first_failure
    if winner and winner.calculation:
        return _grouped(winner.calculation.pods)
    return _grouped(failure.pods) if failure else ()


def _grouped(pods: Sequence[GroupedPod]) -> tuple[PodGroup, ...]:
    found: dict[tuple[Group, str], list[str]] = {}
    for pod in pods:
        found.setdefault((pod.group, pod.reason), []).append(pod.name)
    return tuple(
        PodGroup(
            group=group.value,
            reason=why,
            count=len(names),
            names=() if group is Group.READY else tuple(names),
        )
        for (group, why), names in found.items()
    )
