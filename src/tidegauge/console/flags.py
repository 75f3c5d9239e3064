"""From a command line to options: read, warned about, validated."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tidegauge.console import goflags, retired
from tidegauge.console.options import FLAGS, Declared, Options
from tidegauge.console.validation import problems


class FlagError(Exception):
    """A command line that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Parsed:
    options: Options
    warnings: tuple[str, ...]
    """One for each flag that was given and does nothing."""


_VOCABULARY = goflags.Vocabulary(
    takes_value={name: bool(each.flag.kind.placeholder) for name, each in FLAGS.items()}
    | retired.TAKES_VALUE,
    short={each.flag.short: name for name, each in FLAGS.items() if each.flag.short},
)


def parse(arguments: Sequence[str]) -> Parsed:
    """Options from the arguments after the command's name. FlagError lists all that is wrong.

    When help or the version is asked for, nothing else is checked.
    """
    given = goflags.read(arguments, _VOCABULARY)
    values, unreadable = _values(given.texts)
    options = Options(**values)
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


def _values(texts: dict[str, list[str]]) -> tuple[dict[str, Any], list[str]]:
    """Values by field, of the flags that could be read, and what is wrong with the others."""
    values, faults = {}, []
    for name, declared in FLAGS.items():
        if name in texts:
            try:
                values[declared.field] = _value(declared, texts[name])
            except ValueError as error:
                faults.append(f"--{name}: {error}")
    return values, faults


def _value(declared: Declared, texts: list[str]) -> Any:
    kind = declared.flag.kind
    read = []
    for text in texts:
        try:
            read.append(kind.read(text))
        except ValueError as error:
            raise ValueError(f"{text!r} {error}") from error
    return tuple(chain.from_iterable(read)) if kind.many else read[-1]
