"""`tidegauge doctor`: from flags to findings, and to an exit code."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from os import environ
from pathlib import Path
from shutil import get_terminal_size

import msgspec

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.commandline import FlagError
from tidegauge.console.doctor import bundle
from tidegauge.console.doctor.options import FLAGS, NEVER, DoctorOptions, parse
from tidegauge.console.doctor.report import listing, report
from tidegauge.console.doctor.running import look
from tidegauge.console.exits import Exit
from tidegauge.console.refusing import refuse
from tidegauge.console.spans import ansi
from tidegauge.console.wording import explained
from tidegauge.doctor.diagnosis import RULES, diagnose
from tidegauge.doctor.evidence import Evidence
from tidegauge.doctor.findings import Finding, worst
from tidegauge.security.files import FileError

_refuse = partial(refuse, "doctor", hint=False)

_USAGE = """\
Find out what is wrong with a cluster's metrics: from the API server over nodes,
kubelets and the metrics server to HPAs, in the order in which the data flows.
Nothing is changed, and no Secret is read.

Usage:
  tidegauge doctor [flags]

Examples:
  tidegauge doctor
        With your kubeconfig; kubelets are asked through the API server, twice, to
        see whether they measure: that takes half a minute.
  kubectl -n kube-system exec deploy/tidegauge -- tidegauge doctor
        In the pod: kubelets are asked as the metrics server asks them.
  tidegauge doctor -o json | jq '.findings[] | select(.severity == "error")'
        For programs.
  tidegauge doctor --bundle=doctor.tar.gz
        With an archive of all that was seen, for whoever helps you.

Exit codes: 0 when nothing of the severity of --fail-on was found; 1 when it was;
2 for flags or files that can't be used; 3 when the cluster can't be reached.
"""

MOST_COLUMNS = 100
"""Longer lines of text are hard to read."""


def doctor(arguments: Sequence[str]) -> int:
    """Run with these flags; the exit code."""
    try:
        options = parse(arguments)
    except FlagError as error:
        return _refuse([*error.problems, "--help lists all flags"])
    if options.help or options.rules:
        rules = "".join(f"{line}\n" for line in listing(RULES))
        sys.stdout.write(rules if options.rules else _USAGE + explained(FLAGS))
        return Exit.FINE
    return _run(options)


def _run(options: DoctorOptions) -> int:
    watched = options.output == "text" or sys.stderr.isatty()
    try:
        evidence = asyncio.run(look(options, environ, _progress if watched else _no_progress))
    except ClusterError as error:
        _refuse([str(error)])
        return Exit.UNREACHABLE
    except FileError as error:
        return _refuse([str(error)])
    findings = diagnose(evidence)
    _tell(options, evidence, findings)
    if options.bundle:
        try:
            bundle.write(Path(options.bundle), evidence, findings)
        except OSError as error:
            return _refuse([f"--bundle: cannot write {options.bundle}: {error.strerror}"])
    return _verdict(options.fail_on, findings)


def _tell(options: DoctorOptions, evidence: Evidence, findings: Sequence[Finding]) -> None:
    if options.output == "json":
        document = msgspec.json.encode({"server": evidence.server, "findings": findings})
        sys.stdout.write(msgspec.json.format(document, indent=2).decode() + "\n")
        return
    colour = sys.stdout.isatty() and not environ.get("NO_COLOR")
    for line in report(evidence, findings, min(get_terminal_size().columns, MOST_COLUMNS)):
        sys.stdout.write(ansi(line, colour=colour).rstrip() + "\n")


def _verdict(fail_on: str, findings: Sequence[Finding]) -> int:
    found = worst(findings)
    if fail_on != NEVER and found is not None and found.reaches(Severity(fail_on)):
        return Exit.FINDINGS
    return Exit.FINE


def _progress(line: str) -> None:
    """All steps together take half a minute."""
    sys.stderr.write(f"{line} ...\n")


def _no_progress(_line: str) -> None:
    """For a program that nobody watches."""
