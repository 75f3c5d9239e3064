"""The embedded cluster: an API server, simulated nodes, and this machine, on the loopback device.

It lacks a metrics server and an HPA controller: whoever has one brings it. All ports are free ones,
so that several clusters run side by side.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from tidegauge.sandbox import registration
from tidegauge.sandbox.apiserver.identities import KUBELET_CLIENT, METRICS, SERVICE_ACCOUNTS, USERS
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.sandbox.endpoint import Looks
from tidegauge.sandbox.hostnode import THIS_MACHINE, ThisMachine
from tidegauge.sandbox.kubelets import ADDRESS, open_port
from tidegauge.sandbox.nodes import ServedNode
from tidegauge.sandbox.outages import Outages
from tidegauge.sandbox.simulation.engine import EventClock
from tidegauge.sandbox.simulation.machines import default_machines
from tidegauge.sandbox.simulation.story import Story
from tidegauge.sandbox.simulation.world import World
from tidegauge.sandbox.thismachine.machine import UnsupportedError
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.messages import User
from tidegauge.serving.trust import Trust
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import SystemClock

PAST = 300.0
"""Seconds the cluster has been running when it starts: time for every pod to be ready."""

STEP = 0.25
"""Seconds between two moments at which the simulation catches up with the clock."""

_log = get_logger("sandbox")


class EmbeddedCluster:
    """An async context; within it all of it runs.

    `housekeeping` is how often nodes measure, and `period` how often they are asked, in seconds.
    `folder` gets the kubeconfigs. The same story and seed give the same cluster, but for this
    machine. It has been running for `past` seconds when it starts.
    """

    def __init__(
        self,
        folder: Path,
        story: Story,
        *,
        seed: int = 0,
        housekeeping: float = 2.0,
        period: float = 1.0,
        past: float = PAST,
        this_machine: bool = True,
    ) -> None:
        self.folder = folder
        self.story = story
        self.clock = EventClock(SystemClock())
        self.api = ApiServer(self.clock, seed=seed)
        self.restart_metrics_server: Callable[[], Awaitable[None]] = _nobody
        self.restart_controller: Callable[[], Awaitable[None]] = _nobody
        """Both are set by whoever runs one."""

        self.nodes: dict[str, ServedNode] = {}
        self.world: World
        self.outages: Outages
        self.period = period
        self._past = past
        self._work: list[asyncio.Task[None]] = []
        self._seed = seed
        self._housekeeping = housekeeping
        self._with_this_machine = this_machine and sys.platform == "linux"
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def kubeconfig(self, user: str) -> Path:
        """Where the kubeconfig of that user is, one of USERS."""
        return self.folder / f"{user}.conf"

    def register_metrics_server(self, port: int) -> None:
        """Make the server on that port answer for metrics.k8s.io."""
        registration.register(self.api, ADDRESS, port)

    def check(self) -> None:
        """Raise what ended the work of nodes and controllers, if anything did."""
        for task in self._work:
            if task.done():
                task.result()

    async def _start(self, stack: AsyncExitStack) -> None:
        ports = {machine.name: open_port() for machine in default_machines()}
        self._found({name: sock.getsockname()[1] for name, sock in ports.items()})
        for name, sock in ports.items():
            self._add(stack, name, self.world.kubelet(name), sock)
        await self.api.start()
        stack.push_async_callback(self.api.stop)
        for name, user in USERS.items():
            self.api.kubeconfig(self.kubeconfig(name), user, token=name in SERVICE_ACCOUNTS)
        for node in self.nodes.values():
            await node.start()
        self._run(stack, self._live())
        if self._with_this_machine:
            await self._add_this_machine(stack)

    def _found(self, ports: Mapping[str, int]) -> None:
        """The world, with a past of its own."""
        now = self.clock.now()
        self.world = World(
            self.api.storage,
            self.story,
            start=now - self._past,
            begins=now,
            seed=self._seed,
            housekeeping=self._housekeeping,
            machines=[replace(machine, port=ports[machine.name]) for machine in default_machines()],
            clock=self.clock,
        )
        self.world.advance(now)
        self.outages = Outages(self.world)
        self.api.handler.obstacle = self.outages.obstacle

    def _add(
        self, stack: AsyncExitStack, name: str, looks: Looks, sock: socket.socket
    ) -> ServedNode:
        authority = self.api.identities.authority
        pair = authority.server(name, ADDRESS)
        allowed = (METRICS.name, KUBELET_CLIENT.name)
        node = ServedNode(
            name, looks, self._authenticator(), allowed, pair, authority.certificate, sock
        )
        stack.callback(sock.close)
        stack.push_async_callback(node.stop)
        self.nodes[name] = node
        return node

    def _authenticator(self) -> Authenticator:
        async def review(token: str) -> User | None:
            return self.api.identities.find(token)

        return Authenticator(Trust, TokenCache(review, self.clock, seconds=0), self.clock)

    async def _add_this_machine(self, stack: AsyncExitStack) -> None:
        sock = open_port()
        machine = ThisMachine(
            self.api.storage,
            self.clock,
            self._housekeeping,
            (ADDRESS, sock.getsockname()[1]),
            writable=lambda: self.world.engine.api_answers,
            powered=lambda: self.outages.has_power(THIS_MACHINE),
        )
        node = self._add(stack, THIS_MACHINE, machine, sock)
        try:
            await machine.look()
        except UnsupportedError as error:
            _log.warning("this machine is not shown", problem=str(error))
            del self.nodes[THIS_MACHINE]
            return
        await node.start()
        self._run(stack, machine.run())

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(STEP)
            self.world.advance(self.clock.now())

    def _run(self, stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.append(task)
        stack.push_async_callback(ended, task)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel it; what went wrong in it is raised here."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _nobody() -> None:
    """There is none to restart."""
