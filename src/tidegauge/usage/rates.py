"""Cumulative CPU to a rate, in the arithmetic that the Go metrics-server uses, bit for bit."""

NANOSECONDS = 1_000_000_000
NANOSECONDS_PER_MILLISECOND = 1_000_000


def nanocores(cpu_ns: int, window_ns: int) -> int:
    """Whole nanocores for `cpu_ns` core-nanoseconds used within `window_ns`, which must be above 0.

    Both go through doubles, the window as whole seconds plus the rest: exact arithmetic would give
    another last digit in one of seven rates (docs/rates.md, rule 1).
    """
    return int(cpu_ns / (window_ns // NANOSECONDS + window_ns % NANOSECONDS / NANOSECONDS))
