"""A recording through the engine again, with the HPA's own spec or with another.

Open loop: each step begins from what was recorded, whatever would have been decided before. With
another spec it shows what that would have done at each moment, not where it would have led; for
that, simulate the recording's load.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Scale, Situation
from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.replay import reasons, steps
from tidegauge.autoscale.replay.recording import Recording
from tidegauge.autoscale.replay.result import Reading, Run, Step
from tidegauge.autoscale.replay.runs import Controller, metrics_of


class Other(Struct, frozen=True):
    """A spec instead of the recorded one."""

    spec: Spec
    json: dict[str, Any]


def rerun(
    name: str, recording: Recording, controller: Controller, other: Other | None = None
) -> Run:
    """Every frame in turn."""
    situations = [_put(one, controller, other) for one in recording.situations]
    first, last = situations[0], situations[-1]
    spec = first.autoscaler.spec
    target = spec.scale_target_ref
    return Run(
        name=name,
        namespace=first.autoscaler.namespace,
        hpa=first.autoscaler.name,
        target=f"{target.kind} {target.name}",
        spec=other.json if other else recording.spec,
        assumptions=recording.header.assumed,
        profile=controller.profile,
        began=first.now,
        seconds=last.now - first.now,
        period=recording.header.every,
        metrics=metrics_of(spec),
        steps=tuple(_steps(situations, recording.header.memory)),
    )


def _put(situation: Situation, controller: Controller, other: Other | None) -> Situation:
    profile, settings = PROFILES[controller.profile], controller.settings
    situation = replace(situation, profile=profile, settings=settings)
    if other is None:
        return situation
    return replace(situation, autoscaler=replace(situation.autoscaler, spec=other.spec))


def _steps(situations: Sequence[Situation], memory: Memory) -> Iterator[Step]:
    """The controller remembers what it recommended here, and how the cluster was scaled."""
    began, metrics = situations[0].now, situations[0].autoscaler.spec.metrics
    for situation, following in zip(situations, [*situations[1:], None], strict=True):
        at = _scaled_at(situation, following)
        decision = decide(replace(situation, memory=memory, now=at or situation.now))
        had, became = _size(situation), _size(following)
        # The readings are those of the run's metrics, which the spec may have lost meanwhile.
        kept = situation.autoscaler.spec.metrics == metrics
        step = _step(situation, decision, began, steps.readings(decision) if kept else ())
        if following:
            seen = following.autoscaler.status.current_metrics
            same = seen == decision.outcome.status.current_metrics
            step = replace(step, cluster=became, same_figures=same)
        yield step
        memory = replace(memory, recommendations=decision.outcome.memory.recommendations)
        # Policies count no change by hand; a status that is late does not tell the time of ours.
        ours = at is not None or became == decision.desired
        if ours and had is not None and became is not None and had != became:
            behavior = situation.autoscaler.spec.behavior
            memory = after_scaling(memory, behavior, had, became, at or situation.now)


def _scaled_at(situation: Situation, following: Situation | None) -> float | None:
    """When the cluster's controller scaled between the two, if it did: policies count seconds."""
    at = following.autoscaler.status.last_scale_time if following else None
    if at is None or following is None:
        return None
    # A second earlier: it is cut to whole ones.
    return at if situation.now - 1.0 < at <= following.now else None


def _size(situation: Situation | None) -> int | None:
    scale = situation.scale if situation else None
    return scale.replicas if isinstance(scale, Scale) else None


def _step(
    situation: Situation, decision: Decision, began: float, readings: tuple[Reading, ...]
) -> Step:
    had = _size(situation) or 0
    normalization = decision.normalization
    ready = [one for one in situation.pods if one.ready and one.ready.status == "True"]
    return Step(
        at=situation.now - began,
        had=had,
        pods=len(situation.pods),
        ready=len(ready),
        wanted=normalization.stabilization.recommended if normalization else None,
        stabilized=normalization.stabilization.replicas if normalization else None,
        size=had if decision.desired is None else decision.desired,
        tolerance=decision.tolerance.band if decision.tolerance else (1.0, 1.0),
        readings=readings,
        groups=steps.groups(decision),
        reason=reasons.reason(decision, began),
        details=reasons.details(decision, began),
    )
