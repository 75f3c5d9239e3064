"""Answers remembered for a while: who asks for the same meanwhile waits for the same answer."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from tidegauge.units.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most `size` answers, the longest unused forgotten first. Failures are not remembered."""

    def __init__(self, size: int, clock: Clock) -> None:
        self._size = size
        self._clock = clock
        self._answers: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(
        self, key: K, ask: Callable[[], Coroutine[Any, Any, V]], seconds: Callable[[V], float]
    ) -> V:
        """The answer for `key`: remembered, being asked for, or asked for now by `ask`.

        `seconds` says how long an answer stays good. Who gives up waiting does not end the question
        for the others.
        """
        known = self._answers.get(key)
        if known and self._clock.monotonic() < known[1]:
            self._answers.move_to_end(key)
            return known[0]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, ask, seconds))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        return await asyncio.shield(task)

    async def _ask(
        self, key: K, ask: Callable[[], Awaitable[V]], seconds: Callable[[V], float]
    ) -> V:
        answer = await ask()
        if (life := seconds(answer)) > 0:
            self._answers[key] = (answer, self._clock.monotonic() + life)
            self._answers.move_to_end(key)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer

    def _finish(self, key: K, task: "asyncio.Task[V]") -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # looked at, so that a failure nobody waits for is no noise
