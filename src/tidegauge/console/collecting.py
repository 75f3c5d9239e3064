"""Wires the left half: nodes from the API server to the scraper, answers to the store."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.client import Client
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.observing import Telemetry
from tidegauge.cluster.pods import PODS
from tidegauge.console.access import address_rules, kubelet_transport
from tidegauge.console.aiming import Aim
from tidegauge.console.intake import Intake
from tidegauge.console.options import Options
from tidegauge.console.scrapes import Scrapes
from tidegauge.console.view import View
from tidegauge.kubelet.scraper import Scraper
from tidegauge.security.files import Report
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock
from tidegauge.usage.store import Store

TIMELY_PERIODS = 1.5
"""As in the incumbent: so late is asking, that it has come to a halt."""

MOST = 0.95
"""Of the reported containers; the rest may be what is never served, such as exited ones."""


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
