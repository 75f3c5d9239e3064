"""What becomes of the size, in a headline and a sentence."""

from collections.abc import Sequence

from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.situation import ScaleFailure, Situation
from tidegauge.autoscale.explaining.explanation import Hold, Outcome, Verdict
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import count
from tidegauge.autoscale.reading.reader import Unread


def verdict(situation: Situation, decision: Decision, held: Sequence[Hold], when: str) -> Verdict:
    """`when` a new size would be given."""
    current, desired = decision.current, decision.desired
    wanted = decision.proposals.replicas if decision.proposals else None
    if decision.rescale and current is not None and desired is not None:
        up = desired > current
        return Verdict(
            outcome=Outcome.UP if up else Outcome.DOWN,
            current=current,
            desired=desired,
            wanted=wanted,
            headline=f"Scales {'up' if up else 'down'} from {current} to {desired} {when}",
            why=_why_rescaled(decision),
        )
    blocked = decision.path not in (Path.METRICS, Path.DISABLED)
    return Verdict(
        outcome=Outcome.BLOCKED if blocked else Outcome.STAYS,
        current=current,
        desired=desired,
        wanted=wanted,
        headline=_headline(decision),
        why=_blocked(situation, decision) if blocked else _why_kept(decision, held),
    )


def unknown(decision: Decision, unread: Sequence[Unread]) -> Verdict:
    """The controller sees more than this user may."""
    what = ", ".join(dict.fromkeys(one.resource for one in unread))
    return Verdict(
        outcome=Outcome.UNKNOWN,
        current=decision.current,
        desired=None,
        headline="What it will do cannot be told",
        why=f"You may not read {what}; the controller probably may.",
    )


def _headline(decision: Decision) -> str:
    if decision.path is Path.DISABLED:
        return "Switched off at 0 replicas"
    if decision.current is None:
        return "Does nothing"
    return f"Stays at {decision.current}"


def _why_rescaled(decision: Decision) -> str:
    if decision.path is Path.ABOVE_MAXIMUM:
        return f"That is more than maxReplicas, {decision.maximum}; metrics are not asked."
    if decision.path is Path.BELOW_MINIMUM:
        return f"That is less than minReplicas, {decision.minimum}; metrics are not asked."
    winner = decision.proposals.winner if decision.proposals else None
    if winner is None or decision.proposals is None:
        return f"{decision.reason}."
    label, replicas = source_of(winner.metric).label, decision.proposals.replicas
    if decision.current is not None and replicas > decision.current:
        return f"{label} is above its target and asks for {replicas}."
    if decision.current is not None and replicas < decision.current:
        several = len(decision.proposals.proposals) > 1
        most = f", {label} for the most" if several else ""
        return f"Less is enough: {replicas}{most}."
    return "An older recommendation asked for it."


def _why_kept(decision: Decision, held: Sequence[Hold]) -> str:
    if decision.path is Path.DISABLED:
        return "Somebody scaled the target to zero, and only they can start it again."
    wanted = decision.proposals.replicas if decision.proposals else decision.current
    if any(one.by == "tolerance" for one in held):
        return "The metrics are near enough to their targets."
    if wanted == decision.current:
        return f"The metrics ask for {wanted}, which it has."
    return f"The metrics ask for {wanted}; {_names(held)} held it back."


def _names(held: Sequence[Hold]) -> str:
    names = list(dict.fromkeys(one.by for one in held if one.by != "failed metric"))
    return " and ".join(names) or "the controller"


def _blocked(situation: Situation, decision: Decision) -> str:
    if decision.path is Path.NO_SCALE:
        scale = situation.scale
        said = scale.message if isinstance(scale, ScaleFailure) else decision.outcome.error
        return f"The scale of its target cannot be read: {said}."
    if decision.path is Path.NO_PODS_KNOWN:
        return f"It is not clear which pods are its own: {decision.outcome.late_events[0].message}."
    proposals = decision.proposals
    failed = [one for one in proposals.proposals if one.failure] if proposals else []
    total = len(proposals.proposals) if proposals else 0
    if len(failed) == total:
        return "None of its metrics can be told." if total > 1 else "Its metric cannot be told."
    return f"{len(failed)} of {count(total, 'metric')} cannot be told, and the rest ask for less."
