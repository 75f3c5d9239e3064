"""Findings for programs: as JSON of our own, and as SARIF 2.1.0."""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import msgspec

from tidegauge import __version__
from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.findings import Rule, Severity
from tidegauge.console.hpa.lint.running import Located, Report

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report_json(report: Report) -> str:
    """The report; file and line are left out for live objects."""
    document = {
        "autoscalers": report.autoscalers,
        **{f"{severity}s": report.number(severity) for severity in Severity},
        "findings": [_finding(each) for each in report.found],
        "notes": report.notes,
    }
    return _encoded(document)


def _finding(each: Located) -> dict[str, Any]:
    where = {"file": each.file, "line": each.line} if each.file else {}
    return {**msgspec.to_builtins(each.finding), **where}


def report_sarif(report: Report) -> str:
    """As code scanners upload it. Notes become notifications of the run."""
    ids = list(CATALOGUE)
    run = {
        "tool": {
            "driver": {
                "name": "tidegauge hpa lint",
                "version": __version__,
                "rules": [_rule(rule) for rule in CATALOGUE.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": note}} for note in report.notes
                ],
            }
        ],
        "results": [_result(each, ids) for each in report.found],
    }
    return _encoded({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(each: Located, ids: list[str]) -> dict[str, Any]:
    finding, place = each.finding, each.finding.place
    name = f"{place.object} {place.path}".rstrip()
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}]
    }
    if each.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(each.file)},
            "region": {"startLine": each.line},
        }
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. {finding.remedy}"},
        "locations": [location],
    }


def _uri(file: str) -> str:
    """Relative paths stay relative, as scanners want them."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _encoded(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
