"""The machine we run on as a node of the embedded cluster: measured, told of, shown in the API."""

import os
from collections.abc import Callable

from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.mirroring import Mirror
from tidegauge.sandbox.records import Node
from tidegauge.sandbox.simulation.controllers.heartbeats import GRACE
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.thismachine.housekeeping import Housekeeping
from tidegauge.sandbox.thismachine.machine import Machine
from tidegauge.units.clock import Clock

THIS_MACHINE = "this-machine"


class ThisMachine:
    """Implements `endpoint.Looks`; `at` is the address and port it is served on.

    `period` is how often it looks, in seconds; nothing is written while not `writable`. While not
    `powered` nothing is heard of it, and its node is NotReady when others' would be.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        period: float,
        at: tuple[str, int],
        *,
        writable: Callable[[], bool],
        powered: Callable[[], bool],
    ) -> None:
        machine = Machine(THIS_MACHINE, clock)
        self._looking = Housekeeping(machine, clock, period, seen=self._show)
        address, port = at
        self._mirror = Mirror(storage, address=address, port=port, cpus=os.cpu_count() or 1)
        self._writable, self._powered = writable, powered
        self._clock = clock
        self._heard = clock.monotonic()
        self.look = self._looking.tick
        """Look once; raises UnsupportedError where there is nothing to be seen."""

        self.run = self._looking.run

    @property
    def latest(self) -> Node | None:
        return self._looking.latest

    @property
    def earlier(self) -> Node | None:
        return self._looking.earlier

    def _show(self, node: Node) -> None:
        now = self._clock.monotonic()
        if self._powered() and self._writable():
            self._mirror.show(node)
        if self._powered() or not self._writable():
            self._heard = now  # without the API nobody is heard, and none is blamed for it
        elif now - self._heard > GRACE / SECOND:
            self._mirror.lose(node)
