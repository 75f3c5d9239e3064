"""The controller: watches, leads or stands by, and works in shifts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from tidegauge.autoscale.controller.acting import Actor, Reconciled, Told
from tidegauge.autoscale.controller.asking import Asking
from tidegauge.autoscale.controller.keeping import ConfigMapKeeper, FileKeeper, Keeper, NoKeeper
from tidegauge.autoscale.controller.leading import Leadership
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.memories import Memories
from tidegauge.autoscale.controller.options import Options
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.scope import Scope
from tidegauge.autoscale.controller.shift import Shift
from tidegauge.autoscale.controller.statuses import Statuses
from tidegauge.autoscale.controller.targets import Targets
from tidegauge.autoscale.controller.watched import Hpa
from tidegauge.autoscale.controller.writing import Writer
from tidegauge.autoscale.engine.status import Event
from tidegauge.cluster.client import Client
from tidegauge.cluster.observing import Telemetry
from tidegauge.units.clock import Clock

FRESH = 0.1
"""Of the sync period: how long an answer of the metric APIs serves other HPAs too. HPAs that were
started together ask within that time, and no figure is noticeably older for it."""


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
        self._asking = Asking(client, clock, options.sync_period * FRESH, self.measures)
        self._actor = self._make_actor()
        self._shift: Shift | None = None
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
                self._asking.close()
                for task in watching:
                    task.cancel()

    async def _work(self) -> None:
        """What only the leader does, until cancelled."""
        if self._leadership:
            won = f"{self._leadership.identity} became leader"
            self._recorder.tell(self._leadership.about, Event("Normal", "LeaderElection", won))
        self._shift = Shift(
            self._clock,
            self.scope,
            self._actor,
            self._memories,
            self._recorder,
            self.measures,
            period=self._options.sync_period,
            may=self.leads,
        )
        try:
            await self._shift.run(self._options.workers)
        finally:
            self._shift = None

    def _changed(self, before: Hpa | None, after: Hpa | None) -> None:
        if self._shift:
            self._shift.changed(before, after)

    def _tell(self, reconciled: Reconciled) -> None:
        if self._shift:
            self._shift.told(reconciled)
        self._told(reconciled)

    def _make_actor(self) -> Actor:
        client, clock = self._client, self._clock
        return Actor(
            clock,
            self._options,
            self.scope,
            targets=Targets(client, self._writer, clock),
            asking=self._asking,
            statuses=Statuses(client, self._writer),
            memories=self._memories,
            recorder=self._recorder,
            measures=self.measures,
            told=self._tell,
        )

    def _candidate(self) -> Leadership | None:
        place = self._options.lease
        return Leadership(self._client, self._clock, place) if place else None

    def _keeper(self) -> Keeper:
        place = self._options.memory
        if place is None:
            return NoKeeper()
        if isinstance(place, Path):
            return FileKeeper(place)
        return ConfigMapKeeper(self._client, self._writer, place.namespace, place.name)

    def _show(self) -> None:
        measures, scope = self.measures, self.scope
        measures.leading.set_function(lambda: float(self.leads()))
        measures.waiting.set_function(lambda: self._shift.waiting if self._shift else 0)
        measures.autoscalers.set_function(lambda: len(scope))
        measures.remembered.set_function(lambda: len(self._memories))
        measures.informer_objects.labels("pods").set_function(scope.pod_count)
        measures.informer_objects.labels("horizontalpodautoscalers").set_function(
            lambda: len(scope)
        )
