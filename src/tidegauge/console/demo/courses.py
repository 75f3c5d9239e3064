"""What the controller has done to each HPA's target so far, and why. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from tidegauge.autoscale.controller import Reconciled
from tidegauge.autoscale.engine.answers import Failure
from tidegauge.autoscale.engine.decision import Decision, Path
from tidegauge.autoscale.engine.labels import Action
from tidegauge.autoscale.engine.situation import Situation
from tidegauge.autoscale.replay.reasons import reason

STEPS = 1000
"""Steps of one HPA that are kept: hours of a busy one."""

_WITHOUT_SIZE = (Path.NO_SCALE, Path.NO_PODS_KNOWN, Path.NO_PROPOSAL)


class Step(NamedTuple):
    """A change of size, `at` seconds after the demo began."""

    at: float
    before: int
    after: int
    why: str


@dataclass
class Course:
    """Of one HPA."""

    first: float
    """When it was looked at first, in seconds after the demo began."""

    now: str = ""
    """Why its target has the size that it has."""

    held: bool = False
    """Whether something keeps the size from what the metrics ask for."""

    failing: bool = False
    """Whether no size can be found, or the target does not take it."""

    steps: list[Step] = field(default_factory=list)

    @property
    def last(self) -> Step | None:
        return self.steps[-1] if self.steps else None


class Courses:
    """`began` is the demo's beginning, in seconds since the epoch."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._courses: dict[str, Course] = {}
        self.unfounded: list[str] = []
        """Steps that were taken by metrics of which nothing was known: there must be none."""

    @property
    def all(self) -> Mapping[str, Course]:
        """By `namespace/name`."""
        return self._courses

    def tell(self, reconciled: Reconciled) -> None:
        key, decision = reconciled.key, reconciled.decision
        at = reconciled.situation.now - self._began
        course = self._courses.setdefault(key, Course(at))
        why, acted = reason(decision, self._began), decision.outcome.action is not Action.NONE
        refused = decision.rescale and not acted
        course.now = f"{why}; {decision.outcome.error}" if refused else why
        course.held = _held(decision)
        course.failing = refused or decision.path in _WITHOUT_SIZE
        if not acted:
            return
        course.steps.append(Step(at, decision.current or 0, decision.desired or 0, why))
        del course.steps[:-STEPS]
        if decision.path is Path.METRICS and not _known(reconciled.situation):
            self.unfounded.append(f"{key}: {decision.current} to {decision.desired}")


def _held(decision: Decision) -> bool:
    found = decision.normalization
    return bool(found and (found.limit.bounded or found.stabilization.bound_by))


def _known(situation: Situation) -> bool:
    """Whether any metric API said anything."""
    answers = situation.answers
    mappings = (answers.pods, answers.object, answers.external)
    given = [answers.resource, *chain.from_iterable(each.values() for each in mappings)]
    return any(isinstance(one, int) or (not isinstance(one, Failure) and one) for one in given)
