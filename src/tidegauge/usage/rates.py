"""Cumulative CPU to a rate, in the arithmetic that the Go metrics-server uses, bit for bit."""

from collections.abc import Iterable

NANOSECONDS = 1_000_000_000
NANOSECONDS_PER_MILLISECOND = 1_000_000


def nanocores(cpu_ns: int, window_ns: int) -> int:
    """Whole nanocores for `cpu_ns` core-nanoseconds used within `window_ns`, which must be above 0.

    Both go through doubles, the window as whole seconds plus the rest: exact arithmetic would give
    another last digit in one of seven rates (docs/rates.md, rule 1).
    """
    seconds, rest = divmod(window_ns, NANOSECONDS)
    return int(float(cpu_ns) / (float(seconds) + rest / NANOSECONDS))


def nanocores_of_all(
    cpu: Iterable[int], base_cpu: Iterable[int], stamp: Iterable[int], base_stamp: Iterable[int]
) -> Iterable[int]:
    """The same of columns, with stamps in milliseconds, for a third of the time of so many calls.

    A quotient of integers does not change when both lose the same zeros, so milliseconds over 1000
    are the nanoseconds over a milliard above, to the last bit.
    """
    windows = ((end - begin) for end, begin in zip(stamp, base_stamp, strict=True))
    return [
        int((now - before) / (ms // 1000 + ms % 1000 / 1000))
        for now, before, ms in zip(cpu, base_cpu, windows, strict=True)
    ]
