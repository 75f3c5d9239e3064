"""`tidegauge hpa lint`: what is wrong with HPAs, in files or in a cluster."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.findings import Severity
from tidegauge.autoscale.lint.surroundings import Knowledge
from tidegauge.autoscale.lint.validation import NEWEST
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.clusterflags import access_of
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.lint import files
from tidegauge.console.hpa.lint.formats import report_json, report_sarif
from tidegauge.console.hpa.lint.options import FLAGS, NEVER, LintOptions, parse
from tidegauge.console.hpa.lint.reading import read_cluster
from tidegauge.console.hpa.lint.running import Report, lint_files, lint_live
from tidegauge.console.hpa.lint.text import Painter, report_text, rule_text, rules_text
from tidegauge.console.wording import explained

_USAGE = """\
Say what is wrong with HPAs: what the API server would refuse, in its words, and
what it lets through though it cannot work or hardly as meant. Each finding has a
rule, the reason why it matters, and what to do.

Usage:
  tidegauge hpa lint -f PATH ... | -n NAMESPACE | -A  [flags]

Examples:
  tidegauge hpa lint -f deploy/
        All manifests of a directory; Deployments, VPAs and other objects beside
        the HPAs are taken into account.
  helm template . | tidegauge hpa lint -f - -o sarif > hpa.sarif
        What a chart makes, for a code scanner.
  tidegauge hpa lint -A --fail-on=warning
        All HPAs of the cluster, with your own rights; what may not be read is
        said, and not guessed.
  tidegauge hpa lint --explain HPA301

An HPA's annotation tidegauge.dev/lint-ignore: HPA204,HPA305 names rules that are
not applied to it.

Exit codes: 0 when nothing as bad as --fail-on was found; 1 when something was;
2 for flags or files that can't be used; 3 when the cluster can't be reached or
says no; 70 for a bug.
"""

_WIDEST = 100
"""Columns; longer lines are hard to read."""


def lint(arguments: Sequence[str]) -> int:
    """Lint what the flags name; the exit code."""
    try:
        options = parse(arguments)
    except FlagError as error:
        _complain(error.problems)
        sys.stderr.write("tidegauge hpa lint --help lists all flags\n")
        return Exit.BAD_INPUT
    if options.only_asks:
        sys.stdout.write(_asked(options))
        return Exit.FINE
    if options.filename:
        return _lint_files(options)
    return _lint_cluster(options)


def _asked(options: LintOptions) -> str:
    if options.help:
        return _USAGE + explained(FLAGS)
    if options.list_rules:
        return rules_text()
    return rule_text(CATALOGUE[options.explain.upper()], _painter())


def _lint_files(options: LintOptions) -> int:
    sources, problems = files.read(options.filename, options.namespace, _say)
    minor = NEWEST if options.kubernetes_version is None else options.kubernetes_version
    report = lint_files(sources, Knowledge(minor=minor))
    if not report.autoscalers and not problems:
        _complain([f"there is no HorizontalPodAutoscaler in {', '.join(options.filename)}"])
    code = _tell(report, options)
    _complain(problems)
    return Exit.BAD_INPUT if problems else code


def _lint_cluster(options: LintOptions) -> int:
    try:
        access = access_of(options, os.environ)
        reading = read_cluster(access, options.namespace, options.kubernetes_version, _say)
        read = asyncio.run(reading)
    except ClusterError as error:
        _complain([str(error)])
        return Exit.UNREACHABLE
    report = lint_live(read.objects, read.knowledge, read.notes)
    if not report.autoscalers:
        where = f"namespace {options.namespace}" if options.namespace else "this cluster"
        _complain([f"there is no HorizontalPodAutoscaler in {where}"])
    return _tell(report, options)


def _tell(report: Report, options: LintOptions) -> int:
    if options.output == "json":
        sys.stdout.write(report_json(report))
    elif options.output == "sarif":
        sys.stdout.write(report_sarif(report))
    else:
        sys.stdout.write(report_text(report, _painter()))
    failed = options.fail_on != NEVER and any(
        each.finding.severity.reaches(Severity(options.fail_on)) for each in report.found
    )
    return Exit.FINDINGS if failed else Exit.FINE


def _painter() -> Painter:
    terminal = sys.stdout.isatty()
    coloured = terminal and not os.environ.get("NO_COLOR")
    columns = shutil.get_terminal_size().columns if terminal else _WIDEST
    return Painter(coloured=coloured, width=min(columns, _WIDEST))


def _say(progress: str) -> None:
    """For who waits at a terminal; a big cluster's pods take a while."""
    if sys.stderr.isatty():
        sys.stderr.write(f"tidegauge hpa lint: {progress}\n")


def _complain(problems: Iterable[str]) -> None:
    for problem in problems:
        sys.stderr.write(f"tidegauge hpa lint: {problem}\n")
