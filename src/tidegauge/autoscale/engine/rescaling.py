"""How a new size is written: a conflict is tried again with the scale read anew.

The size itself is not decided again. No I/O here: the caller does each step and sends its result.
"""

from collections.abc import Generator
from enum import Enum, auto

from msgspec import Struct

TRIES = 5
"""client-go's default retry; its pauses begin at 10 ms."""


class Step(Enum):
    """What is to be done next."""

    WRITE = auto()
    READ = auto()


class Refused(Struct, frozen=True):
    """The step failed, with the error's text."""

    message: str
    conflict: bool = False


def rescaling() -> Generator[Step, Refused | None, str | None]:
    """Send None for a step that succeeded. Returns None, or the text of the final error."""
    refused = yield Step.WRITE
    for _ in range(TRIES - 1):
        if refused is None or not refused.conflict:
            break
        yield Step.READ  # where that fails, the old version is tried once more
        refused = yield Step.WRITE
    return None if refused is None else refused.message
