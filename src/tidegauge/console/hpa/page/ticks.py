"""Where an axis is labelled, and how numbers and times are written."""

import math

_STEPS = (1, 2, 5, 10)
_SPANS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between labels that people count in."""

_DAY = 86400


def ticks(greatest: float, most: int) -> list[float]:
    """From zero in round steps to the first that is not below `greatest`, `most` steps at most."""
    greatest = greatest or 1.0
    power = 10.0 ** math.floor(math.log10(greatest / most))
    step = next(each * power for each in _STEPS if each * power * (1 + 1e-9) >= greatest / most)
    return [count * step for count in range(math.ceil(greatest / step - 1e-9) + 1)]


def whole_ticks(greatest: int, most: int) -> list[float]:
    """The same for what is counted: never a fraction."""
    return ticks(greatest, most) if greatest > most else [float(n) for n in range(greatest + 1)]


def time_ticks(seconds: float, most: int) -> list[float]:
    """From the start in steps that people count in, `most` steps at most."""
    days = math.ceil(seconds / most / _DAY) * _DAY
    step = next((each for each in _SPANS if seconds / each <= most), days)
    return [float(at) for at in range(0, math.floor(seconds) + 1, step)]


def number(value: float) -> str:
    """Three digits that tell something, and no needless fraction: `1,200`, `12.5`, `0.25`."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    written = f"{value:,.{digits}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
