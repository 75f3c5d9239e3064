"""One connection to a kubelet, without asyncio's own TLS.

`asyncio.sslproto` keeps a buffer of 256 kB for each connection; with thousands of them that is the
better part of a server's memory. Here a non-blocking SSLSocket is read by the event loop's own file
watching into one scratch buffer for all, and an idle connection costs what OpenSSL needs.
"""

import asyncio
import contextlib
import socket
import ssl
from typing import TypeAlias

from tidegauge.kubelet.http1 import CutOffError, HttpError, ResponseReader

RECORD_BYTES = 16 << 10
"""The most that a TLS record holds. With room for one, OpenSSL keeps nothing back that the event
loop would not see."""

SCRATCH_BYTES = 64 << 10
"""The most that is read at once; then other connections have their turn."""

Address: TypeAlias = tuple[str | int, ...] | tuple[int, bytes]


class NothingCameError(ConnectionError):
    """The connection ended before the first byte of an answer."""


class Connection:
    """A connected socket, plain or TLS. After any exception close it; `closed` may come by itself.

    `host` is the address that was dialled.
    """

    __slots__ = ("_loop", "_out", "_reader", "_scratch", "_sock", "_waiter", "closed", "host")

    def __init__(self, sock: socket.socket, host: str, scratch: memoryview) -> None:
        self.host = host
        self.closed = False
        self._sock = sock
        self._scratch = scratch
        self._loop = asyncio.get_running_loop()
        self._reader: ResponseReader | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._out = b""

    async def start(self) -> None:
        """Shake hands if it is TLS, and watch the socket from now on. Raises OSError."""
        if isinstance(self._sock, ssl.SSLSocket):
            await _shake_hands(self._loop, self._sock)
        self._loop.add_reader(self._sock, self._on_readable)

    async def exchange(self, request: bytes, reader: ResponseReader) -> None:
        """Send, and read the answer to its end. One at a time.

        Raises NothingCameError, any other OSError (ssl.SSLError is one), or the reader's HttpError.
        """
        self._reader = reader
        self._out = request
        self._waiter = self._loop.create_future()
        self._send()
        try:
            await self._waiter
        except (ConnectionError, ssl.SSLEOFError, CutOffError) as error:
            if reader.started:
                raise
            raise NothingCameError(str(error)) from error
        finally:
            self._reader = self._waiter = None

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()

    def _send(self) -> None:
        try:
            while self._out:
                self._out = self._out[self._sock.send(self._out) :]
        except (ssl.SSLWantWriteError, BlockingIOError):
            self._loop.add_writer(self._sock, self._on_writable)
        except ssl.SSLWantReadError:
            pass  # the next readable event sends the rest
        except OSError as error:
            self._settle(error)

    def _on_writable(self) -> None:
        self._loop.remove_writer(self._sock)
        self._send()

    def _on_readable(self) -> None:
        if self._reader is None or self._waiter is None:
            self._on_idle_readable()
        elif not self._waiter.done():
            if self._out:
                self._send()
            self._read(self._reader)

    def _read(self, reader: ResponseReader) -> None:
        """What is there goes to the reader at once: a kubelet writes records of 4 kB."""
        filled, ended, problem = 0, False, None
        try:
            while not ended and filled <= SCRATCH_BYTES - RECORD_BYTES:
                size = self._sock.recv_into(self._scratch[filled:], SCRATCH_BYTES - filled)
                filled += size
                ended = size == 0
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError as error:
            problem = error
        try:
            if (filled and reader.feed(self._scratch[:filled])) or (ended and reader.end()):
                self._settle(None)
            elif problem is not None:
                self._settle(problem)
        except HttpError as error:
            self._settle(error)

    def _settle(self, error: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            if error is None:
                self._waiter.set_result(None)
            else:
                self._waiter.set_exception(error)

    def _on_idle_readable(self) -> None:
        """A session ticket (read and kept by OpenSSL), the other side's goodbye, or nonsense."""
        with contextlib.suppress(OSError):
            try:
                self._sock.recv_into(self._scratch, SCRATCH_BYTES)
            except (ssl.SSLWantReadError, BlockingIOError):
                return
        self.close()


async def dial(host: str, port: int) -> socket.socket:
    """A connected non-blocking TCP socket. Raises OSError."""
    loop = asyncio.get_running_loop()
    problem: OSError | None = None
    for family, address in await resolve(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem or OSError(f"{host} has no address")


def wrap(sock: socket.socket, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """TLS over a connected socket, before the handshake. Raises ValueError for an unusable name."""
    try:
        return context.wrap_socket(
            sock,
            server_hostname=name,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,
        )
    except BaseException:
        sock.close()
        raise


async def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, Address]]:
    """Where to connect to: an IP address itself, else what the resolver says, two at the most.

    Two, as a name may have an address of each family of which one leads nowhere. Raises
    socket.gaierror.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            socket.inet_pton(family, host)
            return [(family, (host, port))]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r} is no host name") from error
    return [(each[0], each[4]) for each in found[:2]]


async def _shake_hands(loop: asyncio.AbstractEventLoop, sock: ssl.SSLSocket) -> None:
    while True:
        ready = loop.create_future()
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            loop.add_reader(sock, _wake, ready)
        except ssl.SSLWantWriteError:
            loop.add_writer(sock, _wake, ready)
        else:
            return
        try:
            await ready
        finally:
            loop.remove_reader(sock)
            loop.remove_writer(sock)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
