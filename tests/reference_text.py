"""Quantities, durations and times as the API writes them, worked out the long way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

CPU_SUFFIXES = [("G", 18), ("M", 15), ("k", 12), ("", 9), ("m", 6), ("u", 3), ("n", 0)]
MEMORY_SUFFIXES = ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"]


def cpu_text(nanocores: int) -> str:
    """The biggest suffix that keeps an integer."""
    nanocores = _kept(nanocores)
    for suffix, zeros in CPU_SUFFIXES:
        if nanocores and nanocores % 10**zeros == 0:
            return f"{nanocores // 10**zeros}{suffix}"
    return "0"


def memory_text(num_bytes: int) -> str:
    """By steps of 1024; below 1024 decimal, where only 1000 has a suffix."""
    num_bytes = _kept(num_bytes)
    if abs(num_bytes) < 1024:
        return f"{num_bytes // 1000}k" if num_bytes and num_bytes % 1000 == 0 else str(num_bytes)
    for i, suffix in enumerate(MEMORY_SUFFIXES):
        step = 1024 ** (len(MEMORY_SUFFIXES) - i)
        if num_bytes % step == 0:
            return f"{num_bytes // step}{suffix}"
    return str(num_bytes)


def _kept(value: int) -> int:
    """Above int64 the Go server's quantities lose their last digit."""
    return value if value < 2**63 else value - value % 10


def duration_text(ns: int) -> str:
    """Go's Duration: from a second on hours, minutes and seconds, below it one unit."""
    if ns < 0:
        return "-" + duration_text(-ns)
    if ns == 0:
        return "0s"
    for unit, size in (("ns", 1), ("\u00b5s", 10**3), ("ms", 10**6)):
        if ns < size * 1000:
            return _plain(Decimal(ns) / size) + unit
    hours, rest = divmod(ns, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    text = _plain(Decimal(rest) / 10**9) + "s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_text(ms: int) -> str:
    """RFC 3339 in UTC, whole seconds, rounded down."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ms // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
