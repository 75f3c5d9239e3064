"""The flags of `tidegauge hpa lint`, declared once, and the way from words to options."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.findings import Severity
from tidegauge.console import goflags
from tidegauge.console.clusterflags import Cluster
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import SWITCH, TEXT, Kind

STDIN = "-"

NEVER = "never"

PATHS = Kind("path", lambda path: (path,), ",".join, many=True)
"""Files, directories and the standard input; read later, and each problem with them told then."""


def _read_version(text: str) -> int:
    found = re.fullmatch(r"v?1\.([0-9]{1,3})(?:[.+-].*)?", text)
    if found is None:
        raise ValueError("is not a version of Kubernetes, such as 1.37")
    return int(found[1])


VERSION = Kind("version", _read_version, lambda minor: "" if minor is None else f"1.{minor}")


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    list_rules: Annotated[bool, Flag(SWITCH, "List all rules and exit.")] = False
    explain: Annotated[str, Flag(TEXT, "Explain one rule, such as HPA301, and exit.")] = ""


@dataclass(frozen=True, kw_only=True)
class Input:
    title: ClassVar = "What is looked at"

    filename: Annotated[
        tuple[str, ...],
        Flag(
            PATHS,
            "Manifests, as YAML or JSON; of a directory all of them, of its subdirectories too; "
            "- reads the standard input. May be repeated. Nothing is asked of a cluster.",
            short="f",
        ),
    ] = ()
    all_namespaces: Annotated[bool, Flag(SWITCH, "The HPAs of the whole cluster.", short="A")] = (
        False
    )
    namespace: Annotated[
        str,
        Flag(
            TEXT,
            "The HPAs of a namespace of the cluster; with --filename, the namespace of manifests "
            "that name none.",
            short="n",
        ),
    ] = ""
    kubernetes_version: Annotated[
        int | None,
        Flag(
            VERSION,
            "Version whose validation is meant, from 1.26 on.",
            at_least=26,
            default="the cluster's, with --filename 1.37",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Output:
    title: ClassVar = "Output"

    output: Annotated[
        str,
        Flag(
            TEXT,
            "text for people, json or sarif (2.1.0) for programs.",
            short="o",
            choices=("text", "json", "sarif"),
        ),
    ] = "text"
    fail_on: Annotated[
        str,
        Flag(
            TEXT,
            "Severity of findings from which on the exit code is 1: error, warning, info or never.",
            choices=(*Severity, NEVER),
        ),
    ] = "error"


SECTIONS = (General, Input, Output, Cluster)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class LintOptions(Cluster, Output, Input, General):
    """What the flags say."""

    @property
    def only_asks(self) -> bool:
        """Nothing is to be linted."""
        return self.help or self.list_rules or bool(self.explain)


def parse(arguments: Sequence[str]) -> LintOptions:
    """Options from the arguments after the verb. FlagError lists all that is wrong."""
    given = goflags.read(arguments, vocabulary(FLAGS))
    read, unreadable = values(given.texts, FLAGS)
    options = LintOptions(**read)
    if options.help:
        return options
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: LintOptions) -> Iterator[str]:
    if options.explain and options.explain.upper() not in CATALOGUE:
        yield f"--explain: there is no rule {options.explain}; --list-rules lists them"
    if options.only_asks:
        return
    if options.all_namespaces and (options.filename or options.namespace):
        other = "--filename" if options.filename else "--namespace"
        yield f"--all-namespaces, {other}: give one of them"
    if not (options.filename or options.all_namespaces or options.namespace):
        yield "give manifests with -f, or the cluster's HPAs with -n NAMESPACE or -A"
