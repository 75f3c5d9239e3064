"""Figures of metrics in their own units, and as people read them."""

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.spec import MetricSpec, Target
from tidegauge.autoscale.explaining.measures import Source, source_of
from tidegauge.autoscale.replay.result import Metric, Unit
from tidegauge.units.gonumbers import INT64_MIN

_MILLI = 1000.0


def metric_of(metric: MetricSpec, name: str) -> Metric:
    """What holds for the whole run; `name` is upstream's."""
    source = source_of(metric)
    unit = _unit(source)
    return Metric(name=name, label=source.label, unit=unit, target=_target(source.target, unit))


def _unit(source: Source) -> Unit:
    if not source.resource:
        return Unit.PLAIN
    if source.target.average_value is None:
        return Unit.PERCENT
    return {"cpu": Unit.CORES, "memory": Unit.BYTES}.get(source.resource, Unit.PLAIN)


def _target(target: Target, unit: Unit) -> float:
    if unit is Unit.PERCENT:
        return float(target.average_utilization or 0)
    amount = target.value if target.type == "Value" else target.average_value
    amount = amount or target.average_value or target.value
    return amount.milli / _MILLI if amount else 0.0


def usage_of(calculation: Calculation) -> float | None:
    """In the metric's own unit; None for an average over no pods, of which nonsense is reported."""
    if calculation.utilization is not None:
        return float(calculation.utilization)
    return None if calculation.usage == INT64_MIN else calculation.usage / _MILLI


def shown(value: float, unit: Unit) -> str:
    """With three digits or more, and the unit where it is not plain."""
    match unit:
        case Unit.PERCENT:
            return f"{value:.0f}%"
        case Unit.CORES:
            return f"{value * _MILLI:.0f}m"
        case Unit.BYTES:
            return f"{value / 2**20:.0f}Mi"
        case _:
            return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds since the beginning: `0:05:15`."""
    whole = round(seconds)
    sign = "-" if whole < 0 else ""
    minutes, second = divmod(abs(whole), 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{second:02}"
