"""What a fake kubelet says over HTTP/1.1, well or badly."""

import asyncio
import gzip
import socket
import struct
import time
from collections.abc import AsyncIterator
from typing import Any

from tests.realcluster.fakekubelet import FakeKubelet, Seen
from tests.realcluster.faults import Fault

# A Go server writes its answers in pieces of its buffer's size.
CHUNK = 4096
# What a huge or endless body is written in; small enough to stop soon when the other side hangs up.
PIECE_LINES = 600


async def answer(kubelet: FakeKubelet, seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Answer one request as the kubelet's fault, authorize and path say."""
    fault = kubelet.fault
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.hang:
        await asyncio.Event().wait()
    status = fault.status if fault.status != 200 else kubelet.authorize(seen)
    if status == 200 and seen.path != kubelet.path:
        status = 404
    if status != 200:
        writer.write(_refusal(status))
    elif fault.size or fault.endless or fault.reset_after is not None:
        await _misbehave(kubelet, fault, writer)
    else:
        writer.write(_figures(kubelet, fault, seen))
    await writer.drain()


def _figures(kubelet: FakeKubelet, fault: Fault, seen: Seen) -> bytes:
    body = kubelet.render()
    if fault.transform is not None:
        body = fault.transform(body)
    encoding = b""
    if kubelet.compress and "gzip" in seen.headers.get("accept-encoding", ""):
        body, encoding = gzip.compress(body, 1), b"Content-Encoding: gzip\r\n"
    if not kubelet.chunked:
        return b"%bContent-Length: %d\r\n\r\n%b" % (_HEAD + encoding, len(body), body)
    return b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (_HEAD + encoding, _chunks(body))


async def _misbehave(kubelet: FakeKubelet, fault: Fault, writer: asyncio.StreamWriter) -> None:
    """Bodies that are too long, never end or break off; always chunked."""
    writer.write(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    sent = 0
    async for piece in _long_body(kubelet, fault):
        if fault.reset_after is not None and sent + len(piece) > fault.reset_after:
            writer.write(_chunks(piece[: fault.reset_after - sent]))
            await writer.drain()
            reset(writer.get_extra_info("socket"))
            writer.transport.abort()
            raise ConnectionResetError
        writer.write(_chunks(piece))
        await writer.drain()
        sent += len(piece)
    writer.write(b"0\r\n\r\n")


async def _long_body(kubelet: FakeKubelet, fault: Fault) -> AsyncIterator[bytes]:
    body = kubelet.render()
    if fault.transform is not None:
        body = fault.transform(body)
    yield body
    sent, number = len(body), 0
    while fault.endless or sent < fault.size:
        now = round(time.time() * 1000)
        piece = b"".join(_FILLER % (number + i, now) for i in range(PIECE_LINES))
        number += PIECE_LINES
        yield piece
        sent += len(piece)
        await asyncio.sleep(0)


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
_FILLER = (
    b'container_memory_working_set_bytes{container="filler",namespace="filler",pod="pod-%d"} 1 %d\n'
)
_REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


def _chunks(body: bytes) -> bytes:
    pieces = (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def _refusal(status: int) -> bytes:
    reason = _REASONS.get(status, "Internal Server Error")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(reason)}\r\n\r\n{reason}".encode()


def read_head(head: bytes, now: float, user: str | None, connection: int) -> Seen:
    """A request from its head, up to and with the empty line."""
    request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token if scheme == "Bearer" else None
    return Seen(now, request.split(" ")[1], headers, bearer, user, connection)


def common_name(certificate: dict[str, Any] | None) -> str | None:
    """Of a peer certificate as the ssl module gives it."""
    subject = (certificate or {}).get("subject", ())
    return next((value for part in subject for key, value in part if key == "commonName"), None)


def reset(connection: socket.socket) -> None:
    """Make the coming close a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
