"""The flags of `tidegauge hpa explain` and `tidegauge hpa ls`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from tidegauge.console import goflags
from tidegauge.console.clusterflags import Cluster
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.hpa.asking import Deciding
from tidegauge.console.kinds import SWITCH, TEXT


@dataclass(frozen=True, kw_only=True)
class _General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    namespace: Annotated[
        str, Flag(TEXT, "Namespace to look at.", short="n", default="the context's")
    ] = ""
    output: Annotated[
        str,
        Flag(
            TEXT,
            "For a person, or everything for a program.",
            short="o",
            choices=("text", "json", "yaml"),
        ),
    ] = "text"


@dataclass(frozen=True, kw_only=True)
class _Explaining(_General):
    watch: Annotated[
        bool,
        Flag(
            SWITCH,
            "Look again each --sync-period and remember: what held the size is then known, "
            "and what was foretold is compared with what happened.",
            short="w",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class _Listing(_General):
    all_namespaces: Annotated[bool, Flag(SWITCH, "Look at all namespaces.", short="A")] = False


EXPLAIN_FLAGS = declare((_Explaining, Cluster, Deciding))
LS_FLAGS = declare((_Listing, Cluster, Deciding))
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(Deciding, Cluster, _Explaining):
    """What the flags of `explain` say. Durations are seconds."""


@dataclass(frozen=True, kw_only=True)
class LsOptions(Deciding, Cluster, _Listing):
    """What the flags of `ls` say. Durations are seconds."""


class Explain(NamedTuple):
    name: str
    options: ExplainOptions


def parse_explain(arguments: Sequence[str]) -> Explain:
    """FlagError lists all that is wrong. When help is asked for, nothing else is checked."""
    given = goflags.read(arguments, vocabulary(EXPLAIN_FLAGS, words=1))
    read, unreadable = values(given.texts, EXPLAIN_FLAGS)
    options = ExplainOptions(**read)
    if options.help:
        return Explain("", options)
    missing = [] if given.words else ["name an HPA, as in `tidegauge hpa explain web -n shop`"]
    wrong = flag_faults(EXPLAIN_FLAGS, read)
    if found := [*given.problems, *missing, *unreadable, *wrong]:
        raise FlagError(found)
    return Explain(given.words[0].removeprefix("hpa/"), options)


def parse_ls(arguments: Sequence[str]) -> LsOptions:
    """FlagError lists all that is wrong. When help is asked for, nothing else is checked."""
    given = goflags.read(arguments, vocabulary(LS_FLAGS))
    read, unreadable = values(given.texts, LS_FLAGS)
    options = LsOptions(**read)
    if options.help:
        return options
    wrong = list(flag_faults(LS_FLAGS, read))
    if options.all_namespaces and options.namespace:
        wrong.append("--namespace, --all-namespaces: give one of them")
    if found := [*given.problems, *unreadable, *wrong]:
        raise FlagError(found)
    return options
