"""Quantities and durations as manifests and stories write them, in the simulation's whole units.

CPU is counted in microcores and time in milliseconds: their product is whole nanoseconds of CPU,
so that nothing is lost to rounding however long a run is.
"""

from typing import Any

from tidegauge.sandbox.apiserver.quantities import value_of
from tidegauge.units.duration import parse_duration


def microcores(quantity: Any) -> int:
    """CPU as of `resources.requests.cpu`; YAML makes a number of `cpu: 1`. Raises ValueError."""
    return int(value_of(str(quantity)) * 1_000_000)


def whole_bytes(quantity: Any) -> int:
    return int(value_of(str(quantity)))


def milliseconds(duration: str) -> int:
    """A duration in Go's syntax, as `1m30s`. Raises ValueError."""
    return parse_duration(duration) // 1_000_000
