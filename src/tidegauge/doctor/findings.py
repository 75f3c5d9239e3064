"""Rules, and what they find."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

from tidegauge.autoscale.lint.findings import Severity

if TYPE_CHECKING:
    from tidegauge.doctor.evidence import Evidence


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, and all that it is wrong with."""

    rule: str
    severity: Severity
    title: str
    what: str
    """What is the case, in one sentence."""
    subjects: tuple[str, ...]
    """The objects it is the case with, such as `node worker-1`."""
    evidence: tuple[str, ...]
    """What was seen, a line each: a subject's own words, a field's value."""
    why: str
    remedy: str
    """A command, some YAML, or a sentence."""


class Found(Struct, frozen=True, kw_only=True):
    """One case. Those of one rule with equal `what` and `remedy` become one finding."""

    subject: str
    what: str
    evidence: str = ""
    remedy: str = ""
    """Where the case allows a more exact one than the rule's."""


Check = Callable[["Evidence"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of fault. Its id is never given to another."""

    id: str
    severity: Severity
    title: str
    why: str
    remedy: str
    check: Check = field(repr=False)
    cases: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The remedies of what it tells apart, by what is the case."""

    def findings(self, evidence: "Evidence") -> Iterator[Finding]:
        """A finding for each different thing that was found, over all it was found with."""
        cases: dict[tuple[str, str], list[Found]] = {}
        for found in self.check(evidence):
            cases.setdefault((found.what, found.remedy), []).append(found)
        for (what, remedy), same in cases.items():
            yield Finding(
                rule=self.id,
                severity=self.severity,
                title=self.title,
                what=what,
                subjects=tuple(dict.fromkeys(one.subject for one in same)),
                evidence=tuple(dict.fromkeys(one.evidence for one in same if one.evidence)),
                why=self.why,
                remedy=remedy or self.remedy,
            )


def rule(
    id_: str,
    severity: Severity,
    title: str,
    *,
    why: str,
    remedy: str,
    cases: Mapping[str, str] | None = None,
) -> Callable[[Check], Rule]:
    """Make a check a rule."""
    return lambda check: Rule(id_, severity, title, why, remedy, check, cases or {})


def worst(findings: Iterable[Finding]) -> Severity | None:
    """None where there are no findings."""
    order = list(Severity)
    return min((one.severity for one in findings), key=order.index, default=None)
