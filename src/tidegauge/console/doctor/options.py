"""The flags of `tidegauge doctor`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.console import goflags
from tidegauge.console.clusterflags import Cluster
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import DURATION, SWITCH, TEXT
from tidegauge.doctor.asking import APART_SECONDS

NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    output: Annotated[
        str,
        Flag(TEXT, "For people or for programs.", short="o", choices=("text", "json")),
    ] = "text"
    fail_on: Annotated[
        str,
        Flag(
            TEXT,
            "The least severity that makes the exit code 1.",
            choices=(*map(str, Severity), NEVER),
        ),
    ] = str(Severity.WARNING)
    rules: Annotated[bool, Flag(SWITCH, "List all rules and exit.")] = False


@dataclass(frozen=True, kw_only=True)
class Looking:
    title: ClassVar = "Looking"

    kubelets: Annotated[
        str,
        Flag(
            TEXT,
            "How kubelets are asked: directly, as the metrics server does; by the API server's "
            "proxy, which needs `get` on `nodes/proxy`; or not at all.",
            choices=("direct", "proxy", "none"),
            default="direct in a pod, else proxy",
        ),
    ] = ""
    wait: Annotated[
        float,
        Flag(
            DURATION,
            "Between the two asks of each kubelet; with less than 20s none is said to stand still.",
            at_least=1,
            at_most=600,
        ),
    ] = APART_SECONDS
    bundle: Annotated[
        str,
        Flag(
            TEXT,
            "Write all that was seen and found into this file as well, a .tar.gz for support. It "
            "holds no Secrets, no environment variables and no credentials.",
            default="none",
        ),
    ] = ""


SECTIONS = (General, Cluster, Looking)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(Looking, Cluster, General):
    """What the flags say. Durations are seconds."""


def parse(arguments: Sequence[str]) -> DoctorOptions:
    """Options from the arguments after the command's name. FlagError lists all that is wrong."""
    given = goflags.read(arguments, vocabulary(FLAGS))
    read, unreadable = values(given.texts, FLAGS)
    options = DoctorOptions(**read)
    if options.help or options.rules:
        return options
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, _said(read))]:
        raise FlagError(found)
    return options


def _said(read: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is not empty: an empty word leaves it to us."""
    return {field: value for field, value in read.items() if value != ""}
