"""Bytes to and from a client, plain or through TLS, for a task that reads and writes in turn.

TLS is done here, not by asyncio's own layer: that one ends a refused handshake without sending the
alert that says why, tells nobody about it, and keeps a quarter of a megabyte for each connection.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Protocol, SupportsIndex, TypeVar

T = TypeVar("T")

SLICE = 64 << 10
"""Bytes read at once, and written before waiting until most have left."""

_DER = 2
"""The standard library's private number for that encoding."""


class Stream(Protocol):
    peer_chain: tuple[bytes, ...]
    """DER of the client's certificates as verified, its own first; empty without one."""

    async def read(self, size: int = SLICE) -> bytes:
        """Some bytes, or none at the end."""

    async def write(self, data: bytes | memoryview) -> None:
        """Returns when there is room for more."""

    async def close(self) -> None:
        """Send what is still waiting and that it was all; then wait for the client to end.

        To end without reading what it still sends would reset the answer on its way.
        """

    def end_input(self) -> None:
        """Read as if the client had ended."""

    def abort(self) -> None:
        """End at once."""


class Reader(asyncio.StreamReader):
    """Takes what still comes after its end without a word; the base class calls that a bug."""

    _ended = False

    def feed_eof(self) -> None:
        self._ended = True
        super().feed_eof()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        if not self._ended:
            super().feed_data(data)


class PlainStream:
    peer_chain: tuple[bytes, ...] = ()

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=SLICE)
        self.peer = str((writer.get_extra_info("peername") or ("unknown",))[0])

    async def read(self, size: int = SLICE) -> bytes:
        return await self._reader.read(size)

    async def write(self, data: bytes | memoryview) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.write_eof()
        while await self.read():
            pass
        self._writer.close()
        await self._writer.wait_closed()

    def end_input(self) -> None:
        self._reader.feed_eof()

    def abort(self) -> None:
        self._writer.transport.abort()


class TlsStream:
    """`handshake` comes first. All but `abort` raise ssl.SSLError and OSError."""

    def __init__(self, plain: PlainStream, context: ssl.SSLContext) -> None:
        self._plain = plain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.peer_chain: tuple[bytes, ...] = ()
        self._ended = False

    async def handshake(self) -> None:
        await self._run(self._tls.do_handshake)
        self.peer_chain = _verified_chain(self._tls)

    async def read(self, size: int = SLICE) -> bytes:
        try:
            return await self._run(lambda: self._tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def write(self, data: bytes | memoryview) -> None:
        await self._run(lambda: self._tls.write(data))

    async def close(self) -> None:
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        await self._flush()
        await self._plain.close()

    def end_input(self) -> None:
        self._ended = True
        self._plain.end_input()

    def abort(self) -> None:
        self._plain.abort()

    async def _run(self, step: Callable[[], T]) -> T:
        """Repeat a step of TLS until it has all the bytes it wants."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                await self._flush()  # the alert, so that the client learns why
                raise
            else:
                await self._flush()
                return result

    async def _fill(self) -> None:
        if data := await self._plain.read():
            self._incoming.write(data)
        elif self._ended:
            # OpenSSL takes a bare end for an attack, and would send an alert that says so.
            raise ssl.SSLZeroReturnError("as if the client had said goodbye")
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._plain.write(data)


def _verified_chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The client's chain in DER. Before Python 3.13 only a private method tells it."""
    leaf = tls.getpeercert(binary_form=True)
    if leaf is None:
        return ()
    if public := getattr(tls, "get_verified_chain", None):
        return tuple(public())
    private: Any = getattr(tls, "_sslobj", None)
    chain = private.get_verified_chain() if hasattr(private, "get_verified_chain") else None
    return tuple(each.public_bytes(_DER) for each in chain) if chain else (leaf,)
