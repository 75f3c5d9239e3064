"""How a command declares its flags: as annotated fields of dataclasses, one for each section."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

from tidegauge.console.kinds import Kind


@dataclass(frozen=True, slots=True)
class Flag:
    """Durations and their bounds are in seconds. `default` is shown where the value says little."""

    kind: Kind
    meaning: str
    short: str = ""
    at_least: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One flag with the field of the command's options where it is kept."""

    name: str
    field: str
    section: str
    flag: Flag
    default: Any

    def show(self, value: Any) -> str:
        """A value as one would write it on the command line; empty where that says nothing."""
        return self.flag.kind.show(value)


def declare(sections: Iterable[Any]) -> dict[str, Declared]:
    """Flags by name in the sections' order. A flag's name is its field's, with dashes; where that
    would be a word of Python's own, the field has an underscore at its end.

    A section is a dataclass with a `title`, whose fields are annotated with their flags.
    """
    found = {}
    for section in sections:
        hints = get_type_hints(section, include_extras=True)
        for field in fields(section):
            _, flag = get_args(hints[field.name])
            name = field.name.rstrip("_").replace("_", "-")
            found[name] = Declared(name, field.name, section.title, flag, field.default)
    return found
