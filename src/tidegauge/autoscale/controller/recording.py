"""Writes events beside the work: nothing waits for them, and few are lost rather than many kept."""

import asyncio
from contextlib import suppress

import msgspec

from tidegauge.autoscale.controller.correlating import About, Correlator, Told
from tidegauge.autoscale.controller.patience import PASSING
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.engine.status import Event
from tidegauge.cluster.errors import ClusterError, Conflict, NotFound
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

WAITING = 1000
"""Events; as many as client-go lets wait."""

TRIES, PAUSE = 6, 5.0
"""Half a minute: an API server that restarts is back by then."""

MERGE = "application/merge-patch+json"


class Recorder:
    """Run it as a task."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._correlator = Correlator()
        self._waiting: asyncio.Queue[Told] = asyncio.Queue(WAITING)
        self._changes = OnChange(get_logger("events"), "event", clock)

    def tell(self, about: About, event: Event) -> None:
        told = self._correlator.tell(about, event, self._clock.now())
        if told is None:
            return
        try:
            self._waiting.put_nowait(told)
        except asyncio.QueueFull:
            self._changes.failed("events", "full", problem=f"{WAITING} events wait; some are lost")

    async def run(self) -> None:
        """Until cancelled; what is not written then never will be."""
        try:
            while True:
                told = await self._waiting.get()
                await self._write(told)
                self._waiting.task_done()
        finally:
            self._waiting = asyncio.Queue(WAITING)

    async def flush(self) -> None:
        """Wait until all that was told is written or lost; `run` has to be running."""
        await self._waiting.join()

    async def _write(self, told: Told) -> None:
        for _ in range(TRIES):
            try:
                await self._send(told)
            except PASSING as error:
                self._changes.failed("events", error.cause, error=str(error))
                await asyncio.sleep(PAUSE)
            except NotLeadingError:
                return
            except ClusterError as error:
                self._changes.failed("events", error.cause, error=str(error))
                return
            else:
                self._changes.succeeded("events")
                return

    async def _send(self, told: Told) -> None:
        """Count it, or create it; it may have expired since it was told last."""
        path = f"/api/v1/namespaces/{told.about.namespace}/events"
        if told.count > 1:
            try:
                await self._writer.write(
                    "PATCH",
                    f"{path}/{told.name}",
                    told.patch(),
                    type=msgspec.Raw,
                    content_type=MERGE,
                )
            except NotFound:
                pass
            else:
                return
        with suppress(Conflict):  # it came through before, and only the answer was lost
            await self._writer.write("POST", path, told.manifest(), type=msgspec.Raw)
