"""Something that serves, and can be started anew, as a pod that is killed is."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Restarting(Generic[T]):
    """An async context; within it, one life after another of what `begin` makes runs."""

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._begin = begin
        self.lives: list[T] = []
        """The present one is the last."""

        self._up, self._again = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None]

    @property
    def present(self) -> T:
        return self.lives[-1]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live())
        await self._started()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def restart(self) -> None:
        """All that it knew is gone, as after every restart."""
        self._up.clear()
        self._again.set()
        await self._started()

    def check(self) -> None:
        """Raise what ended it, if anything did."""
        if self._task.done():
            self._task.result()

    async def _live(self) -> None:
        while True:
            async with self._begin() as life:
                self.lives.append(life)
                self._up.set()
                await self._again.wait()
            self._again.clear()

    async def _started(self) -> None:
        """Wait until it runs. Raises what kept it from that."""
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({up, self._task}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        self.check()
