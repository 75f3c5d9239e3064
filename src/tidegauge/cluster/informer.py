"""An informer: keeps a store equal to what the API server has, for as long as it runs.

Small loops inside each other: `_watch` applies one stream, `_attempt` lists first where that is
needed, `run` goes on for ever with growing pauses. What was last known stays in the store while
the API server is away.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Generic, NoReturn

from tidegauge.cluster.backoff import Backoff
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, ErrorAnswer, Gone, Rejected, TimedOut
from tidegauge.cluster.events import BOOKMARK, R, Resource
from tidegauge.cluster.observing import Observer
from tidegauge.cluster.reflection import Reflection, Store
from tidegauge.cluster.watching import pages, watch
from tidegauge.units.clock import Clock

LASTS = (300, 600)
"""Seconds that one watch is asked to last, as in client-go: spread, so not all end together."""

SILENCE = 150.0
"""Seconds without a byte until a stream counts as dead; a bookmark comes about every minute."""

INITIAL_SILENCE = 30.0
"""The same before the end of the initial events, which come without a pause."""

STEADY = 30.0
"""Seconds after which a stream that ended had been fine, so that the next pause is short again."""

FROM_THE_FUTURE = "Too large resource version"
"""The API server's words when its database was restored to a time before our version."""

Sleep = Callable[[float], Awaitable[None]]


class Informer(Generic[R]):
    """Feeds `store` with the objects of `resource`; `run` it as a task."""

    def __init__(
        self,
        client: Client,
        resource: Resource[R],
        store: Store[R],
        *,
        clock: Clock,
        observer: Observer | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._resource = resource
        self._store = store
        self._clock = clock
        self._observer = observer or Observer()
        self._sleep = sleep
        self._chance = chance
        self._reflection = Reflection(store)
        self._synced = asyncio.Event()

    async def synced(self) -> None:
        """Wait for the end of the first list."""
        await self._synced.wait()

    async def run(self) -> NoReturn:
        """For ever; cancel the task to end it."""
        backoff = Backoff(self._chance)
        failure: ClusterError | None = None
        while True:
            began, was_gone = self._clock.monotonic(), isinstance(failure, Gone)
            failure = await self._outcome()
            # A server that is back after an outage has often lost our version: it is well, and to
            # list anew can't wait. A second time in a row says that listing does not help.
            is_back = isinstance(failure, Gone) and not was_gone
            if is_back or self._clock.monotonic() - began >= STEADY:
                backoff.reset()
            wait = failure.retry_after if isinstance(failure, ErrorAnswer) else 0.0
            await self._sleep(backoff.next(wait))

    async def _outcome(self) -> ClusterError | None:
        """How one attempt ended: by an error, or None when the server ended the watch in time."""
        try:
            await self._attempt()
        except Gone as error:
            self._reflection.version = ""
            self._observer.restarted(self._resource.name, error)
            return error
        except ClusterError as error:
            if isinstance(error, ErrorAnswer) and FROM_THE_FUTURE in error.status.message:
                self._reflection.version = ""
            self._observer.failed(self._resource.name, error)
            return error
        self._observer.restarted(self._resource.name, None)
        return None

    async def _attempt(self) -> None:
        """List if there is no version to go on from, then watch until that ends."""
        if not self._reflection.version:
            self._reflection.begin_list()
            try:
                await self._watch()
            except (Rejected, TimedOut):
                if not self._reflection.listing:
                    raise
            if not self._reflection.listing:
                return
            # A server that can't stream a list refuses it, or never ends it.
            await self._list()
        await self._watch()

    async def _list(self) -> None:
        """The paged way."""
        self._reflection.begin_list()
        version = ""
        async with aclosing(pages(self._client, self._resource)) as found:
            async for page in found:
                self._reflection.put(page.records)
                version = page.version
        self._reflection.end_list(version)
        self._tell()

    async def _watch(self) -> None:
        """Apply one stream to its end, or until it shows that it will not end its list."""
        last = LASTS[0] + self._chance() * (LASTS[1] - LASTS[0])
        version = self._reflection.version
        batches = watch(
            self._client, self._resource, version, last=round(last), silence=self._silence
        )
        async with aclosing(batches) as stream:
            async for events in stream:
                self._observer.streaming(self._resource.name)
                for event in events:
                    self._reflection.apply(event)
                    if self._reflection.listing and event.kind == BOOKMARK:
                        return
                self._tell()

    def _silence(self) -> float:
        return INITIAL_SILENCE if self._reflection.listing else SILENCE

    def _tell(self) -> None:
        if self._store.synced and not self._synced.is_set():
            self._synced.set()
            self._observer.synced(self._resource.name)
