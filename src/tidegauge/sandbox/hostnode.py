"""The machine we run on as a node of the embedded cluster: measured, told of, shown in the API."""

import os
from collections.abc import Callable

from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.thismachine.housekeeping import Housekeeping
from tidegauge.sandbox.thismachine.machine import Machine
from tidegauge.sandbox.thismachine.mirroring import Mirror
from tidegauge.sandbox.thismachine.records import Node
from tidegauge.units.clock import Clock

THIS_MACHINE = "this-machine"


class ThisMachine:
    """Implements `thismachine.endpoint.Looks`; `at` is the address and port it is served on.

    `period` is how often it looks, in seconds; nothing is written while not `writable`.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        period: float,
        at: tuple[str, int],
        writable: Callable[[], bool],
    ) -> None:
        machine = Machine(THIS_MACHINE, clock)
        self._looking = Housekeeping(machine, clock, period, seen=self._show)
        address, port = at
        self._mirror = Mirror(storage, address=address, port=port, cpus=os.cpu_count() or 1)
        self._writable = writable
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
        if self._writable():
            self._mirror.show(node)
