"""Quantities and durations as manifests and stories write them, in the simulation's whole units.

CPU is counted in microcores and time in milliseconds: their product is whole nanoseconds of CPU,
so that nothing is lost to rounding however long a run is.
"""

import re
from fractions import Fraction
from typing import Any

from tidegauge.units.duration import parse_duration

_QUANTITY = re.compile(r"([+-]?[0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[A-Za-z]*)")
_SUFFIXES = {"": Fraction(1)}
_SUFFIXES |= {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SUFFIXES |= {name: Fraction(1000) ** power for power, name in enumerate("kMGTPE", 1)}
_SUFFIXES |= {f"{name}i": Fraction(1024) ** power for power, name in enumerate("KMGTPE", 1)}


def parse_quantity(text: str) -> Fraction:
    """A Kubernetes quantity, exactly. Raises ValueError."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no quantity; write for example 250m, 1.5 or 64Mi")
    number, suffix = match.groups()
    if suffix[:1] in ("e", "E") and suffix[1:]:
        return Fraction(number) * Fraction(10) ** int(suffix[1:])
    if suffix not in _SUFFIXES:
        raise ValueError(f"{text!r} has an unknown suffix {suffix!r}; known are m, k, Ki, M, Mi …")
    return Fraction(number) * _SUFFIXES[suffix]


def microcores(quantity: Any) -> int:
    """CPU as of `resources.requests.cpu`; YAML makes a number of `cpu: 1`."""
    return int(parse_quantity(str(quantity)) * 1_000_000)


def whole_bytes(quantity: Any) -> int:
    return int(parse_quantity(str(quantity)))


def milliseconds(duration: str) -> int:
    """A duration in Go's syntax, as `1m30s`. Raises ValueError."""
    return parse_duration(duration) // 1_000_000
