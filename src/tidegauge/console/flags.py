"""From a command line to options: read, warned about, validated."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegauge.console import goflags, retired
from tidegauge.console.commandline import FlagError, values, vocabulary
from tidegauge.console.options import FLAGS, Options
from tidegauge.console.validation import problems


@dataclass(frozen=True, slots=True)
class Parsed:
    options: Options
    warnings: tuple[str, ...]
    """One for each flag that was given and does nothing."""


_VOCABULARY = vocabulary(FLAGS, retired.TAKES_VALUE)


def parse(arguments: Sequence[str]) -> Parsed:
    """Options from the arguments after the command's name. FlagError lists all that is wrong.

    When help or the version is asked for, nothing else is checked.
    """
    given = goflags.read(arguments, _VOCABULARY)
    read, unreadable = values(given.texts, FLAGS)
    options = Options(**read)
    if options.help or options.version:
        return Parsed(options, ())
    refused = [
        f"--{name}: {why}" for name, why in retired.WHY_REFUSED.items() if name in given.texts
    ]
    faults = [*given.problems, *refused, *unreadable, *problems(options)]
    if faults:
        raise FlagError(faults)
    dead = [
        f"--{name} has no effect: {why}"
        for name, why in retired.WHY_DEAD.items()
        if name in given.texts
    ]
    return Parsed(options, tuple(dead))
