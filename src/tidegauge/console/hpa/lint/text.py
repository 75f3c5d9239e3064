"""Findings for people: by HPA, each with why it matters and what to do."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.findings import Rule, Severity
from tidegauge.console.hpa.lint.running import Located, Report

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD, _DIM = "1", "2"
_INDENT = " " * 10


class Painter:
    """Colours on a terminal, nothing elsewhere."""

    def __init__(self, *, coloured: bool, width: int) -> None:
        self._coloured = coloured
        self.width = width

    def paint(self, text: str, colour: str) -> str:
        """The text between its codes."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text

    def wrap(self, label: str, text: str, indent: str = _INDENT) -> str:
        """Below a finding, unless it is indented otherwise; words are not broken."""
        return textwrap.fill(
            f"{label}: {text}",
            self.width,
            initial_indent=indent,
            subsequent_indent=indent + " " * (len(label) + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )


def report_text(report: Report, painter: Painter) -> str:
    """All of it."""
    lines = [line for each in _by_autoscaler(report.found) for line in _block(each, painter)]
    lines += [painter.wrap("not looked at", note, indent="") for note in report.notes]
    if report.notes:
        lines.append("")
    return "\n".join((*lines, _sum(report))) + "\n"


def _by_autoscaler(found: Sequence[Located]) -> Iterator[list[Located]]:
    for _, members in groupby(found, key=lambda each: (each.finding.autoscaler, each.file)):
        yield sorted(members, key=lambda each: list(Severity).index(each.finding.severity))


def _block(members: Sequence[Located], painter: Painter) -> Iterator[str]:
    place = members[0].finding.autoscaler
    yield painter.paint(place.object.removeprefix("HorizontalPodAutoscaler "), _BOLD)
    for each in members:
        yield from _lines(each, painter)
    yield ""


def _lines(each: Located, painter: Painter) -> Iterator[str]:
    finding = each.finding
    severity = painter.paint(f"{finding.severity:<7}", _COLOURS[finding.severity])
    where = _where(each)
    yield f"  {severity} {painter.paint(finding.rule, _BOLD)}  {where}"
    yield painter.wrap("what", finding.message)
    yield painter.paint(painter.wrap("why", finding.why), _DIM)
    yield painter.wrap("do", finding.remedy)


def _where(each: Located) -> str:
    place, own = each.finding.place, each.finding.autoscaler
    path = place.path if place.object == own.object else f"{place.object}: {place.path}"
    return f"{each.file}:{each.line}: {path}" if each.file else path


def _sum(report: Report) -> str:
    counted = [(severity, report.number(severity)) for severity in Severity]
    named = [
        f"{number} {severity if severity is Severity.INFO or number == 1 else f'{severity}s'}"
        for severity, number in counted
        if number
    ]
    number = f"{report.autoscalers} HPA{'' if report.autoscalers == 1 else 's'}"
    return f"{', '.join(named) or 'nothing found'} in {number}"


def rule_text(rule: Rule, painter: Painter) -> str:
    """One rule, explained."""
    head = f"{painter.paint(rule.id, _BOLD)} {rule.severity}: {rule.title}"
    return "\n".join((head, painter.wrap("why", rule.why), painter.wrap("do", rule.remedy))) + "\n"


def rules_text() -> str:
    """All rules, a line each."""
    rules = CATALOGUE.values()
    return "".join(f"{each.id}  {each.severity:<7}  {each.title}\n" for each in rules)
