"""What exit codes mean, for all commands."""

from enum import IntEnum


class Exit(IntEnum):
    FINE = 0
    FINDINGS = 1
    """Something to look at was found, or a promise was not kept."""
    BAD_INPUT = 2
    """Flags or files that can't be used; every problem was listed."""
    UNREACHABLE = 3
    """The cluster can't be reached, or says no."""
    BUG = 70
    INTERRUPTED = 130
    """Ctrl-C before there was anything to end; as shells have it, 128 and the signal."""
