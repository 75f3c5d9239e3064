"""Whose pods they are: the scale's selector, and other HPAs that select the same pods."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.status import ConditionType, Report
from tidegauge.units.selectors import LabelSelector, SelectorError, parse_label_selector


class SelectingError(Exception):
    """No pods can be told; in upstream's words. Condition and event are in the report."""


_UNPARSABLE = "couldn't convert selector into a corresponding internal selector object"

_parse = lru_cache(maxsize=4096)(parse_label_selector)
"""A workload's selector never changes, and is looked at every 15 seconds."""


def select_pods(selector: str, pods: Sequence[Pod], report: Report) -> list[Pod]:
    """The pods that the scale's selector selects, owned by the workload or not.

    Raises SelectingError.
    """
    if not selector:
        message = "the HPA target's scale is missing a selector"
        raise _refuse(
            report, ("SelectorRequired", "selector is required"), "InvalidSelector", message
        )
    try:
        parsed = _parse(selector)
    except SelectorError as error:
        message = (
            f"couldn't convert selector into a corresponding internal selector object: {error}"
        )
        raise _refuse(report, ("InvalidSelector", message), "InvalidSelector", message) from error
    return [pod for pod in pods if parsed.matches(pod.labels)]


def check_ambiguity(
    key: str,
    selector: str,
    pods: Sequence[Pod],
    others: Mapping[str, LabelSelector],
    report: Report,
) -> None:
    """Raises SelectingError where another HPA selects a pod. Keys are `namespace/name`."""
    for other, theirs in others.items():
        if any(theirs.matches(pod.labels) for pod in pods):
            names = " ".join(sorted((key, other)))
            message = (
                f"pods by selector {selector} are controlled by more than one HPA (e.g. [{names}])"
            )
            raise _refuse(report, ("AmbiguousSelector", message), "AmbiguousSelector", message)


def _refuse(report: Report, event: tuple[str, str], reason: str, message: str) -> SelectingError:
    report.warning(*event)
    report.condition(ConditionType.SCALING_ACTIVE, False, reason, message)
    return SelectingError(event[1])
