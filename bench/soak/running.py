"""The server on its leaping loop, period by period."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch

from bench.soak.census import census
from bench.soak.clients import VERSION, Clients
from bench.soak.history import LOGGED_PERIODS
from bench.soak.leaping import LeapingLoop
from bench.soak.peers import ApiServer, Kubelets
from bench.soak.world import World
from tests.clock import ManualClock
from tidegauge.console import collecting
from tidegauge.console.access import Clients as ApiClients
from tidegauge.console.answering import Answers
from tidegauge.console.options import Options
from tidegauge.console.process import settle_memory
from tidegauge.console.running import reporter
from tidegauge.kubelet.samples import PodKey
from tidegauge.serving.trust import LiveTrust
from tidegauge.telemetry.metrics import Metrics

PERIOD = 15.0

REPLACED = 60
"""Each period one pod in so many goes, and another one comes: a pod lives for 15 minutes."""

FLOOD_STEP = 256
"""At most so many pods come in a period of a flood; of small clusters half of the pods."""

HEALING = 6
"""Periods after which every node is served: the pauses before an API server that was lost is asked
again take up to a minute, and a new node has to be asked twice."""

SETTLING = 8
"""Periods after the last question, in which what is kept for lists goes: it takes seven answers.
Then hours compare."""

QUIET = HEALING + SETTLING

AWAY_EVERY, AWAY_FOR = 60, LOGGED_PERIODS + 2
"""Periods from one outage of the API server to the next, and of one: longer than it remembers, so
that informers list anew."""


@dataclass(frozen=True)
class Scale:
    nodes: int
    pods: int
    """A node."""


class Soak:
    """One server, with the world around it."""

    def __init__(self, scale: Scale, clock: ManualClock, seed: int = 1) -> None:
        random.seed(seed)  # informers spread their watches by chance
        self.world = World(scale.nodes, scale.pods, clock.now(), seed)
        self.period = 0
        self._scale = scale
        self._clock = clock
        self._replaced = max(1, scale.nodes * scale.pods // REPLACED)
        self._api = ApiServer(self.world, clock)
        options = Options(metric_resolution=PERIOD)
        metrics, report = Metrics(PERIOD), reporter(clock)
        kubelets = Kubelets(self.world, clock)
        with patch.object(collecting, "kubelet_transport", return_value=kubelets):
            self.collection = collecting.Collection(options, self._api, metrics, clock, report)
        self._answers = Answers(
            options,
            self.collection,
            LiveTrust(lookup=False, report=report),
            lambda: None,
            ApiClients(self._api, self._api, self._api),
            metrics,
            clock,
            lambda: False,
        )
        self.clients = Clients(self.world, self._answers.everything)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The collecting goes on within the block."""
        async with asyncio.TaskGroup() as group:
            work = [*self.collection.work(), settle_memory(self.collection)]
            tasks = [group.create_task(each) for each in work]
            await self.collection.settled()
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await self.collection.close()

    async def run(self, periods: int) -> None:
        """So many periods of churn and questions."""
        for _ in range(periods):
            self._outages()
            self._change(self._replaced)
            await self._next(asked=True)

    async def flood(self, pods: int) -> None:
        """So many pods come and go, each with labels and a namespace of its own, and asked for."""
        left, step = pods, min(FLOOD_STEP, self._scale.nodes * self._scale.pods // 2)
        while left > 0:
            left -= step
            come = self._change(step, scattered=True)
            await self._next(asked=True)
            await self.clients.ask_for(come)

    async def settle(self) -> int:
        """Until all that is well has been read, and all that has gone is forgotten.

        Returns how many pods are served.
        """
        self._api.away = False
        self.world.heal(self._clock.now())
        for _ in range(HEALING):
            await self._next(asked=False)
        body = await self.clients.ask(f"{VERSION}/pods")
        for path in (f"{VERSION}/nodes", "/metrics"):
            await self.clients.ask(path)
        for _ in range(SETTLING):
            await self._next(asked=False)
        return body.count(b'"window"')

    def census(self) -> Counter[str]:
        """Entries by table of the server, and of what it has under way."""
        found = census(self.collection, self._answers)
        found["tasks"] = len(asyncio.all_tasks())
        return found

    def _change(self, replaced: int, *, scattered: bool = False) -> list[PodKey]:
        self.period += 1
        now = self._clock.now()
        return self.world.change(self.period, now, replaced=replaced, scattered=scattered)

    def _outages(self) -> None:
        self._api.away = 0 <= self.period % AWAY_EVERY - AWAY_EVERY // 2 < AWAY_FOR

    async def _next(self, *, asked: bool) -> None:
        """To the end of the period."""
        ends = self._clock.monotonic() + PERIOD
        self.world.history.bookmark()
        self._api.tell()
        if asked:
            await self.clients.round(self.period)
        await asyncio.sleep(max(0.0, ends - self._clock.monotonic()))


def runner(clock: ManualClock) -> asyncio.Runner:
    """Runs coroutines on that clock."""
    return asyncio.Runner(loop_factory=lambda: LeapingLoop(clock))
