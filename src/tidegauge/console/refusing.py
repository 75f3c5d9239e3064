"""How a command says that it cannot be run as it was asked."""

import sys
from collections.abc import Iterable

from tidegauge.console.exits import Exit


def refuse(command: str, problems: Iterable[str], *, hint: bool = True) -> int:
    """Tell every problem, a line each, and where the flags are told if that is a `hint`."""
    for problem in problems:
        sys.stderr.write(f"tidegauge {command}: {problem}\n")
    if hint:
        sys.stderr.write(f"tidegauge {command} --help lists all flags\n")
    return Exit.BAD_INPUT
