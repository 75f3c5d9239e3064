"""The controller: watches, takes turns, works while it leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from tidegauge.autoscale.controller.acting import Actor, Reconciled, Told
from tidegauge.autoscale.controller.asking import Asking
from tidegauge.autoscale.controller.feeding import Feed
from tidegauge.autoscale.controller.keeping import ConfigMapKeeper, FileKeeper, Keeper, NoKeeper
from tidegauge.autoscale.controller.leading import Leadership
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.memories import Memories
from tidegauge.autoscale.controller.options import Options
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.scope import Scope
from tidegauge.autoscale.controller.watched import Hpa
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.cluster.client import Client
from tidegauge.cluster.observing import Telemetry
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

FRESH = 0.1
"""Of the sync period: how long an answer of the metric APIs serves other HPAs too. HPAs that were
started together ask within that time, and no figure is noticeably older for it."""

LAST_WORDS = 5.0
"""Seconds for reconciles and events under way when told to stop."""

_log = get_logger("controller")


def nobody(_: Reconciled) -> None:
    """Is told of decisions that interest nobody."""


@asynccontextmanager
async def controlling(
    client: Client,
    options: Options,
    clock: Clock,
    *,
    told: Told = nobody,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator["Controller"]:
    """A controller that runs within the block; a bug in it ends the block.

    `told` is called after each reconcile with what was seen and done.
    """
    controller = Controller(client, options, clock, told, registry or CollectorRegistry())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(controller.run())
        try:
            yield controller
        finally:
            running.cancel()
            await asyncio.wait([running])


class Controller:
    """`run` it, once. All of it in one event loop."""

    def __init__(
        self,
        client: Client,
        options: Options,
        clock: Clock,
        told: Told,
        registry: CollectorRegistry,
    ) -> None:
        self._client = client
        self._options = options
        self._clock = clock
        self._told = told
        self.measures = Measures(registry)
        self.scope = Scope(options.namespaces, self._changed)
        self._leadership = self._candidate()
        self._writer = Writer(client, self.leads)
        self._memories = Memories(self._keeper(), clock)
        self._recorder = Recorder(self._writer, clock)
        self._actor = self._make_actor()
        self._feed: Feed | None = None
        """While working."""
        self._written: dict[str, str] = {}
        """The version of each HPA that our last write of its status made."""
        self._put_off: set[str] = set()
        """HPAs that wait for the watch to catch up with that."""
        self._changes = OnChange(_log, "reconcile", clock)
        self._show()

    def leads(self) -> bool:
        """Whether it may write now."""
        return self._leadership is None or self._leadership.leads()

    @property
    def synced(self) -> bool:
        """Whether all that is watched was listed once."""
        return self.scope.synced

    async def run(self) -> None:
        """Until cancelled; then what is under way is finished, kept, and the Lease given back."""
        observer = Telemetry(self.measures, self._clock)
        informers = self.scope.informers(self._client, self._clock, observer)
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(informer.run()) for informer in informers]
            try:
                for informer in informers:
                    await informer.synced()
                if self._leadership:
                    await self._leadership.run(self._work)
                else:
                    await self._work()
            finally:
                for task in watching:
                    task.cancel()

    async def _work(self) -> None:
        """What only the leader does, until cancelled."""
        await self._memories.load()
        self._memories.keep_only(self.scope)
        self.scope.forget_selectors()
        self._written.clear()
        self._put_off.clear()
        self._feed = feed = Feed(self._options.sync_period, self._clock)
        for key in self.scope:
            feed.add(key)
        workers = [
            asyncio.create_task(self._take_turns(feed)) for _ in range(self._options.workers)
        ]
        others = [
            asyncio.create_task(work) for work in (self._recorder.run(), self._memories.run())
        ]
        try:
            await asyncio.gather(*workers, *others)
        finally:
            self._feed = None
            feed.close()
            await self._finish(workers)
            await _end([*workers, *others])
            if self.leads():
                await self._memories.flush()

    async def _finish(self, workers: list[asyncio.Task[None]]) -> None:
        """Who leads finishes what it has begun, and says it; who has lost the Lease stops now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                if self.leads():
                    await asyncio.wait(workers)
                if self.leads():
                    await self._recorder.flush()

    async def _take_turns(self, feed: Feed) -> None:
        while turn := await feed.take():
            self.measures.lateness.observe(max(self._clock.monotonic() - turn.since, 0.0))
            try:
                await self._reconcile(turn.key)
            except NotLeadingError:
                return
            except Exception:  # noqa: BLE001  (a bug that one HPA brings out stops no other)
                _log.exception("reconcile ended by a bug", key=turn.key)
            finally:
                feed.done(turn.key)
            if self.scope.get(turn.key):
                feed.add_later(turn.key)

    async def _reconcile(self, key: str) -> None:
        """Raises NotLeadingError."""
        hpa = self.scope.get(key)
        if hpa is None:
            return
        if self._behind(hpa):
            self._put_off.add(key)
            self.measures.skipped.inc()
        elif hpa.autoscaler is None:
            self._changes.failed(key, "unreadable", problem=hpa.problem)
        elif version := await self._actor.reconcile(hpa, hpa.autoscaler):
            self._written[key] = version

    def _behind(self, hpa: Hpa) -> bool:
        """Whether what the watch says is older than what we have written ourselves."""
        written = self._written.get(hpa.key, "")
        versions = hpa.version, written
        return all(one.isdecimal() for one in versions) and int(hpa.version) < int(written)

    def _changed(self, before: Hpa | None, after: Hpa | None) -> None:
        """The watch says that an HPA was added, changed or removed."""
        if before and (after is None or after.uid != before.uid):
            self._forget(before)
            before = None
        if after is None or self._feed is None:
            return
        put_off = after.key in self._put_off and not self._behind(after)
        self._put_off -= {after.key} if put_off else set()
        if before is None or before.generation != after.generation or put_off:
            self._feed.add(after.key)
        else:
            self._feed.add_later(after.key)

    def _forget(self, hpa: Hpa) -> None:
        self._written.pop(hpa.key, None)
        self._put_off.discard(hpa.key)
        self._memories.forget(hpa.key)
        self._changes.forget(hpa.key)
        self.measures.forget(*hpa.key.split("/"))
        if self._feed:
            self._feed.forget(hpa.key)

    def _tell(self, reconciled: Reconciled) -> None:
        key, outcome = reconciled.key, reconciled.decision.outcome
        if outcome.error is None:
            self._changes.succeeded(key)
        else:
            warnings = [one.reason for one in outcome.events if one.type == "Warning"]
            cause = warnings[-1] if warnings else "other"
            self._changes.failed(key, cause, error=outcome.error)
        if outcome.action.value != "none":
            decision = reconciled.decision
            _log.info(
                "rescaled",
                key=key,
                before=decision.current,
                after=decision.desired,
                reason=decision.reason,
            )
        self._told(reconciled)

    def _make_actor(self) -> Actor:
        options = self._options
        fresh = options.sync_period * FRESH
        return Actor(
            self._client,
            self._writer,
            self._clock,
            scope=self.scope,
            memories=self._memories,
            recorder=self._recorder,
            asking=Asking(self._client, self._clock, fresh, self.measures),
            measures=self.measures,
            settings=options.settings,
            profile=options.profile,
            told=self._tell,
        )

    def _candidate(self) -> Leadership | None:
        place = self._options.lease
        if place is None:
            return None
        return Leadership(
            self._client,
            self._clock,
            namespace=place.namespace,
            name=place.name,
            identity=place.identity,
            terms=place.terms,
        )

    def _keeper(self) -> Keeper:
        place = self._options.memory
        if place is None:
            return NoKeeper()
        if isinstance(place, Path):
            return FileKeeper(place)
        return ConfigMapKeeper(self._client, self._writer, place.namespace, place.name)

    def _show(self) -> None:
        measures = self.measures
        measures.leading.set_function(lambda: float(self.leads()))
        measures.waiting.set_function(lambda: len(self._feed) if self._feed else 0)
        measures.autoscalers.set_function(lambda: len(self.scope))
        measures.remembered.set_function(lambda: len(self._memories))
        measures.informer_objects.labels("pods").set_function(self.scope.pod_count)
        measures.informer_objects.labels("horizontalpodautoscalers").set_function(
            lambda: len(self.scope)
        )


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
