"""What becomes of the size, in a headline and a sentence."""

from collections.abc import Sequence

from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.proposals import Proposals
from tidegauge.autoscale.engine.situation import ScaleFailure, Situation
from tidegauge.autoscale.engine.stabilization import Stabilization
from tidegauge.autoscale.explaining.explanation import Hold, Outcome, Verdict
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import count
from tidegauge.autoscale.reading.reader import Unread


def verdict(
    situation: Situation, decision: Decision, held: Sequence[Hold], when: str, *, bounded: bool
) -> Verdict:
    """`when` a new size would be given; `bounded` if policies may allow less of a change."""
    current, desired = decision.current, decision.desired
    wanted = decision.proposals.replicas if decision.proposals else None
    if decision.rescale and current is not None and desired is not None:
        up = desired > current
        bound = f" at {'most' if up else 'least'}," if bounded else ""
        return Verdict(
            outcome=Outcome.UP if up else Outcome.DOWN,
            current=current,
            desired=desired,
            wanted=wanted,
            headline=f"Scales {'up' if up else 'down'} from {current} to {desired}{bound} {when}",
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
    proposals, normalization, current = decision.proposals, decision.normalization, decision.current
    if proposals is None or normalization is None or current is None:
        return f"{decision.reason}."
    if normalization.stabilization.recommended > current:
        return _why_more(proposals, current, decision.minimum)
    if normalization.limit.replicas < current:
        return _why_less(proposals, current)
    return _why_raised(decision, normalization.stabilization)


def _why_raised(decision: Decision, stable: Stabilization) -> str:
    """Up, though the metrics do not ask for that."""
    if stable.bound_by:
        older = stable.bound_by.replicas
        return f"An older recommendation asked for {older}; now it is {stable.recommended}."
    return f"minReplicas is {decision.minimum}; the metrics ask for {stable.recommended}."


def _why_more(proposals: Proposals, current: int, minimum: int) -> str:
    """The ratio alone does not tell the direction: it is multiplied by the pods that count."""
    label, asks = _label(proposals), f"asks for {proposals.replicas}"
    if proposals.replicas < minimum:  # from zero
        asks += f", and minReplicas is {minimum}"
    if _ratio(proposals) > 1:
        return f"{label} is above its target and {asks}."
    if not current:
        return f"{label} {asks}."
    return f"{label} {asks}: it is not above its target, but more than {current} pods count."


def _why_less(proposals: Proposals, current: int) -> str:
    label, replicas = _label(proposals), max(proposals.replicas, 0)
    if _ratio(proposals) >= 1:
        return (
            f"{label} is not below its target, but asks for {replicas}: fewer than {current} pods "
            "count."
        )
    most = f", {label} for the most" if len(proposals.proposals) > 1 else ""
    return f"Less is enough: {replicas}{most}."


def _label(proposals: Proposals) -> str:
    """Of the metric that decides."""
    return source_of(proposals.winner.metric).label if proposals.winner else ""


def _ratio(proposals: Proposals) -> float:
    winner = proposals.winner
    return winner.calculation.ratio if winner and winner.calculation else 0.0


def _why_kept(decision: Decision, held: Sequence[Hold]) -> str:
    proposals = decision.proposals
    if decision.path is Path.DISABLED or proposals is None:
        return "Not the HPA made the size zero, so somebody else has to start it again."
    wanted = proposals.replicas
    if wanted != decision.current:
        return f"The metrics ask for {wanted}; {_names(held)} held it back."
    if any(one.by == "tolerance" for one in held):
        most = ", and asks for the most" if len(proposals.proposals) > 1 else ""
        return f"{_label(proposals)} is near enough to its target{most}."
    return f"The metrics ask for {wanted}, which it has."


_NO_BOUNDS = ("failed metric", "tolerance")
"""What has a part in the figure that the metrics ask for, not in what becomes of it."""


def _names(held: Sequence[Hold]) -> str:
    names = list(dict.fromkeys(one.by for one in held if one.by not in _NO_BOUNDS))
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
