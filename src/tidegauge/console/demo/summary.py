"""What a demo amounts to: figures, and whether what was promised was there. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegauge.console.demo.picture import AutoscalerRow, Picture
from tidegauge.console.demo.scalingsummary import ScalingFigures
from tidegauge.console.demo.watching import Account
from tidegauge.sandbox.faults.declared import Cost
from tidegauge.sandbox.faults.playing import Play

STARTING = 5.0
"""Seconds until all is up, at the longest; the first usage takes two measurements more."""

PERIODS = 4
"""Of measuring and of asking, each, that 99 of 100 usages may be old."""


@dataclass(frozen=True)
class Figures:
    """Of one demo, from its start to its end; durations in seconds."""

    story: str
    seconds: float
    account: Account
    last: Picture | None
    scrapes: int
    failed: int
    api_calls: int
    housekeeping: float
    period: float
    faults: Sequence[Play] = ()
    """All that were played."""

    scaling: ScalingFigures = field(default_factory=ScalingFigures)

    def percentile(self, share: float) -> float | None:
        """The age that this share of all served usages did not pass."""
        left = share * self.account.ages.total()
        for tenths, count in sorted(self.account.ages.items()):
            left -= count
            if left <= 0:
                return tenths / 10
        return None

    def broken(self) -> list[str]:
        """Each promise that was not kept; faults excuse what they declare to cost."""
        return [*self.scaling.unfounded(), *self._broken()]

    def _broken(self) -> Iterator[str]:
        limit = STARTING + 2 * self.housekeeping
        if any(play.fault.cost is Cost.ALL for play in self.faults) or self.seconds < limit:
            return
        if self.last is None:
            yield "the cluster could not be looked at"
            return
        first = self.account.first
        if first is None or first > limit:
            when = "never" if first is None else f"after {first:.1f}s"
            yield f"the first usage was to be there within {limit:g}s, and was {when}"
        if self.account.unreachable:
            yield f"the API server did not answer {self.account.unreachable} looks"
        excused = {node for play in self.faults for node in play.fault.costs(play.node)}
        for gap in self.last.gaps:
            if not gap.excused and not excused & gap.nodes:
                yield f"{gap.what}: {gap.why}"
        oldest = PERIODS * (self.housekeeping + self.period)
        p99 = self.percentile(0.99)
        if p99 is not None and p99 > oldest and not self.faults:
            yield f"99 of 100 usages were to be younger than {oldest:g}s, not {p99:g}s"
        if not self.faults:
            yield from self.scaling.late(self.last.autoscalers, self.seconds, limit)

    def as_json(self) -> dict[str, Any]:
        account = self.account
        nodes, pods = self._now()
        return {
            "story": self.story,
            "seconds": round(self.seconds, 1),
            "nodes": {"served": len(account.nodes), **nodes},
            "pods": {"served": len(account.pods), **pods},
            "firstUsageSeconds": account.first and round(account.first, 1),
            "scrapes": self.scrapes,
            "failedScrapes": self.failed,
            "freshnessSeconds": {"p50": self.percentile(0.5), "p99": self.percentile(0.99)},
            "apiCalls": self.api_calls,
            "autoscalers": [*map(self.scaling.as_json, self._autoscalers())],
            "faults": [str(play) for play in self.faults],
            "broken": self.broken(),
        }

    def _autoscalers(self) -> Sequence[AutoscalerRow]:
        return self.last.autoscalers if self.last else ()

    def _now(self) -> tuple[dict[str, int], dict[str, int]]:
        """Nodes and pods at the last look: how many there are, and of how many there is nothing."""
        last = self.last
        if last is None:
            return {"present": 0, "missing": 0}, {"running": 0, "missing": 0}
        silent = sum(row.use is None for row in last.nodes)
        return (
            {"present": len(last.nodes), "missing": silent},
            {"running": last.running, "missing": max(0, last.running - len(last.pods))},
        )

    def as_text(self) -> str:
        account = self.account
        nodes, pods = self._now()
        first = "never" if account.first is None else f"after {account.first:.1f}s"
        p50, p99 = _seconds(self.percentile(0.5)), _seconds(self.percentile(0.99))
        rows = {
            "nodes served": f"{len(account.nodes)}; at the end {_of(nodes['present'], nodes)}",
            "pods served": f"{len(account.pods)}; at the end {_of(pods['running'], pods)}",
            "first usage": first,
            "scrapes": f"{self.scrapes}, {self.failed} failed",
            "freshness": f"p50 {p50}, p99 {p99}",
            "API calls": str(self.api_calls),
        }
        if self.faults:
            rows["faults"] = ", ".join(map(str, self.faults))
        scaled = self._autoscalers()
        if scaled:
            rows["scaling"] = self.scaling.count(scaled)
        broken = self.broken()
        verdict = ["not kept: " + each for each in broken] or ["all that was promised was there"]
        lines = [f"{self.seconds:.0f}s of “{self.story}”"]
        lines += [f"  {name:<14}{value}" for name, value in rows.items()]
        return "\n".join([*lines, *self.scaling.steps(scaled), *verdict]) + "\n"


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}s"


def _of(present: int, counts: dict[str, int]) -> str:
    return f"{present - counts['missing']} of {present}"
