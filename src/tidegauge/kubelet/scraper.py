"""Asks every node once a period, each in its own moment, and hands over what it says.

One heap of due times for all nodes; a task lives only as long as a request. Each node stands alone:
one outstanding request, its own deadline, and its answer handed over as it arrives, so a node that
fails costs the others nothing.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Protocol, TypeAlias

from tidegauge.kubelet.errors import InternalError, KubeletError
from tidegauge.kubelet.schedule import PACE_SECONDS, moment, seconds_to_next_ask
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body, Transport
from tidegauge.units.clock import Clock

Deliver: TypeAlias = Callable[[Target, Body], bool]
"""Parses and stores an answer in one step; true when the node has a usable pair now."""

IDLE_SECONDS = 3600.0
"""How long to sleep when there is no node; a new one wakes the scraper."""


class ScrapeObserver(Protocol):
    """Is told how each ask ended; `seconds` is how long the node took."""

    def succeeded(self, node: str, seconds: float) -> None: ...

    def failed(self, node: str, error: KubeletError, seconds: float) -> None: ...


class _Node:
    __slots__ = ("asked_at", "asks", "fraction", "has_pair", "target", "task")

    def __init__(self, target: Target) -> None:
        self.target = target
        self.fraction = moment(target.name)
        self.asks = 0
        self.asked_at = 0.0
        self.has_pair = False
        self.task: asyncio.Task[None] | None = None


class Scraper:
    """Times are in seconds. `run` it once; nodes may be updated and removed at any time."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        deliver: Deliver,
        observer: ScrapeObserver,
        *,
        period: float,
        timeout: float,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._deliver = deliver
        self._observer = observer
        self._period = period
        self._timeout = timeout
        self._nodes: dict[str, _Node] = {}
        self._agenda: list[tuple[float, int, _Node]] = []
        self._ticket = itertools.count()  # of nodes due at once the one waiting longest is first
        self._next_first = 0.0
        self._wake: asyncio.Future[None] | None = None

    def update(self, target: Target) -> None:
        """Ask this node from now on, or ask it differently."""
        node = self._nodes.get(target.name)
        if node is not None:
            node.target = target
            return
        node = self._nodes[target.name] = _Node(target)
        due = max(self._clock.monotonic(), self._next_first)
        self._next_first = due + PACE_SECONDS
        self._plan(node, due)

    def remove(self, name: str) -> None:
        """Ask this node no more; an ask under way is given up."""
        node = self._nodes.pop(name, None)
        if node is not None and node.task is not None:
            node.task.cancel()
        self._transport.forget(name)

    async def run(self) -> None:
        """Ask until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wait = self.ask_due()
            if not wait:  # another is due: a turn of the loop, without the price of a timer
                await asyncio.sleep(0)
                continue
            self._wake = loop.create_future()
            timer = loop.call_later(wait, _set, self._wake)
            try:
                await self._wake
            finally:
                timer.cancel()

    async def close(self) -> None:
        """Give up what is under way, and close all connections."""
        tasks = [node.task for node in self._nodes.values() if node.task is not None]
        self._nodes.clear()
        self._agenda.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._transport.close()

    def __len__(self) -> int:
        """How many nodes are asked."""
        return len(self._nodes)

    def behind(self) -> float:
        """Seconds by which the next ask is overdue; about 0 unless asking has come to a halt."""
        return max(0.0, self._clock.monotonic() - self._agenda[0][0]) if self._agenda else 0.0

    def ask_due(self) -> float:
        """Start the ask that is due longest, if any; returns the seconds until the next one is due.

        One for each turn of the loop: when the loop is behind, new handshakes wait instead of
        piling up on it.
        """
        now = self._clock.monotonic()
        if self._agenda and self._agenda[0][0] <= now:
            _, _, node = heapq.heappop(self._agenda)
            if self._nodes.get(node.target.name) is node:
                node.asks += 1
                node.asked_at = now
                node.task = asyncio.create_task(self._ask(node, node.target))
        return max(0.0, self._agenda[0][0] - now) if self._agenda else IDLE_SECONDS

    async def _ask(self, node: _Node, target: Target) -> None:
        try:
            await self._ask_once(node, target)
        finally:  # whatever came of it, even out of an observer
            self._plan_next(node)

    async def _ask_once(self, node: _Node, target: Target) -> None:
        try:
            body = await self._transport.get(target, self._timeout)
            seconds = self._clock.monotonic() - node.asked_at
            node.has_pair = self._deliver(target, body) or node.has_pair
        except KubeletError as error:
            self._fail(node, error)
        except Exception as error:  # noqa: BLE001 (a defect costs this node this period, and no more)
            problem = InternalError(target.name, target.path, repr(error))
            problem.__cause__ = error
            self._fail(node, problem)
        else:
            self._observer.succeeded(target.name, seconds)

    def _fail(self, node: _Node, error: KubeletError) -> None:
        self._observer.failed(node.target.name, error, self._clock.monotonic() - node.asked_at)

    def _plan_next(self, node: _Node) -> None:
        node.task = None
        now = self._clock.monotonic()
        wait = seconds_to_next_ask(
            node.fraction,
            self._period,
            now=self._clock.now(),
            since_ask=now - node.asked_at,
            asks=node.asks,
            has_pair=node.has_pair,
        )
        self._plan(node, now + wait)

    def _plan(self, node: _Node, due: float) -> None:
        heapq.heappush(self._agenda, (due, next(self._ticket), node))
        if self._wake is not None and self._agenda[0][2] is node:
            _set(self._wake)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
