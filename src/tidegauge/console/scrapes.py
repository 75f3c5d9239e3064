"""How scrapes ended: for logs, for metrics, and to say why data is missing."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from tidegauge.kubelet.errors import KubeletError
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock


class Failure(NamedTuple):
    """Why a node gave nothing: in a word, and in words with a remedy."""

    cause: str
    problem: str


@dataclass(slots=True)
class Tally:
    """How often nodes were asked, and how often that failed."""

    asked: int = 0
    failed: int = 0


class Scrapes:
    """Hears how each scrape ended: for logs on change, for metrics, and to say why data is missing.

    Implements `kubelet.scraper.ScrapeObserver`.
    """

    def __init__(self, changes: OnChange, metrics: Metrics, clock: Clock, period: float) -> None:
        self._changes = changes
        self._metrics = metrics
        self._clock = clock
        self._period = period
        self.tally = Tally()
        self._failing: dict[str, Failure] = {}
        self._round_ends = clock.monotonic() + period
        self._slowest = 0.0

    def succeeded(self, node: str, seconds: float) -> None:
        self._failing.pop(node, None)
        self._changes.succeeded(node)
        self._count(node, seconds, success="true")

    def failed(self, node: str, error: KubeletError, seconds: float) -> None:
        self.unasked(node, error.cause, str(error))
        self._count(node, seconds, success="false")

    def unasked(self, node: str, cause: str, problem: str) -> None:
        """A node that gave nothing, asked or not."""
        self._failing[node] = Failure(cause, problem)
        self._metrics.scrape_failures.labels(cause).inc()
        self._changes.failed(node, cause, problem=problem)

    def forget(self, node: str) -> None:
        self._failing.pop(node, None)
        self._changes.forget(node)
        self._metrics.last_requests.forget(node)

    def failure(self, node: str) -> Failure | None:
        """Why the node gave nothing when it was asked last."""
        return self._failing.get(node)

    def failures(self) -> Counter[str]:
        """How many nodes fail now, by cause."""
        return Counter(each.cause for each in self._failing.values())

    def _count(self, node: str, seconds: float, *, success: str) -> None:
        metrics = self._metrics
        self.tally.asked += 1
        self.tally.failed += success == "false"
        metrics.kubelet_requests.labels(success).inc()
        metrics.kubelet_request_duration.observe(seconds)
        metrics.last_requests.set(node, self._clock.now())
        self._slowest = max(self._slowest, seconds)
        # There is no round here that waits for all: what a period's slowest scrape took stands
        # for it, since that is what the incumbent's figure is dominated by.
        if self._clock.monotonic() >= self._round_ends:
            metrics.tick_duration.observe(self._slowest)
            self._round_ends, self._slowest = self._clock.monotonic() + self._period, 0.0
