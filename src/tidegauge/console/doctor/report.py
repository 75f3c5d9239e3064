"""Findings for people: one paragraph each, what is worst in red, the remedy last."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.console.spans import Line, Span, wrapped
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.findings import Finding, Rule

_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "dim"}

_NAMED, _QUOTED = 6, 3
"""How many subjects and lines of evidence are shown of each finding: -o json has them all."""

_LABEL = 9
"""Columns of the words in front: `evidence` and a blank."""


def report(evidence: Evidence, findings: Sequence[Finding], columns: int) -> Iterator[Line]:
    """All lines of it."""
    yield from wrapped([Span("Cluster  ", "head")], _seen(evidence), columns)
    for finding in findings:
        yield []
        yield from _paragraph(finding, columns)
    yield []
    yield from _verdict(findings)


def _seen(evidence: Evidence) -> str:
    version = evidence.version
    which = "of unknown version" if isinstance(version, Unread) else version.git_version
    answering = sum(1 for look in evidence.looks.values() if not look.cause)
    asked = len(evidence.looks)
    how = "directly" if evidence.direct else "through the API server"
    kubelets = (
        f", {answering} of {asked} kubelets answer {how}" if asked else ", kubelets not asked"
    )
    nodes = len(known(evidence.nodes))
    return f"{evidence.server} {which}: {nodes} node{'' if nodes == 1 else 's'}{kubelets}"


def _paragraph(finding: Finding, columns: int) -> Iterator[Line]:
    style = _STYLES[finding.severity]
    yield [
        Span(f"{finding.severity.upper():8}", style),
        Span(f"{finding.rule}  {finding.title}", "head"),
    ]
    yield from _labelled("", f"{_listed(finding.subjects)}: {finding.what}", columns)
    for number, line in enumerate(_some(finding.evidence, _QUOTED)):
        yield from _labelled("seen" if number == 0 else "", line, columns, "dim")
    yield from _labelled("why", finding.why, columns)
    yield from _labelled("remedy", finding.remedy, columns)


def _labelled(label: str, text: str, columns: int, style: str = "") -> Iterator[Line]:
    width = max(20, columns - _LABEL - 1)
    for number, piece in enumerate(textwrap.wrap(text, width, break_on_hyphens=False)):
        yield [Span(f"{label if number == 0 else '':{_LABEL}}", "dim"), Span(piece, style)]


def _listed(subjects: Sequence[str]) -> str:
    return ", ".join(subjects[:_NAMED]) + _and_more(len(subjects) - _NAMED)


def _some(lines: Sequence[str], most: int) -> Iterable[str]:
    rest = len(lines) - most
    return (*lines[:most], *([f"and {rest} more, see -o json"] if rest > 0 else []))


def _and_more(rest: int) -> str:
    return f" and {rest} more" if rest > 0 else ""


def _verdict(findings: Sequence[Finding]) -> Iterator[Line]:
    if not findings:
        yield [Span("Nothing found. ", "good"), Span("All that was looked at is fine.")]
        return
    counts = Counter(one.severity for one in findings)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    told = [
        Span(f"{counts[each]} {word}{'' if counts[each] == 1 else 's'}", _STYLES[each])
        for each, word in words.items()
        if counts[each]
    ]
    yield [part for span in told for part in (Span(", "), span)][1:]
    yield [Span("What stands first may be the cause of what follows.", "dim")]


def listing(rules: Iterable[Rule]) -> Iterator[str]:
    """One line for each rule."""
    for each in rules:
        yield f"{each.id}  {each.severity:8}{each.title}"
