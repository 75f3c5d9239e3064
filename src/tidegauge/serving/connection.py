"""One client's connection: reads requests, has them answered, writes the answers.

Every wait has an end, so that who drips bytes or does not read costs a bounded time and a bounded
buffer: the head is limited in size and time, a body is thrown away unread, and an answer is written
slice by slice, the next one only when the last has left.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from email.utils import formatdate
from typing import TypeAlias

from tidegauge.serving.http1 import (
    HEAD_END,
    MAX_HEAD,
    Head,
    ProtocolError,
    encode_head,
    encode_refusal,
    parse_head,
)
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.streams import SLICE, Stream

Answering: TypeAlias = Callable[[Request], AbstractAsyncContextManager[Response]]
"""Gives the response to a request; what it holds for it is let go when the response is written."""

_BODILESS = (204, 304)

_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes a client may take; the first two as the incumbent has them."""

    head_seconds: float = 32.0
    idle_seconds: float = 90.0
    handshake_seconds: float = 10.0
    write_seconds: float = 60.0
    linger_seconds: float = 2.0
    """For a client to take our last words before the connection is cut."""

    head_bytes: int = MAX_HEAD
    skipped_bytes: int = 256 << 10
    """Of a request's body, so that the connection may go on; a longer one ends it."""

    kept_bytes: int = 0
    """Of a request's body, for who reads bodies: the metrics API takes none, so skips them."""


class Connection:
    """`serve` runs until either side has had enough; a client that errs raises nothing."""

    def __init__(self, stream: Stream, answer: Answering, limits: Limits) -> None:
        self._stream = stream
        self._answer = answer
        self._limits = limits
        self._buffer = bytearray()
        self.idle = True
        self.asked = False
        """Whether a request has come whole: who only begins one may have to make room."""

        self._last = False

    async def serve(self) -> None:
        patience = self._limits.head_seconds
        try:
            while await self._exchange(patience):
                patience = self._limits.idle_seconds
            async with asyncio.timeout(self._limits.linger_seconds):
                await self._stream.close()
        except (TimeoutError, OSError):  # ssl.SSLError is one of the latter
            pass
        finally:
            self._stream.abort()

    def finish(self) -> None:
        """Answer what is being asked, then end; at once when nothing is."""
        self._last = True
        if self.idle:
            self._stream.end_input()

    async def _exchange(self, patience: float) -> bool:
        """One request and its answer; whether another may follow."""
        try:
            head = await self._read_head(patience)
        except ProtocolError as error:
            return await self._refuse(error)
        if head is None:
            return False
        try:
            body = await self._read_body(head)
        except ProtocolError as error:
            return await self._refuse(error)
        request = Request(
            method=head.method,
            target=head.target,
            headers=head.headers,
            body=body,
            http_version=head.version,
            peer_chain=self._stream.peer_chain,
        )
        self.asked = True
        async with self._answer(request) as response:
            keep = self._may_go_on(head, response)
            await self._send(head, response, keep=keep)
        self.asked = False
        return keep and await self._skip((head.body_length or 0) - len(body))

    async def _refuse(self, error: ProtocolError) -> bool:
        """Say what was wrong; no other request may follow."""
        async with asyncio.timeout(self._limits.write_seconds):
            await self._stream.write(encode_refusal(error))
        return False

    async def _read_body(self, head: Head) -> bytes:
        """The body, for who reads bodies at all. Raises ProtocolError."""
        if not self._limits.kept_bytes:
            return b""
        if head.body_length is None:
            raise ProtocolError(411)
        if head.body_length > self._limits.kept_bytes:
            raise ProtocolError(413)
        async with asyncio.timeout(self._limits.head_seconds):
            while len(self._buffer) < head.body_length and await self._fill():
                pass
        body = bytes(self._buffer[: head.body_length])
        del self._buffer[: head.body_length]
        return body

    async def _read_head(self, patience: float) -> Head | None:
        """None at the end of the stream."""
        if not self._buffer:
            self.idle = True
            async with asyncio.timeout(patience):
                await self._fill()
            self.idle = False
        async with asyncio.timeout(self._limits.head_seconds):
            end = await self._find_head_end()
        if end < 0:
            return None
        block = bytes(self._buffer[:end])
        del self._buffer[: end + len(HEAD_END)]
        return parse_head(block)

    async def _find_head_end(self) -> int:
        """Where the head ends, or -1 when the stream ends before it does."""
        searched = 0
        while (end := self._buffer.find(HEAD_END, max(0, searched - len(HEAD_END)))) < 0:
            searched = len(self._buffer)
            if searched > self._limits.head_bytes:
                break
            if not await self._fill():
                return -1
        if max(end, searched) > self._limits.head_bytes:
            raise ProtocolError(431)
        return end

    async def _fill(self) -> bool:
        data = await self._stream.read()
        self._buffer += data
        return bool(data)

    def _may_go_on(self, head: Head, response: Response) -> bool:
        """The end of the request's body and of the response must be plain to both sides."""
        return (
            head.keep_alive
            and not self._last
            and head.body_length is not None
            and head.body_length <= self._limits.skipped_bytes
            and not any(name == "expect" for name, _ in head.headers)
            and (head.version == "1.1" or isinstance(response.body, bytes))
            and response.lasting is None
        )

    async def _send(self, head: Head, response: Response, *, keep: bool) -> None:
        fields = [*response.headers, ("Date", formatdate(time.time(), usegmt=True))]
        if not keep:
            fields.append(("Connection", "close"))
        elif head.version == "1.0":
            fields.append(("Connection", "keep-alive"))
        if response.lasting is not None:
            await self._send_lasting(response.status, fields, response.lasting)
            return
        async with asyncio.timeout(self._limits.write_seconds):
            await self._send_whole(head, response, fields)

    async def _send_lasting(
        self, status: int, fields: list[tuple[str, str]], body: AsyncGenerator[bytes, None]
    ) -> None:
        """Write what comes when it comes, until it ends or the client has had enough."""
        sending = asyncio.current_task()
        assert sending is not None  # there is one wherever one may await
        gone = asyncio.create_task(self._stream.read())  # it has nothing more to say
        gone.add_done_callback(lambda done: done.cancelled() or sending.cancel())
        fields.append(("Transfer-Encoding", "chunked"))
        try:
            await self._stream.write(encode_head(status, fields))
            async for piece in body:
                async with asyncio.timeout(self._limits.write_seconds):
                    await self._stream.write(_chunk(piece))
            await self._stream.write(_LAST_CHUNK)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _send_whole(
        self, head: Head, response: Response, fields: list[tuple[str, str]]
    ) -> None:
        body = response.body
        pieces: Iterator[bytes | memoryview]
        if isinstance(body, bytes):
            if response.status not in _BODILESS:
                fields.append(("Content-Length", str(len(body))))
            pieces = _sliced(body)
        elif head.version == "1.1":
            fields.append(("Transfer-Encoding", "chunked"))
            pieces = _chunked(body)
        else:
            pieces = body
        bare = head.method == "HEAD" or response.status in _BODILESS
        first = b"" if bare else next(pieces, b"")
        await self._stream.write(b"".join((encode_head(response.status, fields), first)))
        if bare:
            return
        for piece in pieces:
            await asyncio.sleep(0)  # a write returns at once while there is room
            if piece:
                await self._stream.write(piece)

    async def _skip(self, length: int) -> bool:
        """Throw a body away, what was already read of it too; false when it ends early."""
        left = length - len(self._buffer[:length])
        del self._buffer[:length]
        async with asyncio.timeout(self._limits.head_seconds):
            while left and (data := await self._stream.read(min(SLICE, left))):
                left -= len(data)
        return not left


def _sliced(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    return (view[start : start + SLICE] for start in range(0, len(body), SLICE))


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield _chunk(piece) if piece else b""  # an empty chunk would end the body
    yield _LAST_CHUNK


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)
