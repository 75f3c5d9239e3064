"""A shift of work: from the moment at which this controller leads to that at which it does not."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tidegauge.autoscale.controller.acting import Actor, Reconciled
from tidegauge.autoscale.controller.feeding import Feed
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.memories import Memories
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.scope import Scope
from tidegauge.autoscale.controller.watched import Hpa
from tidegauge.autoscale.controller.writing import NotLeadingError
from tidegauge.autoscale.engine.labels import Action
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

LAST_WORDS = 5.0
"""Seconds for reconciles and events under way when told to stop, and once more for the memories:
together well within the half minute that a pod is given."""

PATIENCE = 4
"""Looks that are put off in a row while the watch is behind our own write. Then the HPA is looked
at as it was: a watch that is dead, or an API server that was restored to an earlier state, must not
stop it for good. Nothing newer is overwritten, for sizes and statuses are written by version."""

_log = get_logger("controller")


class Shift:
    """`run` it, once; tell it what the watch says by `changed`."""

    def __init__(
        self,
        clock: Clock,
        scope: Scope,
        actor: Actor,
        memories: Memories,
        recorder: Recorder,
        measures: Measures,
        *,
        period: float,
        may: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._scope = scope
        self._actor = actor
        self._memories = memories
        self._recorder = recorder
        self._measures = measures
        self._may = may
        self._feed = Feed(period, clock)
        self._written: dict[str, str] = {}
        """The version of each HPA that our last write of its status made."""
        self._put_off: Counter[str] = Counter()
        """HPAs that wait for the watch to catch up with that, and for how many looks already."""
        self._changes = OnChange(_log, "reconcile", clock)

    @property
    def waiting(self) -> int:
        """HPAs that are due and wait for a worker."""
        return self._feed.waiting

    async def run(self, workers: int) -> None:
        """Until cancelled."""
        await self._memories.load()
        self._memories.keep_only(self._scope)
        self._scope.forget_selectors()
        for key in self._scope:
            self._feed.add(key)
        hands = [asyncio.create_task(self._take_turns()) for _ in range(workers)]
        besides = (self._recorder.run(), self._memories.run())
        others = [asyncio.create_task(work) for work in besides]
        try:
            await _ended_by_a_bug([*hands, *others])
        finally:
            self._feed.close()
            await self._finish(hands)
            await _end([*hands, *others])
            await self._keep()
            self._measures.forget_all()

    def changed(self, before: Hpa | None, after: Hpa | None) -> None:
        """An HPA was added (None before), changed, or removed (None after)."""
        if before and (after is None or after.uid != before.uid):
            self._forget(before.key)
            before = None
        if after is None:
            return
        caught_up = after.key in self._put_off and not self._behind(after)
        if caught_up:
            del self._put_off[after.key]
        if before is None or before.spec != after.spec or caught_up:
            self._feed.add(after.key)
        else:
            self._feed.add_later(after.key)

    def told(self, reconciled: Reconciled) -> None:
        """Say in the log what was done, and what is wrong as long as that is news."""
        decision = reconciled.decision
        key, outcome = reconciled.key, decision.outcome
        if outcome.error is None:
            self._changes.succeeded(key)
        else:
            warnings = [one.reason for one in outcome.events if one.type == "Warning"]
            cause = warnings[-1] if warnings else "other"
            self._changes.failed(key, cause, error=outcome.error)
        if outcome.action is not Action.NONE:
            sizes = {"before": decision.current, "after": decision.desired}
            _log.info("rescaled", key=key, **sizes, reason=decision.reason)

    async def _take_turns(self) -> None:
        while turn := await self._feed.take():
            late = max(self._clock.monotonic() - turn.since, 0.0)
            self._measures.lateness.observe(late)
            try:
                await self._reconcile(turn.key)
            except NotLeadingError:
                pass  # the end of the shift is on its way
            except Exception:  # noqa: BLE001  (a bug that one HPA brings out stops no other)
                _log.exception("reconcile ended by a bug", key=turn.key)
            finally:
                self._feed.done(turn.key)
            if self._scope.get(turn.key):
                self._feed.add_later(turn.key, turn.since)
            else:
                self._forget(turn.key)  # it went meanwhile, and has left traces anew

    async def _reconcile(self, key: str) -> None:
        """Raises NotLeadingError."""
        hpa = self._scope.get(key)
        if hpa is None:
            return
        if self._behind(hpa) and self._put_off[key] < PATIENCE:
            self._put_off[key] += 1
            self._measures.skipped.inc()
            return
        del self._put_off[key]
        if hpa.autoscaler is None:
            self._changes.failed(key, "unreadable", problem=hpa.problem)
        elif version := await self._actor.reconcile(hpa, hpa.autoscaler):
            self._written[key] = version

    def _behind(self, hpa: Hpa) -> bool:
        """Whether what the watch says is older than what we have written ourselves."""
        written = self._written.get(hpa.key, "")
        comparable = written.isdecimal() and hpa.version.isdecimal()
        return comparable and int(hpa.version) < int(written)

    def _forget(self, key: str) -> None:
        self._feed.forget(key)
        self._written.pop(key, None)
        del self._put_off[key]
        self._memories.forget(key)
        self._measures.forget(*key.split("/"))
        self._changes.forget(key)

    async def _finish(self, hands: list[asyncio.Task[None]]) -> None:
        """Who leads finishes what it has begun, and says it; who has lost the Lease stops now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                if self._may():
                    await asyncio.wait(hands)
                if self._may():
                    await self._recorder.flush()

    async def _keep(self) -> None:
        """Leave the memories to who leads next."""
        try:
            async with asyncio.timeout(LAST_WORDS):
                if self._may():
                    await self._memories.flush()
        except TimeoutError:
            _log.warning("the last memories are not kept", seconds=LAST_WORDS)


async def _ended_by_a_bug(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for what never ends but by an error, and raise that. Unlike `gather`, leaves the tasks
    alone when it is cancelled.
    """
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
