"""Command lines as Go's flag libraries read them: which flag was given which texts.

`--flag=value`, `--flag value`, `-f value`, `-fvalue`, `-f=value`; a switch takes a value only after
an equals sign; `--` ends the flags; names are never abbreviated. argparse knows no switch with a
value (`--flag=false`) and stops at the first mistake, so this is our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The flags that exist: whether each takes a value or is a switch, and letters for some.

    `words` is how many arguments that are no flags are taken; such as a name.
    """

    takes_value: Mapping[str, bool]
    short: Mapping[str, str]
    words: int = 0

    def nearest(self, name: str) -> str:
        """A hint at what was meant, or nothing."""
        close = get_close_matches(name.replace("_", "-").lower(), self.takes_value, n=1)
        return f"; did you mean --{close[0]}?" if close else "; --help lists all flags"


@dataclass(slots=True)
class Given:
    """The texts given to each flag, in order, the words, and what could not be understood."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(arguments: Sequence[str], vocabulary: Vocabulary) -> Given:
    """Sort the arguments by flag. Whatever is wrong is reported; the rest is still read."""
    return _Reader(arguments, vocabulary).read()


class _Reader:
    def __init__(self, arguments: Sequence[str], vocabulary: Vocabulary) -> None:
        self._rest = list(reversed(arguments))
        self._vocabulary = vocabulary
        self._given = Given()

    def read(self) -> Given:
        while self._rest:
            argument = self._rest.pop()
            if argument == "--":
                break
            if argument.startswith("--"):
                self._long(argument)
            elif argument.startswith("-") and argument != "-":
                self._short(argument)
            else:
                self._stray(argument)
        for argument in reversed(self._rest):
            self._stray(argument)
        return self._given

    def _stray(self, argument: str) -> None:
        if len(self._given.words) < self._vocabulary.words:
            self._given.words.append(argument)
            return
        self._problem(
            f"unexpected argument {argument!r}: flags begin with --, "
            "and a switch takes its value after an equals sign, as in --flag=false"
        )

    def _long(self, argument: str) -> None:
        name, equals, value = argument[2:].partition("=")
        if name not in self._vocabulary.takes_value:
            self._problem(f"--{name}: no such flag{self._vocabulary.nearest(name)}")
            if not equals:
                self._skip_value()
        else:
            self._take(name, value if equals else None)

    def _short(self, argument: str) -> None:
        letter, value = argument[1], argument[2:]
        name = self._vocabulary.short.get(letter)
        if name is None:
            hint = self._vocabulary.nearest(argument[1:].partition("=")[0])
            self._problem(f"{argument}: no such flag{hint}")
        elif value and not value.startswith("=") and not self._vocabulary.takes_value[name]:
            self._take(name, None)
            self._rest.append(f"-{value}")
        else:
            self._take(name, value.removeprefix("=") if value else None)

    def _take(self, name: str, value: str | None) -> None:
        if value is None and not self._vocabulary.takes_value[name]:
            value = "true"
        elif value is None and self._rest:
            value = self._rest.pop()
        if value is None:
            self._problem(f"--{name}: needs a value, as in --{name}=VALUE")
        else:
            self._given.texts.setdefault(name, []).append(value)

    def _skip_value(self) -> None:
        """Whatever follows an unknown flag is likely its value: one mistake, one message."""
        if self._rest and not self._rest[-1].startswith("-"):
            self._rest.pop()

    def _problem(self, text: str) -> None:
        self._given.problems.append(text)
