"""Fake kubelets: any number of them on one port, told apart by the address they are called at.

They have a thread and an event loop of their own; `fleet.py` runs them as a program. All addresses
are loopback ones (127.x.y.z): the one socket listens on all of them and is tied to that device.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self

from tests.realcluster.answers import answer, common_name, read_head, reset
from tests.realcluster.client import load_pair
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.figures import Clock
from tests.realcluster.pki import Authority, Pair
from tests.realcluster.process import free_port

START_SECONDS = 30.0
# The first byte of whoever takes a port of plain HTTP for one with TLS.
TLS_HANDSHAKE = b"\x16"


class Kubelets:
    """A server for any number of fake kubelets; a context manager that runs it in a thread.

    Args:
        authority: signs each kubelet's certificate, made for its name and its address; without
            one they speak plain HTTP.
        port: the one port of all of them; a free one by default.
        clock: wall seconds.
        client_authority: verifies client certificates, PEM; none are asked for by default.
        shared: one certificate for all kubelets instead of one each: for fleets.

    """

    def __init__(
        self,
        authority: Authority | None = None,
        *,
        port: int | None = None,
        clock: Clock = time.time,
        client_authority: bytes | None = None,
        shared: Pair | None = None,
    ) -> None:
        self.port = port or free_port()
        self._authority = authority
        self._clock = clock
        self._client_authority = client_authority
        self._shared = shared
        self._contexts: dict[Pair, ssl.SSLContext] = {}
        self._kubelets: dict[str, FakeKubelet] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="fake kubelets", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self.served = 0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise TimeoutError(f"fake kubelets did not start within {START_SECONDS:g} s")
        if self._failure is not None:
            raise RuntimeError(f"fake kubelets on port {self.port}") from self._failure
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_SECONDS)

    def add(
        self,
        name: str,
        address: str | None = None,
        *,
        housekeeping: float = 10.0,
        swap: bool = False,
        pair: Pair | None = None,
    ) -> FakeKubelet:
        """One more kubelet, answering at once; its address is 127.7.0.1 and so on by default."""
        address = address or f"127.7.{len(self._kubelets) >> 8}.{(len(self._kubelets) & 255) + 1}"
        assert address not in self._kubelets, f"{address} is taken"
        kubelet = FakeKubelet(
            name,
            address,
            self.port,
            self._clock,
            self._context,
            pair or self._shared or self.good_pair(name, address),
            housekeeping=housekeeping,
            swap=swap,
        )
        self._kubelets[address] = kubelet
        return kubelet

    def remove(self, kubelet: FakeKubelet) -> None:
        """No kubelet at that address any more: connections are reset."""
        del self._kubelets[kubelet.address]
        kubelet.drop_connections()

    def all(self) -> list[FakeKubelet]:
        """Those that answer at present."""
        return list(self._kubelets.values())

    def good_pair(self, name: str, address: str) -> Pair | None:
        """The certificate that a kubelet of that name and address should have."""
        return None if self._authority is None else self._authority.server(name, address)

    def _context(self, pair: Pair) -> ssl.SSLContext:
        if pair not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            load_pair(context, pair)
            if self._client_authority is not None:
                context.load_verify_locations(cadata=self._client_authority.decode())
                context.verify_mode = ssl.CERT_OPTIONAL
            self._contexts[pair] = context
        return self._contexts[pair]

    def _run(self) -> None:
        try:
            asyncio.run(self.serve(self._started.set))
        except BaseException as error:  # noqa: BLE001  (handed to the thread that waits)
            self._failure = error
            self._started.set()

    async def serve(self, ready: Callable[[], object]) -> None:
        """Serve until stopped; `ready` is called once connections are taken."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        with _listen(self.port) as listener:
            accepting = self._loop.create_task(self._accept(listener))
            ready()
            stopping = self._loop.create_task(self._stop.wait())
            await asyncio.wait([accepting, stopping], return_when=asyncio.FIRST_COMPLETED)
            tasks = [accepting, stopping, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for kubelet in self._kubelets.values():
                for held in kubelet.sockets:
                    held.close()

    def stop(self) -> None:
        """End `serve`; to be called in its own thread."""
        self._stop.set()

    async def _accept(self, listener: socket.socket) -> None:
        assert self._loop is not None
        while True:
            connection, _ = await self._loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            kubelet = self._kubelets.get(connection.getsockname()[0])
            if kubelet is None:
                reset(connection)
                connection.close()
                continue
            kubelet.connections += 1
            kubelet.sockets.add(connection)
            if kubelet.fault.silent:
                self._keep(self._ignore(kubelet, connection))
            else:
                self._keep(self._handshake(kubelet, connection, kubelet.connections))

    def _keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ignore(self, kubelet: FakeKubelet, connection: socket.socket) -> None:
        """Say nothing until the other side gives up."""
        assert self._loop is not None
        try:
            while await self._loop.sock_recv(connection, 4096):
                pass
        except OSError:
            pass  # a reset is a way to give up
        finally:
            kubelet.sockets.discard(connection)
            connection.close()

    async def _handshake(
        self, kubelet: FakeKubelet, connection: socket.socket, number: int
    ) -> None:
        assert self._loop is not None
        reader = asyncio.StreamReader()
        try:
            transport, protocol = await self._loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader), connection, ssl=kubelet.context
            )
        except OSError:
            kubelet.refused_handshakes += 1
            kubelet.sockets.discard(connection)
            connection.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        try:
            await self._converse(kubelet, reader, writer, number)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away, which is its right
        finally:
            kubelet.sockets.discard(connection)
            transport.abort()

    async def _converse(
        self,
        kubelet: FakeKubelet,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        user = common_name(writer.get_extra_info("peercert"))
        while True:
            head = await reader.readexactly(1)
            if head == TLS_HANDSHAKE:
                writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                await writer.drain()
                return
            head += await reader.readuntil(b"\r\n\r\n")
            seen = read_head(head, kubelet.clock(), user, number)
            kubelet.requests.append(seen)
            self.served += 1
            await answer(kubelet, seen, writer)


def _listen(port: int) -> socket.socket:
    """A socket for all of 127.0.0.0/8: any address, but of the loopback device only."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listener.bind(("0.0.0.0", port))
    listener.listen(4096)
    listener.setblocking(False)
    return listener
