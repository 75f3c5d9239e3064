"""A node of the embedded cluster, met from outside: its port, and what faults make of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeAlias

from tidegauge.sandbox.endpoint import Authenticating, Endpoint, Looks
from tidegauge.sandbox.kubelets import KubeletServer, open_port
from tidegauge.sandbox.records import Node
from tidegauge.security.certificates import Pair
from tidegauge.serving.connection import Answering
from tidegauge.serving.messages import Request, Response

Twist: TypeAlias = Callable[[Node], Node]
"""Makes of what a node has measured what it says."""

Manner: TypeAlias = Callable[[Answering], Answering]
"""Makes of a node's answering another way to answer."""


class ServedNode:
    """Serves `looks` over TLS. Twists, manners and certificates may change while it runs."""

    def __init__(
        self,
        name: str,
        looks: Looks,
        authenticator: Authenticating,
        allowed: Collection[str],
        pair: Pair,
        client_authority: bytes,
        sock: socket.socket,
    ) -> None:
        self.name = name
        self._looks = looks
        self._endpoint = Endpoint(self, authenticator, allowed)
        self._twists: list[Twist] = []
        self._manners: list[Manner] = []
        self._pairs = [pair]
        self._server = KubeletServer(self._answer, pair, client_authority)
        self._socket: socket.socket | None = sock
        self.port: int = sock.getsockname()[1]
        self._silences = 0
        self._changing = asyncio.Lock()

    @property
    def latest(self) -> Node | None:
        return self._twisted(self._looks.latest)

    @property
    def earlier(self) -> Node | None:
        return self._twisted(self._looks.earlier)

    async def start(self) -> None:
        sock, self._socket = self._socket or open_port(self.port), None
        await self._server.start(sock)

    async def stop(self) -> None:
        await self._server.stop()

    def twist(self, twist: Twist) -> None:
        """For good, as what a node has forgotten does not come back."""
        self._twists.append(twist)

    @contextmanager
    def twisted(self, twist: Twist) -> Iterator[None]:
        self._twists.append(twist)
        try:
            yield
        finally:
            self._twists.remove(twist)

    @contextmanager
    def mannered(self, manner: Manner) -> Iterator[None]:
        self._manners.append(manner)
        try:
            yield
        finally:
            self._manners.remove(manner)

    @asynccontextmanager
    async def certified(self, pair: Pair) -> AsyncIterator[None]:
        """Show another certificate, from the next connection on, which is at once."""
        self._pairs.append(pair)
        try:
            await self._change(anew=True)
            yield
        finally:
            self._pairs.remove(pair)
            await self._change(anew=True)

    @asynccontextmanager
    async def silent(self) -> AsyncIterator[None]:
        """Take no connections, and end those there are."""
        self._silences += 1
        try:
            await self._change()
            yield
        finally:
            self._silences -= 1
            await self._change()

    async def _change(self, *, anew: bool = False) -> None:
        """Listen if nobody wants silence, with the last pair; one change after another."""
        async with self._changing:
            self._server.pair = self._pairs[-1]
            if self._silences or anew:
                await self._server.stop()
            if not (self._silences or self._server.listening):
                await self.start()

    def _answer(self, request: Request) -> AbstractAsyncContextManager[Response]:
        answering: Answering = self._endpoint.answer
        for manner in self._manners:
            answering = manner(answering)
        return answering(request)

    def _twisted(self, node: Node | None) -> Node | None:
        for twist in self._twists:
            node = node and twist(node)
        return node
