"""Looks at the machine once a period, as a kubelet's cAdvisor does, and keeps the last two looks.

Whoever asks between two looks gets the same figures with the same stamps: they are as old as they
say.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tidegauge.sandbox.records import Node
from tidegauge.sandbox.thismachine.machine import Machine, UnsupportedError
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

_log = get_logger("node")


class Housekeeping:
    """`latest` is None before the first `tick`, `earlier` before the second.

    `seen` is told of each look, on the loop.
    """

    def __init__(
        self,
        machine: Machine,
        clock: Clock,
        period: float,
        seen: Callable[[Node], None] = lambda _: None,
    ) -> None:
        self._machine = machine
        self._clock = clock
        self._period = period
        self._seen = seen
        self._changes = OnChange(_log, "look", clock)
        self._grouped_by = ""
        self.latest: Node | None = None
        self.earlier: Node | None = None

    async def run(self) -> None:
        """Tick once a period until cancelled, without drifting; what is overdue is left out."""
        begun = self._clock.monotonic()
        while True:
            passed = self._clock.monotonic() - begun
            await asyncio.sleep(self._period - passed % self._period)
            await self.tick()

    async def tick(self) -> None:
        """One look, in a thread: on a busy host it takes longer than others may wait."""
        try:
            node = await asyncio.to_thread(self._machine.look)
        except UnsupportedError as error:
            if self.latest is None:
                raise
            self._changes.failed("machine", str(error))
            self.latest = replace(self.latest, whole=False)  # its old stamps stay
            return
        self._tell(node)
        self.earlier, self.latest = self.latest, node
        self._seen(node)

    def _tell(self, node: Node) -> None:
        if node.whole:
            self._changes.succeeded("machine")
        else:
            self._changes.failed("machine", "too many groups or too slow to look at all of them")
        if self._grouped_by != self._machine.grouped_by:
            self._grouped_by = self._machine.grouped_by
            _log.info("pods found", by=self._grouped_by, pods=len(node.pods))
