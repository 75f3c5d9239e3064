"""Answers remembered for a while: who asks for the same meanwhile waits for the same answer."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tidegauge.units.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


_PATIENCE_SECONDS = 1.0
_REST_SECONDS = 5.0
"""How long who has an old answer waits for a new one, and then goes on with the old one before it
is asked for again: whoever answers is away or slow, and not each request should wait for that."""


@dataclass(slots=True)
class _Known(Generic[V]):
    answer: V
    good_until: float
    spare_until: float


class Remembered(Generic[K, V]):
    """At most `size` answers, the longest unused forgotten first. Failures are not remembered.

    `spare` says how many seconds longer than it is good an answer may still be given when no new
    one can be got, by failure or within `patience` seconds.
    """

    def __init__(
        self,
        size: int,
        clock: Clock,
        *,
        spare: Callable[[V], float] = lambda _: 0.0,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._size = size
        self._clock = clock
        self._spare = spare
        self._patience = patience
        self._answers: OrderedDict[K, _Known[V]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(
        self, key: K, ask: Callable[[], Coroutine[Any, Any, V]], seconds: Callable[[V], float]
    ) -> V:
        """The answer for `key`: remembered, being asked for, or asked for now by `ask`.

        `seconds` says how long an answer stays good. Who gives up waiting does not end the question
        for the others.
        """
        known, now = self._answers.get(key), self._clock.monotonic()
        if known and now < known.good_until:
            self._answers.move_to_end(key)
            return known.answer
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, ask, seconds))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        if known and now < known.spare_until:
            return await self._in_time(task, known)
        return await asyncio.shield(task)

    async def _in_time(self, task: "asyncio.Task[V]", known: _Known[V]) -> V:
        """What is being asked for, or else what was known."""
        done, _ = await asyncio.wait([task], timeout=self._patience)
        if done and not task.exception():
            return task.result()
        known.good_until = min(self._clock.monotonic() + _REST_SECONDS, known.spare_until)
        return known.answer

    async def _ask(
        self, key: K, ask: Callable[[], Awaitable[V]], seconds: Callable[[V], float]
    ) -> V:
        answer = await ask()
        self._answers.pop(key, None)
        if (life := seconds(answer)) > 0:
            until = self._clock.monotonic() + life
            self._answers[key] = _Known(answer, until, until + self._spare(answer))
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer

    def _finish(self, key: K, task: "asyncio.Task[V]") -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # looked at, so that a failure nobody waits for is no noise
