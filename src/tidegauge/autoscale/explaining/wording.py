"""Times, amounts and ratios for a person."""

import math
from datetime import datetime

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("", "k", "M", "G", "T", "P", "E")

_DIGITS = 3
"""Significant ones; more nobody compares at a glance."""


def clock(at: float) -> str:
    """The time of day here, for what happened within the last hours."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")  # noqa: DTZ006  (the reader's own zone)


def span(seconds: float) -> str:
    """`45s`, `3m20s`, `2h5m`, `3d4h`."""
    whole = max(0, round(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (left, "s")]
    shown = [f"{value}{unit}" for value, unit in parts if value][:2]
    return "".join(shown) or "0s"


def amount(milli: int, resource: str = "") -> str:
    """Milli-units: bytes in binary steps, all else as Kubernetes writes it: `430m`, `1.25`."""
    if _is_bytes(resource):
        return _stepped(milli / 1000, 1024, _BINARY)
    if abs(milli) < 1000:
        return f"{milli}m" if milli else "0"
    return _stepped(milli / 1000, 1000, _DECIMAL)


def ratio(value: float) -> str:
    """With as many digits as it takes to be told from one."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite"
    return f"{value:.2f}" if abs(value - 1) >= 0.01 or value == 1 else f"{value:.4f}"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _is_bytes(resource: str) -> bool:
    return resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-")


def _stepped(value: float, step: int, units: tuple[str, ...]) -> str:
    index = 0
    while abs(value) >= step and index < len(units) - 1:
        value /= step
        index += 1
    whole = len(str(int(abs(value))))
    text = f"{value:.{max(0, _DIGITS - whole)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + units[index]
