"""The flags of `tidegauge hpa simulate`, declared once, and the way from words to options."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.autoscale.replay.description import FIGURES, Description, amount
from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.generalflags import General
from tidegauge.console.hpa.controllerflags import Controlling
from tidegauge.console.hpa.page.page import MOST_RUNS
from tidegauge.console.hpa.showing import Showing
from tidegauge.console.kinds import DURATION, FILE, FILES, INTEGER, TEXT, Kind

AMOUNT = Kind("amount", amount, lambda value: "" if value is None else f"{value:g}")


def _read_pairs(text: str) -> tuple[tuple[str, str]]:
    name, equals, figure = text.partition("=")
    if not equals or not name or not figure:
        raise ValueError(f"is not NAME=FIGURE; figures are {', '.join(FIGURES)}")
    return ((name, figure),)


PAIRS = Kind("name=figure", _read_pairs, lambda _: "", many=True)


@dataclass(frozen=True, kw_only=True)
class Input:
    title: ClassVar = "What is simulated"

    filename: Annotated[
        tuple[str, ...],
        Flag(
            FILES,
            "Manifests of the HPA and, if there is one, of the Deployment that it scales, from "
            "which requests, limits and replicas are taken. May be repeated.",
            short="f",
        ),
    ] = ()
    hpa: Annotated[
        str, Flag(TEXT, "Name or namespace/name of the HPA, where the files have several.")
    ] = ""
    load: Annotated[
        str,
        Flag(
            TEXT,
            "CSV file with time and requests per second, and columns named for further metrics; "
            "- reads the standard input. Each row holds until the next.",
        ),
    ] = ""
    from_recording: Annotated[
        str,
        Flag(FILE, "Take the load from what `tidegauge hpa record` wrote: usage is work."),
    ] = ""
    for_: Annotated[
        float | None,
        Flag(
            DURATION,
            "How long to simulate.",
            at_least=1,
            default="as long as the load; its last row holds as long as the one before",
        ),
    ] = None
    compare: Annotated[
        tuple[str, ...],
        Flag(
            FILES,
            "Manifests of another HPA for the same workload, to compare. May be repeated.",
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Working:
    title: ClassVar = "The workload"

    workload: Annotated[
        str,
        Flag(FILE, "YAML file with these fields in camel case, and more about other containers."),
    ] = ""
    work: Annotated[
        float | None, Flag(DURATION, "CPU time that a request takes.", at_least=0, default="10ms")
    ] = None
    idle: Annotated[
        float | None, Flag(AMOUNT, "CPU that a pod uses without requests.", default="0")
    ] = None
    starting: Annotated[
        float | None,
        Flag(AMOUNT, "CPU that a pod uses while it starts, until ready.", default="as --idle"),
    ] = None
    request: Annotated[
        float | None, Flag(AMOUNT, "CPU request.", default="the manifest's, or 500m without one")
    ] = None
    limit: Annotated[
        float | None, Flag(AMOUNT, "CPU limit.", default="the manifest's, or 1 without one")
    ] = None
    memory: Annotated[
        float | None,
        Flag(AMOUNT, "Memory that a pod uses without requests.", default="not simulated"),
    ] = None
    memory_per_rate: Annotated[
        float | None,
        Flag(AMOUNT, "Memory that it uses more for each request per second.", default="0"),
    ] = None
    memory_request: Annotated[
        float | None, Flag(AMOUNT, "Memory request.", default="the manifest's")
    ] = None
    container: Annotated[
        str | None,
        Flag(TEXT, "The container that does the work.", default="the manifest's first one"),
    ] = None
    replicas: Annotated[
        int | None,
        Flag(
            INTEGER,
            "Pods at the beginning, ready since long.",
            at_least=0,
            default="the manifest's, or the HPA's minimum without one",
        ),
    ] = None
    start_delay: Annotated[
        float | None,
        Flag(DURATION, "From being placed on a node until running.", at_least=0, default="5s"),
    ] = None
    ready_delay: Annotated[
        float | None,
        Flag(
            DURATION,
            "From running until ready.",
            at_least=0,
            default="the readiness probe's initial delay, 0s without a probe, 10s if not known",
        ),
    ] = None
    room: Annotated[
        int | None,
        Flag(INTEGER, "Pods that the nodes have room for.", at_least=1, default="no limit"),
    ] = None
    overflow: Annotated[
        str | None,
        Flag(
            TEXT,
            "What becomes of requests beyond what the ready pods can do: queue or drop.",
            default="queue",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    title: ClassVar = "How it is measured"

    metric_period: Annotated[
        float | None, Flag(DURATION, "How often pods are looked at.", default="15s")
    ] = None
    metric_window: Annotated[
        float | None,
        Flag(DURATION, "What rates are averages over.", default="as --metric-period"),
    ] = None
    metric_delay: Annotated[
        float | None,
        Flag(
            DURATION,
            "From a look until the HPA can read of it.",
            at_least=0,
            default="10s",
        ),
    ] = None
    metric: Annotated[
        tuple[tuple[str, str], ...],
        Flag(
            PAIRS,
            "What a custom or external metric tells of the load: requests or served, per second, "
            "queue, or a column. May be repeated.",
            default="the column of its name, else served for Pods, requests for others",
        ),
    ] = ()


SECTIONS = (General, Input, Working, Measured, Controlling, Showing)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class SimulateOptions(Showing, Controlling, Measured, Working, Input, General):
    """What the flags say. Durations are seconds, amounts cores and bytes."""

    @property
    def description(self) -> Description:
        """Of the workload, as far as flags tell."""
        said = {
            name: getattr(self, name)
            for name in Description.__struct_fields__
            if hasattr(self, name)
        }
        return Description(**said, metrics=dict(self.metric) or None)


def parse(arguments: Sequence[str]) -> SimulateOptions:
    """Options from the arguments after the verb. FlagError lists all that is wrong."""
    given = goflags.read(arguments, vocabulary(FLAGS))
    read, unreadable = values(given.texts, FLAGS)
    options = SimulateOptions(**read)
    if options.help:
        return options
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: SimulateOptions) -> Iterator[str]:
    if not options.filename and not options.from_recording:
        yield "-f, --filename: give the HPA's manifest, as in -f hpa.yaml"
    if bool(options.load) == bool(options.from_recording):
        yield "--load, --from-recording: give one of them, as in --load=load.csv"
    if len(options.compare) >= MOST_RUNS:
        yield f"--compare: {len(options.compare)} times is too much: at most {MOST_RUNS - 1}"
    if options.overflow not in (None, "queue", "drop"):
        yield f"--overflow: {options.overflow!r} is neither queue nor drop"
