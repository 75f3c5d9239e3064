"""What one metric asks for, with every number that led there."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tidegauge.autoscale.engine.grouping import GroupedPod
from tidegauge.autoscale.engine.tolerance import Tolerance


class Course(StrEnum):
    """How the proposal came about."""

    SCALED = "the ratio times the counted pods"
    TOLERATED = "the ratio is within the tolerance"
    TOLERATED_REBALANCED = "with the left-out pods the ratio is within the tolerance"
    TURNED = "with the left-out pods the ratio points the other way"
    CONTRARY = "the counted pods would turn the direction"
    WITHOUT_PODS = "the usage by the target, with no pods to compare with"


class Calculation(Struct, frozen=True, kw_only=True):
    """Amounts in milli-units of the metric."""

    replicas: int
    """The proposal."""
    usage: int
    """The figure reported in the status: an average over pods, or the value itself."""
    utilization: int | None = None
    """Percent of the request, where the target is one."""
    target: int
    """Percent where `utilization` is given, else an amount."""
    ratio: float
    """Usage to target."""
    rebalanced: float | None = None
    """The ratio with a guess for the pods left out; None where no pod was."""
    tolerance: Tolerance
    counted: int | None = None
    """The pods that the ratio is multiplied by; None where there is no such factor."""
    pods: tuple[GroupedPod, ...] = ()
    assumed: Mapping[str, int] = {}
    """The usage guessed for pods that were left out."""
    course: Course
