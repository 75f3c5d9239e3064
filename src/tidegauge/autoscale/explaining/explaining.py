"""From what was read to an explanation."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Situation
from tidegauge.autoscale.explaining import verdicts
from tidegauge.autoscale.explaining.claims import standing
from tidegauge.autoscale.explaining.explanation import (
    Explanation,
    Hold,
    Lack,
    Outlook,
    Standing,
    moment,
)
from tidegauge.autoscale.explaining.foreseeing import Foreseen, foresee
from tidegauge.autoscale.explaining.holds import holds
from tidegauge.autoscale.explaining.lacks import CONTROLLER, Subject, lacks, permissions
from tidegauge.autoscale.explaining.measures import measures
from tidegauge.autoscale.explaining.recollecting import Past, Recollection, recollect
from tidegauge.autoscale.explaining.rescales import Rescale
from tidegauge.autoscale.explaining.wording import span
from tidegauge.autoscale.reading.reader import AUTOSCALERS, EVENTS, Observed, Unread


class Explained(Struct, frozen=True):
    """With the decision, and what who watches knows of the past at the next look."""

    explanation: Explanation
    decision: Decision
    past: Past


def explain(
    observed: Observed, past: Past, period: float, similar: Sequence[str] = ()
) -> Explained:
    """`period` is the controller's, in seconds; `similar` are names like that of a target which
    does not exist.
    """
    found = observed.situation
    spec, status = found.autoscaler.spec, found.autoscaler.status
    recollection = recollect(spec, status, past, found.now, found.settings, period)
    situation = replace(found, memory=recollection.memory)
    decision = decide(situation)
    blind = [one for one in observed.unread if one.resource not in _UNSEEN]
    explanation = _unknown(observed, decision, blind)
    alike = past.alike if past.status in (None, status) else found.now
    if not blind:
        explanation = replace(
            explanation,
            status=standing(observed.object, found.autoscaler, decision, alike, found.now, period),
        )
        explanation = _known(explanation, situation, decision, recollection, period, similar)
    assumed = (*explanation.assumed, *_unseen(observed.unread))
    carried = replace(
        past,
        carried=decision.outcome.memory.recommendations,
        undated=recollection.undated,
        seen=past.seen or _seen(found.now, decision),
        status=status,
        alike=alike if blind or explanation.status.claims else found.now,
    )
    return Explained(replace(explanation, assumed=assumed), decision, carried)


def _seen(now: float, decision: Decision) -> Rescale | None:
    return None if decision.current is None else Rescale(now, decision.current, is_change=False)


def _unknown(observed: Observed, decision: Decision, unread: Sequence[Unread]) -> Explanation:
    """For who may not read what it takes."""
    found = observed.situation
    target = found.autoscaler.spec.scale_target_ref
    return Explanation(
        namespace=found.autoscaler.namespace,
        name=found.autoscaler.name,
        target=f"{target.kind} {target.name}",
        at=moment(found.now),
        profile=next(name for name, one in PROFILES.items() if one == found.profile),
        minimum=decision.minimum,
        maximum=decision.maximum,
        verdict=verdicts.unknown(decision, unread),
        status=Standing(stale=False, text="not compared"),
        missing=(permissions(found.autoscaler.namespace, unread),),
    )


def _known(
    explanation: Explanation,
    situation: Situation,
    decision: Decision,
    recollection: Recollection,
    period: float,
    similar: Sequence[str],
) -> Explanation:
    held = tuple(holds(decision, recollection.undated))
    foreseen = foresee(situation, decision, period)
    when = f"at the controller's next look, within {span(period)}"
    absent: tuple[Lack, ...] = ()
    if explanation.status.stale:
        when, absent = "as soon as a controller looks at it", (CONTROLLER,)
    return replace(
        explanation,
        verdict=verdicts.verdict(
            situation,
            decision,
            held,
            when,
            bounded=any(_doubts(decision, recollection, situation.now)),
        ),
        outlook=_outlook(foreseen, held) if foreseen else None,
        metrics=measures(decision.proposals) if decision.proposals else (),
        holds=held,
        missing=(*absent, *lacks(Subject(situation, decision, similar))),
        assumed=tuple(_assumed(decision, recollection, situation.now)),
    )


def _assumed(decision: Decision, recollection: Recollection, now: float) -> Iterator[str]:
    """As far as it had a part in the decision."""
    normalization = decision.normalization
    if normalization is None or decision.current is None:
        return
    stable = normalization.stabilization
    if stable.bound_by or stable.recommended < decision.current:
        yield from recollection.recommended
    yield from _doubts(decision, recollection, now)


def _doubts(decision: Decision, recollection: Recollection, now: float) -> Iterator[str]:
    """That policies may allow less."""
    policies = decision.normalization.limit.policies if decision.normalization else ()
    cutoff = now - max((one.policy.period_seconds for one in policies), default=0)
    yield from (doubt.text for doubt in recollection.changed if doubt.at > cutoff)


def _outlook(foreseen: Foreseen, held: Sequence[Hold]) -> Outlook:
    return Outlook(
        at=moment(foreseen.at),
        desired=foreseen.decision.desired or 0,
        at_latest=any(one.at_latest for one in held),
    )


_UNSEEN = {
    AUTOSCALERS.qualified: "No other HPA selects these pods: you may not list HPAs.",
    EVENTS.qualified: "Nothing but the last change of size counts: you may not list events.",
}
"""What is assumed without the right to list them; all else is needed to decide at all."""


def _unseen(unread: Sequence[Unread]) -> Iterator[str]:
    return (_UNSEEN[one.resource] for one in unread if one.resource in _UNSEEN)
