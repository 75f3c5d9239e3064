"""The memory of every HPA, at hand while leading and kept for the next leader."""

import asyncio
from collections.abc import Iterable

from tidegauge.autoscale.controller.keeping import KEEPING_ERRORS, Keeper
from tidegauge.autoscale.controller.remembering import Kept
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.cluster.errors import ClusterError
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

SOON, LATER = 2.0, 30.0
"""Seconds until a change is kept. A rescale that is forgotten could be done twice as fast as its
policy allows; a recommendation or two of a window of minutes are not missed."""

LOOK_SECONDS = 0.5

_log = get_logger("memory")


class Memories:
    """By the HPA's key. All of it in one thread."""

    def __init__(self, keeper: Keeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._changes = OnChange(_log, "remembering", clock)
        self._kept: dict[str, Kept] = {}
        self._save_at = float("inf")

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, uid: str) -> Memory:
        """An empty one for who was not seen yet, or was made anew."""
        kept = self._kept.get(key)
        return kept.memory if kept and kept.uid == uid else Memory()

    def put(self, key: str, uid: str, memory: Memory, *, rescaled: bool) -> None:
        self._kept[key] = Kept(uid, memory)
        self._save_within(SOON if rescaled else LATER)

    def forget(self, key: str) -> None:
        if self._kept.pop(key, None):
            self._save_within(LATER)

    async def load(self) -> None:
        """What another leader left, or we did before a restart. Where it can't be had we go on
        without, as upstream always does.
        """
        self._kept, self._save_at = {}, float("inf")
        try:
            self._kept = await self._keeper.load(self._clock.now())
        except KEEPING_ERRORS as error:
            self._failed(error)
        else:
            if self._kept:
                _log.info("remembered", autoscalers=len(self._kept))

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget HPAs that are gone."""
        for key in self._kept.keys() - set(keys):
            self.forget(key)

    async def run(self) -> None:
        """Keep what changes, until cancelled; what is left then is for `flush`."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._clock.monotonic() >= self._save_at:
                await self.flush()

    async def flush(self) -> None:
        """Keep what has changed."""
        if self._save_at == float("inf"):
            return
        self._save_at = float("inf")
        try:
            await self._keeper.save(dict(self._kept), self._clock.now())
        except KEEPING_ERRORS as error:
            self._failed(error)
            self._save_within(SOON)
        else:
            self._changes.succeeded("memory")

    def _failed(self, error: ClusterError | OSError) -> None:
        cause = error.cause if isinstance(error, ClusterError) else type(error).__name__
        self._changes.failed("memory", cause, error=str(error))

    def _save_within(self, seconds: float) -> None:
        self._save_at = min(self._save_at, self._clock.monotonic() + seconds)
