"""A world on a running API server, moved on in real time, as a program moves it."""

import threading
import time
from pathlib import Path
from typing import Any, Self

from tests.sandbox.running import Running
from tidegauge.sandbox.simulation.engine import EventClock
from tidegauge.sandbox.simulation.story import Story
from tidegauge.sandbox.simulation.world import World
from tidegauge.units.clock import SystemClock

TICK_SECONDS = 0.25
BEFORE_SECONDS = 90.0
"""For how long the cluster has been there: long enough that all its pods are ready."""


class Alive(Running):
    """A context manager; `world` may be looked at by `do`."""

    def __init__(self, folder: Path, story: Story, **options: Any) -> None:
        self._clock = EventClock(SystemClock())
        super().__init__(folder, clock=self._clock)
        self._story = story
        self._world_options = options
        self._end = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="ticking", daemon=True)

    def __enter__(self) -> Self:
        super().__enter__()
        self.world = self.do(lambda server: self._make(server.storage))
        self._ticking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._ticking.join()
        super().__exit__()

    def _make(self, storage: Any) -> World:
        now = time.time()
        world = World(
            storage,
            self._story,
            start=now - BEFORE_SECONDS,
            begins=now,
            clock=self._clock,
            **self._world_options,
        )
        world.advance(now)
        return world

    def _tick(self) -> None:
        while not self._end.wait(TICK_SECONDS):
            self.do(lambda _: self.world.advance(time.time()))
