"""Faults begun and cleared while a cluster runs."""

import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple, Self

from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults.declared import BY_NAME, FAULTS, Fault

DEFAULT_NODE = "worker-2"

SHOWN = 15.0
"""Seconds a momentary fault is still told of."""


class FaultError(Exception):
    """A fault that can't be played as asked; says what would be right."""


class Play(NamedTuple):
    """One fault, on a node or (with an empty name) on the cluster."""

    fault: Fault
    node: str

    def __str__(self) -> str:
        return f"{self.fault.name}={self.node}" if self.node else self.fault.name


def read(text: str) -> Play:
    """`NAME` or `NAME=NODE`. Raises FaultError."""
    name, given, node = text.partition("=")
    fault = BY_NAME.get(name)
    if fault is None:
        names = ", ".join(each.name for each in FAULTS)
        raise FaultError(f"there is no fault {name!r}; there are {names}")
    if not fault.of_node and given:
        raise FaultError(f"{name} is of the whole cluster: leave ={node} out")
    if given and not node:
        raise FaultError(f"{name}= names no node; give one, or leave the = out for {DEFAULT_NODE}")
    return Play(fault, (node or DEFAULT_NODE) if fault.of_node else "")


class Faults:
    """An async context, at whose end nothing is faulty any more."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self._cluster = cluster
        self._active: dict[Play, AsyncExitStack] = {}
        self._over: dict[Play, float] = {}
        self.played: list[Play] = []
        self._changing = asyncio.Lock()
        """A key and a command may come at once, and beginning takes its time."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.clear()

    @property
    def lasting(self) -> list[Play]:
        return [*self._active]

    @property
    def active(self) -> list[Play]:
        """Those that last, and those that have just happened."""
        now = self._cluster.clock.monotonic()
        over = [play for play, at in self._over.items() if now - at < SHOWN]
        return [*self._active, *over]

    def check(self, play: Play) -> None:
        """Raises FaultError when there is no such node, or nothing that could have it."""
        if play.node and play.node not in self._cluster.nodes:
            names = ", ".join(sorted(self._cluster.nodes))
            raise FaultError(
                f"{play.fault.name}: there is no node {play.node!r}; there are {names}"
            )
        if lacking := play.fault.lacking(self._cluster):
            raise FaultError(f"{play.fault.name}: {lacking}")

    async def begin(self, play: Play) -> None:
        """Raises FaultError when it lasts already, and as `check` does."""
        self.check(play)
        async with self._changing:
            if play in self._active:
                raise FaultError(f"{play} is there already; clear it first")
            stack = AsyncExitStack()
            await stack.enter_async_context(play.fault.effect(self._cluster, play.node))
            self.played.append(play)
            if play.fault.momentary:
                await stack.aclose()
                self._over[play] = self._cluster.clock.monotonic()
            else:
                self._active[play] = stack

    async def end(self, play: Play) -> None:
        """Raises FaultError when it does not last."""
        async with self._changing:
            if play not in self._active:
                raise FaultError(f"{play} is not there; there are {self._names() or 'no faults'}")
            await self._active.pop(play).aclose()

    async def clear(self) -> None:
        """End all, the last one first, so that each finds what it had found."""
        async with self._changing:
            while self._active:
                _, stack = self._active.popitem()
                await stack.aclose()
            self._over.clear()

    def _names(self) -> str:
        return ", ".join(map(str, self._active))
