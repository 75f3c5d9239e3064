"""What became of each record, counted by section, and whether that is enough."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SHARE = dict.fromkeys(
    ("path", "verb", "option", "accept", "pretty", "health", "encoding", "etag", "body"), 0.95
)
"""Of these so much must come out the same; of sections not named here, everything."""

FREE = frozenset(("wire", "openapi", "debug", "document", "impersonate"))
"""Protocol oddities and pages of the incumbent's own: they need not match."""

SHOWN_FAILURES = 20
SHOWN_DIFFERENCES = 6


@dataclass(frozen=True)
class Outcome:
    """Of one record. Without differences it passed; with a reason it differs on purpose."""

    id: str
    section: str
    title: str
    differences: Sequence[str] = ()
    reason: str | None = None

    @property
    def failed(self) -> bool:
        return bool(self.differences) and self.reason is None


@dataclass(frozen=True)
class Tally:
    """All outcomes of a run, and how many requests for v1 were left out."""

    outcomes: Sequence[Outcome]
    skipped: int = 0

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]

    def short(self) -> list[str]:
        """The sections of which less came out the same than must."""
        total = Counter(outcome.section for outcome in self.outcomes)
        failed = Counter(outcome.section for outcome in self.failures)
        return [
            section
            for section, count in failed.items()
            if count > (1 - SHARE.get(section, 1.0)) * total[section]
        ]

    def report(self) -> str:
        lines = []
        for outcome in self.failures[:SHOWN_FAILURES]:
            lines += [f"FAILED {outcome.id} {outcome.title}"]
            lines += [f"    {each}" for each in outcome.differences[:SHOWN_DIFFERENCES]]
        if (more := len(self.failures) - SHOWN_FAILURES) > 0:
            lines.append(f"… and {more} more failed")
        lines += ["", *self._sections(), "", *self._reasons()]
        if self.skipped:
            lines.append(f"left out: {self.skipped} requests for v1, which only we serve")
        lines += [f"too little of {section} came out the same" for section in self.short()]
        failed = len(self.failures)
        lines.append(f"{len(self.outcomes) - failed} passed, {failed} failed")
        return "\n".join(lines)

    def _sections(self) -> list[str]:
        total = Counter(outcome.section for outcome in self.outcomes)
        failed = Counter(outcome.section for outcome in self.failures)
        differing = Counter(outcome.section for outcome in self.outcomes if outcome.differences)
        lines = [f"{'section':<14}{'passed':>8}{'of':>6}{'required':>10}{'differ on purpose':>19}"]
        for section in sorted(total):
            required = "free" if section in FREE else f"{SHARE.get(section, 1.0):.0%}"
            passed = total[section] - failed[section]
            on_purpose = differing[section] - failed[section]
            lines.append(
                f"{section:<14}{passed:>8}{total[section]:>6}{required:>10}{on_purpose or '':>19}"
            )
        return lines

    def _reasons(self) -> list[str]:
        reasons = Counter(outcome.reason for outcome in self.outcomes if outcome.reason)
        return [f"differ on purpose: {count:>4}  {why}" for why, count in reasons.most_common()]
