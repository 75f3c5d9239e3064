"""The flags of `tidegauge hpa record`, declared once, and the way from words to options."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.console import goflags
from tidegauge.console.clusterflags import Cluster
from tidegauge.console.commandline import FlagError, faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.hpa.asking import Deciding
from tidegauge.console.kinds import DURATION, SWITCH, TEXT


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False


@dataclass(frozen=True, kw_only=True)
class Recorded:
    title: ClassVar = "What is recorded"

    namespace: Annotated[
        str, Flag(TEXT, "Namespace of the HPA.", short="n", default="the context's")
    ] = ""
    for_: Annotated[
        float | None,
        Flag(DURATION, "How long to record.", at_least=1, default="until Ctrl-C"),
    ] = None
    output: Annotated[
        str,
        Flag(TEXT, "File to write.", short="o", default="the standard output"),
    ] = ""


SECTIONS = (General, Recorded, Cluster, Deciding)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class RecordOptions(Deciding, Cluster, Recorded, General):
    """What the flags say; durations are seconds."""

    name: str = ""


def parse(arguments: Sequence[str]) -> RecordOptions:
    """Options from the arguments after the verb. FlagError lists all that is wrong."""
    given = goflags.read(arguments, vocabulary(FLAGS, words=1))
    read, unreadable = values(given.texts, FLAGS)
    options = RecordOptions(**read, name="".join(given.words))
    if options.help:
        return options
    if found := [*given.problems, *unreadable, *_problems(options, given.texts)]:
        raise FlagError(found)
    return options


def _problems(options: RecordOptions, given: Container[str]) -> Iterator[str]:
    for declared in FLAGS.values():
        if declared.name in given:
            for fault in faults(declared, getattr(options, declared.field)):
                yield f"--{declared.name}: {fault}"
    if not options.name:
        yield "give the name of an HPA, as in `tidegauge hpa record web -n shop`"
