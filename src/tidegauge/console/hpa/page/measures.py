"""Figures of a metric as people read them: `80 %`, `250 m`, `1.5 cores`, `320 Mi`."""

from typing import NamedTuple

from tidegauge.autoscale.replay.result import Metric, Unit


class Measure(NamedTuple):
    """What a figure is multiplied by to be shown, and what is written after it."""

    factor: float = 1.0
    suffix: str = ""

    def of(self, value: float | None) -> float | None:
        return None if value is None else value * self.factor


_CORES = Measure(1.0, " cores")
_MILLICORES = Measure(1000.0, " m")
_BINARY = tuple(
    Measure(1 / 1024**power, f" {name}i") for power, name in ((3, "G"), (2, "M"), (1, "K"))
)


def measure_of(metric: Metric) -> Measure:
    """By its target, so that all figures of a metric are shown alike."""
    if metric.unit is Unit.PERCENT:
        return Measure(1.0, " %")
    if metric.unit is Unit.CORES:
        return _MILLICORES if metric.target < 1 else _CORES
    if metric.unit is Unit.BYTES:
        return next((each for each in _BINARY if metric.target * each.factor >= 1), Measure())
    return Measure()
