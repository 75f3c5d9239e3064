"""Command lines by declared flags: from texts to values, and what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tidegauge.console.declaring import Declared
from tidegauge.console.goflags import Vocabulary
from tidegauge.console.kinds import WORDS


class FlagError(Exception):
    """A command line that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def vocabulary(
    flags: Mapping[str, Declared], others: Mapping[str, bool] | None = None, *, words: int = 0
) -> Vocabulary:
    """The words of a command line; `others` are further flags, with whether they take a value."""
    return Vocabulary(
        takes_value={name: bool(each.flag.kind.placeholder) for name, each in flags.items()}
        | dict(others or {}),
        short={each.flag.short: name for name, each in flags.items() if each.flag.short},
        words=words,
    )


def values(
    texts: Mapping[str, list[str]], flags: Mapping[str, Declared]
) -> tuple[dict[str, Any], list[str]]:
    """Values by field, of the flags that could be read, and what is wrong with the others."""
    found, problems = {}, []
    for name, declared in flags.items():
        if name in texts:
            try:
                found[declared.field] = _value(declared, texts[name])
            except ValueError as error:
                problems.append(f"--{name}: {error}")
    return found, problems


def _value(declared: Declared, texts: list[str]) -> Any:
    kind = declared.flag.kind
    read = []
    for text in texts:
        try:
            read.append(kind.read(text))
        except ValueError as error:
            raise ValueError(f"{text!r} {error}") from error
    return tuple(chain.from_iterable(read)) if kind.many else read[-1]


def faults(declared: Declared, value: Any) -> Iterator[str]:
    """What is wrong with one value: bounds, choices, empty words, files that can't be read."""
    flag = declared.flag
    if value is not None and flag.at_least is not None and value < flag.at_least:
        yield f"{declared.show(value)} is too little: give at least {declared.show(flag.at_least)}"
    if value is not None and flag.at_most is not None and value > flag.at_most:
        yield f"{declared.show(value)} is too much: give at most {declared.show(flag.at_most)}"
    for word in value if flag.kind is WORDS else (value,):
        if flag.choices and word not in flag.choices:
            yield f"{word!r} is none of {', '.join(flag.choices)}"
        elif flag.kind is WORDS and not word.strip():
            yield "has an empty entry: remove the comma too many"
    yield from filter(None, map(_unreadable, flag.kind.files(value)))


def flag_faults(flags: Mapping[str, Declared], read: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the values that were read, each line with its flag; defaults are right."""
    for declared in flags.values():
        if declared.field in read:
            for fault in faults(declared, read[declared.field]):
                yield f"--{declared.name}: {fault}"


def _unreadable(path: str) -> str | None:
    try:
        with Path(path).open("rb"):
            return None
    except OSError as error:
        return f"cannot read {path}: {error.strerror}; check the path and who may read it"
