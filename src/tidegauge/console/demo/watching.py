"""Looks at the cluster as a viewer does, through its API, and keeps account of what was there."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ApiError
from tidegauge.console.demo.laboratory import MetricsServer
from tidegauge.console.demo.picture import Picture
from tidegauge.console.demo.reading import Answers, Object, picture
from tidegauge.console.scrapes import Failure
from tidegauge.units.clock import Clock

METRICS = "/apis/metrics.k8s.io/v1"

PATIENCE = 3
"""Looks within which nobody complains that the metrics server isn't known to the API server."""

PATHS = {
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "deployments": "/apis/apps/v1/deployments",
    "stateful_sets": "/apis/apps/v1/statefulsets",
    "autoscalers": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "events": "/api/v1/events",
}


@dataclass
class Account:
    """What all looks together have seen."""

    looks: int = 0
    unreachable: int = 0
    nodes: set[str] = field(default_factory=set)
    pods: set[tuple[str, str]] = field(default_factory=set)
    ages: Counter[int] = field(default_factory=Counter)
    """Of everything served, in whole tenths of a second."""

    first: float | None = None
    """Seconds from the start until there was usage of a node."""

    def add(self, seen: Picture, since_start: float) -> None:
        self.looks += 1
        self.nodes.update(row.name for row in seen.nodes if row.use)
        self.pods.update((row.namespace, row.name) for row in seen.pods)
        self.ages.update(round(age * 10) for age in seen.freshness)
        if self.nodes and self.first is None:
            self.first = since_start


class Watcher:
    """`last` is the last picture, `problem` why there is no newer one."""

    def __init__(self, client: Client, server: MetricsServer, clock: Clock, started: float) -> None:
        self._client = client
        self._server = server
        self._clock = clock
        self._started = started
        self.account = Account()
        self.last: Picture | None = None
        self.problem = ""
        self.metrics_problem = ""

    @property
    def complete(self) -> bool:
        """Whether the last look found usage of everything."""
        return bool(self.last and self.last.pods and not self.last.gaps)

    async def look(self) -> None:
        try:
            lists = await asyncio.gather(*map(self._items, PATHS.values()))
        except ApiError as error:
            self.problem = str(error)
            self.account.unreachable += 1
            return
        self.problem = ""
        metrics: list[Any] = [None, None]
        try:
            paths = (f"{METRICS}/nodes", f"{METRICS}/pods")
            metrics = await asyncio.gather(*map(self._items, paths))
            self.metrics_problem = ""
        except ApiError as error:
            self.metrics_problem = str(error) if self.account.looks >= PATIENCE else ""
        found = dict(zip(PATHS, lists, strict=True))
        answers = Answers(**found, node_metrics=metrics[0], pod_metrics=metrics[1])
        self.last = picture(answers, self._clock.now(), self._reason)
        self.account.add(self.last, self._clock.monotonic() - self._started)

    async def _items(self, path: str) -> list[Object]:
        answer: dict[str, Any] = await self._client.get(path, type=dict)
        return answer["items"] or []

    def _reason(self, node: str) -> Failure | None:
        return self._server.present.collection.scrapes.failure(node)
