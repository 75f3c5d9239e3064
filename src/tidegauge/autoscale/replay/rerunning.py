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
from tidegauge.autoscale.replay.result import Run, Step
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
    began = situations[0].now
    for situation, following in zip(situations, [*situations[1:], None], strict=True):
        decision = decide(replace(situation, memory=memory))
        became = None if following is None else _size(following)
        yield _step(situation, decision, became, began)
        memory = replace(memory, recommendations=decision.outcome.memory.recommendations)
        if following:
            memory = _scaled(memory, situation, following)


def _scaled(memory: Memory, before: Situation, after: Situation) -> Memory:
    """With the change that the cluster made between the two."""
    had, became = _size(before), _size(after)
    if had is None or became is None or had == became:
        return memory
    at = after.autoscaler.status.last_scale_time
    if at is None or not before.now - 1.0 < at <= after.now:  # a second: it is cut to whole ones
        at = before.now
    return after_scaling(memory, before.autoscaler.spec.behavior, had, became, at)


def _size(situation: Situation) -> int | None:
    return situation.scale.replicas if isinstance(situation.scale, Scale) else None


def _step(situation: Situation, decision: Decision, became: int | None, began: float) -> Step:
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
        cluster=became,
        tolerance=decision.tolerance.band if decision.tolerance else (1.0, 1.0),
        readings=steps.readings(decision),
        groups=steps.groups(decision),
        reason=reasons.reason(decision, began),
        details=reasons.details(decision, began),
    )
