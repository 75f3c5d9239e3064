"""The flags of `tidegauge hpa replay`, declared once, and the way from words to options."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import FILE, SWITCH, TEXT


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False


@dataclass(frozen=True, kw_only=True)
class Changed:
    title: ClassVar = "What is other than recorded"

    hpa: Annotated[
        str,
        Flag(FILE, "Manifest of an HPA whose spec is used instead.", default="the recorded one"),
    ] = ""
    profile: Annotated[
        str,
        Flag(
            TEXT,
            "The version of Kubernetes whose controller decides.",
            choices=tuple(PROFILES),
            default="the recorded one",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Showing:
    title: ClassVar = "Output"

    output: Annotated[
        str, Flag(TEXT, "Form of the output.", short="o", choices=("table", "json", "html"))
    ] = "table"
    all: Annotated[bool, Flag(SWITCH, "Every step in the table, not only changes.")] = False
    html: Annotated[str, Flag(TEXT, "Write the page to this file as well.")] = ""


SECTIONS = (General, Changed, Showing)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class ReplayOptions(Showing, Changed, General):
    """What the flags say, and the file of the recording."""

    recording: str = ""


def parse(arguments: Sequence[str]) -> ReplayOptions:
    """Options from the arguments after the verb. FlagError lists all that is wrong."""
    given = goflags.read(arguments, vocabulary(FLAGS, words=1))
    read, unreadable = values(given.texts, FLAGS)
    options = ReplayOptions(**read, recording="".join(given.words))
    if options.help:
        return options
    if found := [*given.problems, *unreadable, *_problems(options, given.texts)]:
        raise FlagError(found)
    return options


def _problems(options: ReplayOptions, given: Container[str]) -> Iterator[str]:
    for declared in FLAGS.values():
        if declared.name in given:
            for fault in faults(declared, getattr(options, declared.field)):
                yield f"--{declared.name}: {fault}"
    if not options.recording:
        yield "give the file of a recording, as in `tidegauge hpa replay web.jsonl`"
