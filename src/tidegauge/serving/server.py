"""The listener: takes connections, keeps count of them, and lets them end in peace."""

import asyncio
import contextlib
import socket
import ssl

from tidegauge.serving.connection import Answering, Connection, Limits
from tidegauge.serving.streams import SLICE, PlainStream, Reader, Stream, TlsStream
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock, SystemClock

MAX_CONNECTIONS = 1000
"""Over twice the requests in flight; each may hold a head of a megabyte for half a minute. Beyond
it the oldest that asks for nothing makes room, so that nobody keeps others out by doing nothing,
or by dripping a request."""

_BACKLOG = 1024

_UNVERIFIED = (
    "a client there shows a certificate that does not verify; who signed it must be named in "
    "ConfigMap kube-system/extension-apiserver-authentication, or with --client-ca-file or "
    "--requestheader-client-ca-file"
)

_log = get_logger("serving")


class Server:
    """Serves `answer` on the sockets it is given, with TLS or (for `/metrics` only) without."""

    def __init__(
        self,
        answer: Answering,
        limits: Limits | None = None,
        *,
        max_connections: int = MAX_CONNECTIONS,
        clock: Clock | None = None,
    ) -> None:
        self._answer = answer
        self._limits = limits or Limits()
        self._max_connections = max_connections
        self._refused = OnChange(_log, "client certificate", clock or SystemClock())
        self._listeners: list[asyncio.Server] = []
        self._open: dict[asyncio.Task[None], Connection | None] = {}
        self._draining = False

    async def listen(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._open) >= self._max_connections and not self._make_room():
                writer.transport.abort()
                return
            await self._connected(PlainStream(reader, writer), tls)

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(Reader(SLICE), connected)

        loop = asyncio.get_running_loop()
        listener = await loop.create_server(protocol, sock=sock, backlog=_BACKLOG)
        self._listeners.append(listener)

    async def drain(self, seconds: float) -> None:
        """Take no more connections, let each answer what it is asked, then end what is left."""
        self._draining = True
        for listener in self._listeners:
            listener.close()
        for connection in filter(None, self._open.values()):
            connection.finish()
        if self._open:
            await asyncio.wait(self._open, timeout=seconds)
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _make_room(self) -> bool:
        waiting = (
            task for task, connection in self._open.items() if not (connection and connection.asked)
        )
        oldest = next(waiting, None)
        return oldest is not None and oldest.cancel()

    async def _connected(self, plain: PlainStream, tls: ssl.SSLContext | None) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio's streams run this as one
        self._open[task] = None
        try:
            stream = await self._shake_hands(plain, tls) if tls else plain
            if stream:
                self._open[task] = connection = Connection(stream, self._answer, self._limits)
                if self._draining:
                    connection.finish()
                await connection.serve()
        except asyncio.CancelledError:
            pass  # by us; asyncio would log it as an error
        except Exception:  # noqa: BLE001  (one connection must not end the others)
            _log.exception("connection failed")
        finally:
            plain.abort()
            del self._open[task]

    async def _shake_hands(self, plain: PlainStream, tls: ssl.SSLContext) -> Stream | None:
        """None when it fails: a refused certificate is logged on change, scanners are not."""
        stream = TlsStream(plain, tls)
        try:
            async with asyncio.timeout(self._limits.handshake_seconds):
                await stream.handshake()
        except ssl.SSLCertVerificationError as error:
            self._refused.failed(plain.peer, error.verify_message, problem=_UNVERIFIED)
            await self._end(plain)
        except (TimeoutError, OSError):
            pass
        else:
            if stream.peer_chain:
                self._refused.succeeded(plain.peer)
            return stream
        return None

    async def _end(self, plain: PlainStream) -> None:
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._limits.linger_seconds):
                await plain.close()


def open_socket(address: str, port: int, *, share_port: bool = False) -> socket.socket:
    """A bound socket. A wildcard address takes both IP versions, as Go's does. Raises OSError."""
    if address in ("", "0.0.0.0", "::"):  # noqa: S104  (whoever asks for a wildcard means it)
        if socket.has_dualstack_ipv6():
            return _bind(socket.AF_INET6, "::", port, share_port=share_port, both=True)
        address = "0.0.0.0"  # noqa: S104
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return _bind(family, address, port, share_port=share_port, both=False)


def _bind(
    family: socket.AddressFamily, address: str, port: int, *, share_port: bool, both: bool
) -> socket.socket:
    # asyncio turns Nagle's delay off only where it sees that the protocol is TCP; with that delay,
    # an answer of several slices waits 40 ms for an acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
