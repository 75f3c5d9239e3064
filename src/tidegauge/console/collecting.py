"""Wires the left half: nodes from the API server to the scraper, answers to the store."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.client import Client
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.labels import decode_labels
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.observing import Telemetry
from tidegauge.cluster.pods import PODS
from tidegauge.cluster.records import Node
from tidegauge.console.access import address_rules, kubelet_transport
from tidegauge.console.intake import Intake
from tidegauge.console.options import Options
from tidegauge.console.view import View
from tidegauge.kubelet.addressing import AddressRules, BadTargetError, Skipped, target_for
from tidegauge.kubelet.errors import KubeletError
from tidegauge.kubelet.scraper import Scraper
from tidegauge.kubelet.target import Target
from tidegauge.security.files import Report
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector
from tidegauge.usage.store import Store

TIMELY_PERIODS = 1.5
"""As in the incumbent: so late is asking, that it has come to a halt."""

MOST = 0.95
"""Of the reported containers; the rest may be what is never served, such as exited ones."""


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


class Targets(Protocol):
    """Whom to ask: the scraper."""

    def update(self, target: Target) -> None: ...

    def remove(self, name: str) -> None: ...


class Aim:
    """Keeps the scraper's targets as the API server's nodes are: a listener of the node cache."""

    def __init__(
        self,
        targets: Targets,
        intake: Intake,
        scrapes: Scrapes,
        rules: AddressRules,
        selector: LabelSelector,
    ) -> None:
        self._targets = targets
        self._intake = intake
        self._scrapes = scrapes
        self._rules = rules
        self._selector = selector

    def changed(self, before: Node | None, after: Node | None) -> None:
        node = after or before
        assert node is not None, "a change has at least one side"
        try:
            target = self._target(after) if after else None
        except BadTargetError as error:
            self._stop(node.name)
            self._scrapes.unasked(node.name, error.cause, str(error))
            return
        if target:
            self._targets.update(target)
        else:
            self._stop(node.name)
            self._scrapes.forget(node.name)

    def _stop(self, name: str) -> None:
        self._targets.remove(name)
        self._intake.forget(name)

    def _target(self, node: Node) -> Target | None:
        """How to ask it; None for one that is left out on purpose. Raises BadTargetError."""
        if not self._wanted(node):
            return None
        target = target_for(
            node.name, node.addresses, node.kubelet_port, dict(node.annotations), self._rules
        )
        return None if isinstance(target, Skipped) else target

    def _wanted(self, node: Node) -> bool:
        return self._selector.empty or self._selector.matches(decode_labels(node.labels))


class Collection:
    """All that is known of the cluster and its usage, and the work that keeps it so."""

    def __init__(
        self, options: Options, client: Client, metrics: Metrics, clock: Clock, report: Report
    ) -> None:
        period = options.metric_resolution
        self._period = period
        self._credentials = client.credentials
        self._nodes, self._pods = Nodes(), Pods()
        self.store = Store(
            clock,
            period=period,
            stale_after_periods=options.stale_after_periods,
            stale_unmoved=options.stale_unmoved,
        )
        self.view = View(self._nodes, self._pods, self.store)
        changes = OnChange(get_logger("kubelet"), "scrape", clock)
        self.scrapes = Scrapes(changes, metrics, clock, period)
        intake = Intake(self.store, self._pods, metrics, clock)
        self._scraper = Scraper(
            kubelet_transport(options, client.credentials, clock, report),
            clock,
            intake.deliver,
            self.scrapes,
            period=period,
            timeout=options.scrape_timeout,
        )
        rules = address_rules(options)
        aim = Aim(self._scraper, intake, self.scrapes, rules, options.node_selector)
        self._nodes.subscribe(aim.changed)
        observer = Telemetry(metrics, clock)
        observer.track("nodes", self._nodes)
        observer.track("pods", self._pods)
        self._informers = (
            Informer(client, NODES, self._nodes, clock=clock, observer=observer),
            Informer(client, PODS, self._pods, clock=clock, observer=observer),
        )

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """To be run, all of it, until cancelled."""
        informers = (informer.run() for informer in self._informers)
        return [*informers, self._scraper.run(), self._credentials.keep_fresh()]

    async def settled(self) -> None:
        """Wait until all is listed and each node has been asked twice, so that most is there."""
        for informer in self._informers:
            await informer.synced()
        await asyncio.sleep(2 * self._period)

    def synced(self) -> bool:
        return self._nodes.synced and self._pods.synced

    def has_data(self) -> bool:
        """Whether there is a node and a container to serve."""
        tally = self.store.tally()
        return tally.nodes > 0 and tally.containers > 0

    def has_most(self) -> bool:
        """Whether most of the containers that nodes report can be served."""
        return self.store.tally().containers >= MOST * self.store.reported()

    def trouble(self) -> str:
        """Why there may be nothing to serve, as far as nodes are the reason; empty if not."""
        if causes := self.scrapes.failures().most_common():
            return "failing nodes: " + ", ".join(f"{count} {cause}" for cause, count in causes)
        if self._nodes.synced and not len(self._scraper):
            return (
                f"none of {len(self._nodes)} nodes is asked; look at --node-selector and at the "
                "annotation tidegauge.dev/scrape"
            )
        return ""

    def problem(self) -> str | None:
        """What is wrong with asking the nodes, whatever they answer."""
        behind = self._scraper.behind()
        if behind > self._period * TIMELY_PERIODS:
            return f"asking the nodes is {behind:.0f}s behind"
        return None

    async def close(self) -> None:
        await self._scraper.close()
