"""Work that is done while a Lease is held, and by nobody else: the I/O around `electing`."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn

from msgspec import Struct

from tidegauge.autoscale.controller.correlating import About
from tidegauge.autoscale.controller.electing import Election, Holding
from tidegauge.autoscale.controller.options import LeasePlace
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Conflict, NotFound
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock
from tidegauge.units.timestamp import format_rfc3339

ANSWER = 0.5
"""Of the renew deadline: how long one answer is waited for, so that a connection that hangs leaves
time for another one; as in kube-controller-manager."""

JITTER = 1.2
"""Candidates wait up to 2.2 times the period, so that they do not ask in step; as in client-go."""

_VERSION = "coordination.k8s.io/v1"

_log = get_logger("lease")


class Lease(Struct):
    """A coordination.k8s.io/v1 Lease."""

    metadata: dict[str, Any] = {}
    spec: Holding = Holding()


class Leadership:
    """A candidate for the Lease."""

    def __init__(self, client: Client, clock: Clock, place: LeasePlace) -> None:
        self._client = client
        self._clock = clock
        self._place = place
        self._collection = f"/apis/{_VERSION}/namespaces/{place.namespace}/leases"
        self._terms = place.terms
        self._election = Election(place.identity, place.terms)
        self._metadata: dict[str, Any] | None = None
        """Of the Lease as last seen; None where it has to be read first."""
        self._changes = OnChange(_log, "election", clock)

    @property
    def identity(self) -> str:
        return self._place.identity

    @property
    def about(self) -> About:
        """The Lease, for an event."""
        found = {"uid": "", "resourceVersion": "", **(self._metadata or {})}
        where = self._place.namespace, self._place.name
        return About(_VERSION, "Lease", *where, found["uid"], found["resourceVersion"])

    def leads(self) -> bool:
        """Whether anything may be written now."""
        return self._clock.monotonic() < self._election.leads_until

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
        """Do the work whenever leading, until cancelled; then give the Lease back.

        The work is cancelled at once when the Lease is lost, and waited for; it ends by itself only
        by an error, which is raised here.
        """
        while True:
            await self._acquire()
            _log.info("leading", identity=self.identity)
            task = asyncio.create_task(work())
            try:
                await self._keep(task)
            finally:
                task.cancel()
                await asyncio.wait([task])
                await self._resign()
            if not task.cancelled():
                task.result()
            _log.warning("no longer leading", holder=self._election.holder)

    async def _acquire(self) -> None:
        told = ""
        while not await self._try():
            if self._election.holder != told:
                told = self._election.holder
                _log.info("waiting for the lease", holder=told)
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Until the next look, or until the Lease is free if that is sooner."""
        pause = self._terms.retry_period * (1 + JITTER * random.random())  # noqa: S311  (spreads load)
        left = self._election.free_at - self._clock.monotonic()
        return left if 0 < left < pause else pause

    async def _keep(self, task: asyncio.Task[None]) -> None:
        """Renew until the Lease is lost or the work has ended."""
        while self.leads() and not task.done():
            left = self._election.leads_until - self._clock.monotonic()
            await asyncio.wait([task], timeout=min(self._terms.retry_period, left))
            if not task.done() and self.leads():
                await self._try()

    async def _try(self) -> bool:
        """Look at the Lease and claim it if it may be claimed; whether we lead now."""
        seconds = self._terms.renew_deadline * ANSWER
        if self.leads():
            seconds = min(seconds, self._election.leads_until - self._clock.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await self._claim()
        except (ClusterError, TimeoutError) as error:
            self._metadata = None
            cause = error.cause if isinstance(error, ClusterError) else "timeout"
            text = str(error) or f"no answer within {seconds:.1f} s"
            if not isinstance(error, Conflict):  # another candidate was faster, as happens
                self._changes.failed(self._place.name, cause, error=text)
        else:
            self._changes.succeeded(self._place.name)
        return self.leads()

    async def _claim(self) -> None:
        """The holder writes straight away; it is told by a conflict if it was wrong about that."""
        if self._metadata is None or not self.leads():
            await self._read()
        asked = self._clock.monotonic()
        record = self._election.claim(asked, self._wall())
        if record:
            await self._write(record)
            self._election.won(record, asked)

    async def _read(self) -> None:
        path = f"{self._collection}/{self._place.name}"
        try:
            lease = await self._client.get(path, type=Lease)
        except NotFound:
            self._metadata = None
            self._election.saw(None, self._clock.monotonic())
        else:
            self._metadata = lease.metadata
            self._election.saw(lease.spec, self._clock.monotonic())

    async def _write(self, record: Holding) -> None:
        kind = {"apiVersion": _VERSION, "kind": "Lease"}
        metadata = self._metadata or {"namespace": self._place.namespace, "name": self._place.name}
        body = {**kind, "metadata": metadata, "spec": record}
        if self._metadata is None:
            written = await self._client.write("POST", self._collection, body, type=Lease)
        else:
            path = f"{self._collection}/{self._place.name}"
            written = await self._client.write("PUT", path, body, type=Lease)
        self._metadata = written.metadata

    async def _resign(self) -> None:
        """Let others lead at once, if they do not yet."""
        with suppress(ClusterError, TimeoutError):  # they will wait a little longer, that is all
            async with asyncio.timeout(self._terms.retry_period):
                if self._metadata is None:
                    await self._read()
                if record := self._election.resignation(self._wall()):
                    await self._write(record)
                    self._election.saw(record, self._clock.monotonic())

    def _wall(self) -> str:
        now = self._clock.now()
        return f"{format_rfc3339(int(now))[:-1]}.{int(now % 1 * 1e6):06}Z"
