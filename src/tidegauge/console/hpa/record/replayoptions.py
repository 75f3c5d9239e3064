"""The flags of `tidegauge hpa replay`, declared once, and the way from words to options."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.generalflags import General
from tidegauge.console.hpa.showing import Showing
from tidegauge.console.kinds import FILE, TEXT


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
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: ReplayOptions) -> Iterator[str]:
    if not options.recording:
        yield "give the file of a recording, as in `tidegauge hpa replay web.jsonl`"
