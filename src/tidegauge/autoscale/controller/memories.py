"""The memory of every HPA, at hand while leading and kept for the next leader."""

import asyncio
from collections.abc import Iterable

from tidegauge.autoscale.controller.keeping import KEEPING_ERRORS, Keeper
from tidegauge.autoscale.controller.patience import PASSING
from tidegauge.autoscale.controller.remembering import Kept, moved
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.cluster.errors import ClusterError, Conflict, NotFound
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

SOON, LATER = 2.0, 30.0
"""Seconds until a change is kept. A rescale that is forgotten could be done twice as fast as its
policy allows; a recommendation or two of a window of minutes are not missed."""

LOOK_SECONDS = 0.5

LOAD_TRIES, LOAD_SECONDS = 3, 10.0
"""What can't be read is soon written over, so it is tried again while that may help; meanwhile no
HPA is looked at."""

STEP_SECONDS = 1.0
"""Of the wall clock, when it was set: less than any window or period, more than a loop is late."""

_PASSING = (*PASSING, Conflict, NotFound, OSError)
"""What may be better in a moment, such as a ConfigMap that was deleted. Not so a missing right: to
try it every two seconds would cost more than all the rest."""

_log = get_logger("memory")


class Memories:
    """By the HPA's key. All of it in one thread."""

    def __init__(self, keeper: Keeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._changes = OnChange(_log, "remembering", clock)
        self._kept: dict[str, Kept] = {}
        self._save_at = float("inf")
        self._ahead = self._wall_ahead()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, uid: str) -> Memory:
        """An empty one for who was not seen yet, or was made anew."""
        self._follow_clock()
        kept = self._kept.get(key)
        return kept.memory if kept and kept.uid == uid else Memory()

    def put(self, key: str, uid: str, memory: Memory, *, rescaled: bool) -> None:
        self._kept[key] = Kept(uid, memory)
        self._follow_clock()
        self._save_within(SOON if rescaled else LATER)

    def forget(self, key: str) -> None:
        if self._kept.pop(key, None):
            self._save_within(LATER)

    async def load(self) -> None:
        """What another leader left, or we did before a restart. Where it can't be had we go on
        without, as upstream always does.
        """
        self._kept, self._save_at = {}, float("inf")
        self._ahead = self._wall_ahead()
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                self._kept = await self._loaded()
        except (*KEEPING_ERRORS, TimeoutError) as error:
            self._failed(error)
        else:
            if self._kept:
                _log.info("remembered", autoscalers=len(self._kept))

    async def _loaded(self) -> dict[str, Kept]:
        for _ in range(LOAD_TRIES - 1):
            try:
                return await self._keeper.load(self._clock.now())
            except PASSING as error:
                self._failed(error)
                await asyncio.sleep(SOON)
        return await self._keeper.load(self._clock.now())

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
            self._save_within(SOON if isinstance(error, _PASSING) else LATER)
        except asyncio.CancelledError:
            self._save_within(0.0)  # whether it was written is not known
            raise
        else:
            self._changes.succeeded("memory")

    def _follow_clock(self) -> None:
        """Where the wall clock was set, move all times along, for no time has passed. Upstream's
        times are told apart by a clock that is never set.
        """
        step = self._wall_ahead() - self._ahead
        if abs(step) < STEP_SECONDS:
            return
        self._ahead += step
        self._kept = {key: moved(kept, step) for key, kept in self._kept.items()}
        _log.warning("the clock was set", seconds=round(step, 3))

    def _wall_ahead(self) -> float:
        return self._clock.now() - self._clock.monotonic()

    def _failed(self, error: Exception) -> None:
        cause = error.cause if isinstance(error, ClusterError) else type(error).__name__
        text = str(error) or f"no answer within {LOAD_SECONDS:g} s"
        self._changes.failed("memory", cause, error=text)

    def _save_within(self, seconds: float) -> None:
        self._save_at = min(self._save_at, self._clock.monotonic() + seconds)
