"""The flags of `tidegauge demo`, declared once, and the way from a command line to options."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.generalflags import General
from tidegauge.console.kinds import DURATION, FILE, INTEGER, SWITCH, TEXT, WORDS
from tidegauge.sandbox.faults.playing import FaultError, read
from tidegauge.sandbox.simulation import library


@dataclass(frozen=True, kw_only=True)
class Telling:
    title: ClassVar = "The story"

    story: Annotated[
        str, Flag(TEXT, "What happens in the cluster.", choices=tuple(library.names()))
    ] = library.DEFAULT
    story_file: Annotated[
        str, Flag(FILE, "A story of your own instead, in the form of the shipped ones.")
    ] = ""
    seed: Annotated[int, Flag(INTEGER, "The same seed gives the same cluster.")] = 1
    speed: Annotated[
        int,
        Flag(
            INTEGER,
            "How many times as fast the story is told; nodes and pods keep their own pace.",
            at_least=1,
            at_most=60,
        ),
    ] = 1
    fault: Annotated[
        tuple[str, ...],
        Flag(
            WORDS,
            "Begin with a fault: NAME, or NAME=NODE for one of a node; repeat it for several. "
            "docs/faults.md lists them.",
            default="none",
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Running:
    title: ClassVar = "Running"

    housekeeping: Annotated[
        float,
        Flag(
            DURATION, "How often nodes measure; real ones do so each 10s.", at_least=1, at_most=60
        ),
    ] = 2.0
    period: Annotated[
        float,
        Flag(DURATION, "How often the metrics server asks each node.", at_least=1, at_most=60),
    ] = 1.0
    controller: Annotated[
        bool,
        Flag(SWITCH, "Scale what has an HPA; switch it off to try a controller of your own."),
    ] = True
    sync_period: Annotated[
        float,
        Flag(
            DURATION,
            "How often the controller looks at each HPA; a real one does so each 15s.",
            at_least=1,
            at_most=60,
        ),
    ] = 5.0
    this_machine: Annotated[
        bool, Flag(SWITCH, "Show this host as one more node, with its real usage; on Linux only.")
    ] = True
    for_: Annotated[
        float | None,
        Flag(
            DURATION,
            "End after that time with a summary; needs no terminal.",
            at_least=1,
            default="until told to stop",
        ),
    ] = None
    output: Annotated[
        str,
        Flag(
            TEXT,
            "text, or json for a summary that programs read.",
            short="o",
            choices=("text", "json"),
        ),
    ] = "text"


SECTIONS = (General, Telling, Running)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class DemoOptions(Running, Telling, General):
    """What the flags say. Durations are seconds."""


def parse(arguments: Sequence[str]) -> DemoOptions:
    """Options from the arguments after the command's name. FlagError lists all that is wrong.

    When help is asked for, nothing else is checked.
    """
    given = goflags.read(arguments, vocabulary(FLAGS))
    read_, unreadable = values(given.texts, FLAGS)
    options = DemoOptions(**read_)
    if options.help:
        return options
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read_), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: DemoOptions) -> Iterator[str]:
    for text in options.fault:
        try:
            read(text)
        except FaultError as error:
            yield f"--fault: {error}"
