"""When the size will change, should load and pods stay as they are: the engine, as time passes."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.answers import Answers, Failure, PodUsage
from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Situation

_LONGEST = 3600.0
"""Seconds: no window and no policy's period is longer, so nothing changes after that."""


class Foreseen(Struct, frozen=True):
    """The first decision that gives a new size, and its time in seconds."""

    at: float
    decision: Decision


def foresee(situation: Situation, decision: Decision, period: float) -> Foreseen | None:
    """None where nothing holds the size back, or nothing changes within the hour.

    After a change nothing is foreseen: how the load spreads over other pods is not known.
    """
    if decision.rescale or decision.path is not Path.METRICS or not _pending(decision):
        return None
    started = situation.now
    for look in range(1, int(_LONGEST / period) + 2):
        passed = look * period
        situation = replace(
            situation,
            now=started + passed,
            memory=decision.outcome.memory,
            answers=_later(situation.answers, period),
        )
        decision = decide(situation)
        if decision.rescale:
            return Foreseen(situation.now, decision)
    return None


def _pending(decision: Decision) -> bool:
    """Time alone may change the size: something else was asked for, or pods are just starting."""
    proposals = decision.proposals.proposals if decision.proposals else ()
    starting = any(one.calculation and one.calculation.rebalanced is not None for one in proposals)
    wanted = decision.proposals.replicas if decision.proposals else decision.current
    return starting or wanted != decision.current


def _later(answers: Answers, seconds: float) -> Answers:
    """The same usage, measured that much later."""
    if isinstance(answers.resource, Failure):
        return answers
    return replace(answers, resource=_shifted(answers.resource, seconds))


def _shifted(usages: Sequence[PodUsage], seconds: float) -> tuple[PodUsage, ...]:
    return tuple(replace(one, timestamp=one.timestamp + seconds) for one in usages)
