"""What the controller says in conditions; people and tools match on these words."""

from tidegauge.autoscale.engine.limiting import LimitReason
from tidegauge.autoscale.engine.normalizing import Normalization
from tidegauge.autoscale.engine.stabilization import StabilizationReason
from tidegauge.autoscale.engine.status import ConditionType, Report

_STABILIZATION = {
    StabilizationReason.READY: "recommended size matches current size",
    StabilizationReason.DOWN: (
        "recent recommendations were higher than current one, "
        "applying the highest recent recommendation"
    ),
    StabilizationReason.UP: (
        "recent recommendations were lower than current one, "
        "applying the lowest recent recommendation"
    ),
}

_LIMIT = {
    LimitReason.WITHIN: "the desired count is within the acceptable range",
    LimitReason.TOO_FEW: "the desired replica count is less than the minimum replica count",
    LimitReason.TOO_MANY: "the desired replica count is more than the maximum replica count",
    LimitReason.UP_RATE: (
        "the desired replica count is increasing faster than the maximum scale rate"
    ),
    LimitReason.DOWN_RATE: (
        "the desired replica count is decreasing faster than the maximum scale rate"
    ),
}


def report_normalization(report: Report, normalization: Normalization) -> None:
    """AbleToScale and ScalingLimited."""
    stable, limit = normalization.stabilization, normalization.limit
    report.condition(
        ConditionType.ABLE_TO_SCALE, True, stable.reason.value, _STABILIZATION[stable.reason]
    )
    report.condition(
        ConditionType.SCALING_LIMITED, limit.bounded, limit.reason.value, _LIMIT[limit.reason]
    )


def report_zero(report: Report, *, by_us: bool) -> None:
    """ScaledToZero: only a zero that was made here may be left again."""
    if by_us:
        report.condition(
            ConditionType.SCALED_TO_ZERO,
            True,
            "ScaledToZero",
            "the HPA controller scaled the workload to zero",
        )
    else:
        report.condition(
            ConditionType.SCALED_TO_ZERO,
            False,
            "NotScaledToZero",
            "the HPA controller did not scale the workload to zero",
        )
