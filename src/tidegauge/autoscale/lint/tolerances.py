"""The band around its target in which a metric changes nothing."""

from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.spec import Behavior
from tidegauge.autoscale.engine.tolerance import Tolerance, tolerance_of
from tidegauge.autoscale.lint.subject import Subject


def tolerance(subject: Subject) -> Tolerance:
    """By the HPA's behaviour, or the controller's flag."""
    behavior = subject.spec.behavior or Behavior()
    up, down = behavior.scale_up.tolerance, behavior.scale_down.tolerance
    return tolerance_of(
        subject.around.knowledge.settings.tolerance,
        None if up is None else up.approximate,
        None if down is None else down.approximate,
        NEWEST,
    )
