"""A demo for tests: in this process, its nodes measured and asked twice a second.

Nothing is scaled unless it is asked for: pods that come and go have their own gaps.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tidegauge.console.demo.demo import Demo
from tidegauge.console.demo.options import DemoOptions
from tidegauge.console.demo.picture import NodeRow, Picture
from tidegauge.sandbox.pace import faster
from tidegauge.sandbox.simulation import library

HOUSEKEEPING, PERIOD = 0.5, 0.5
"""Seconds. A node has nine tenths of a period to answer: a quarter of a second is too little for a
machine that is busy with other things.
"""
RECOVERY = 3 * PERIOD
"""Seconds, from an answer that did not come in time until a rate is known again."""
SECONDS = 15.0
"""For anything to happen; on an idle machine all of it takes less than three."""


class Watched:
    """A running demo and ways to look at it."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    async def look(self) -> Picture:
        await self.demo.watcher.look()
        assert self.demo.watcher.last
        return self.demo.watcher.last

    async def node(self, name: str) -> NodeRow:
        picture = await self.look()
        return next(row for row in picture.nodes if row.name == name)

    async def until(self, holds: Callable[[Picture], bool], what: str) -> Picture:
        """Look until it holds."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            picture = await self.look()
            if holds(picture):
                return picture
            await asyncio.sleep(PERIOD / 2)
        raise AssertionError(f"waited {SECONDS:g}s for {what}; gaps: {picture.gaps}")

    async def complete(self) -> Picture:
        """Everything is served, and by looks of which none failed."""
        watcher = self.demo.watcher

        def holds(picture: Picture) -> bool:
            return not picture.gaps and not watcher.problem and not watcher.metrics_problem

        return await self.until(holds, "usage of everything")

    async def looks(self, count: int) -> AsyncIterator[Picture]:
        """One a period. None counts while this machine is too busy to ask every node in time, nor
        until their usage is back; but that is not waited for longer than for anything else.
        """
        calm, end = 0.0, time.monotonic() + count * PERIOD + SECONDS
        while count:
            picture, now = await self.look(), time.monotonic()
            if any(row.failure and row.failure.cause == "timeout" for row in picture.nodes):
                calm = now + RECOVERY
            if now >= min(calm, end):
                count -= 1
                yield picture
            await asyncio.sleep(PERIOD)

    def counted(self, family: str, **labels: str) -> float:
        """A figure of the server's own metrics; 0 when it was never counted."""
        registry = self.demo.server.present.metrics.registry
        return registry.get_sample_value(family, labels) or 0.0

    def cause(self, node: str) -> str:
        failure = self.demo.server.present.collection.scrapes.failure(node)
        return failure.cause if failure else ""


@asynccontextmanager
async def running(folder: Path, *, speed: int = 1, **options: object) -> AsyncIterator[Watched]:
    """`speed` is the story's."""
    own = {"this_machine": False, "controller": False}
    chosen = {"housekeeping": HOUSEKEEPING, "period": PERIOD} | own | options
    async with AsyncExitStack() as stack:
        story = faster(library.shipped("shop-day"), speed)
        demo = Demo(DemoOptions(**chosen), story, folder)  # type: ignore[arg-type]
        await demo.start(stack)
        yield Watched(demo)
