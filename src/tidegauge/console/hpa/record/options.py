"""The flags of `tidegauge hpa record`, declared once, and the way from words to options."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.console import goflags
from tidegauge.console.clusterflags import Cluster
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.generalflags import General
from tidegauge.console.hpa.asking import Deciding
from tidegauge.console.kinds import DURATION, TEXT


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
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: RecordOptions) -> Iterator[str]:
    if not options.name:
        yield "give the name of an HPA, as in `tidegauge hpa record web -n shop`"
