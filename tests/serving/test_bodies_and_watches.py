"""What only the sandbox's API server needs of a connection: requests' bodies, answers that last."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests.serving.rig import answering, serving
from tidegauge.serving.connection import Limits
from tidegauge.serving.messages import Request, Response

KEEPING = Limits(kept_bytes=4)


def echo(request: Request) -> Response:
    return Response(200, [], request.body)


def post(body: bytes, *lines: str) -> bytes:
    head = "\r\n".join(["POST / HTTP/1.1", "Host: a", *lines, "", ""])
    return head.encode() + body


async def test_body_is_read() -> None:
    """A body within the limit reaches the handler, and the next request follows it."""
    async with (
        serving(answering(echo), limits=KEEPING) as stand,
        stand.connect() as (reader, writer),
    ):
        for body in (b"abcd", b"ef"):
            writer.write(post(body, f"Content-Length: {len(body)}"))

            head = await reader.readuntil(b"\r\n\r\n")

            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(body)) == body


@pytest.mark.parametrize(
    ("lines", "status"),
    [(["Content-Length: 5"], b"413"), (["Transfer-Encoding: chunked"], b"411")],
    ids=["too long", "of unknown length"],
)
async def test_body_is_refused(lines: list[str], status: bytes) -> None:
    """A body over the limit, or without a length, is refused before it is read."""
    async with (
        serving(answering(echo), limits=KEEPING) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(post(b"", *lines))

        assert (await reader.read()).split(b" ", 2)[1] == status


async def test_lasting_body() -> None:
    """Pieces of a lasting body leave as they come, each as a chunk, and the end is told."""
    pieces: asyncio.Queue[bytes] = asyncio.Queue()

    async def body() -> AsyncGenerator[bytes, None]:
        while piece := await pieces.get():
            yield piece

    answer = answering(lambda _: Response(200, lasting=body()))
    async with serving(answer) as stand, stand.connect() as (reader, writer):
        writer.write(post(b""))
        await reader.readuntil(b"\r\n\r\n")

        for piece in (b"one", b"two"):
            pieces.put_nowait(piece)
            assert await reader.readexactly(8) == b"3\r\n" + piece + b"\r\n"

        pieces.put_nowait(b"")
        assert await reader.read() == b"0\r\n\r\n"


async def test_lasting_body_ends_with_its_client() -> None:
    """A client that leaves ends a lasting body, though nothing is being written."""
    ended = asyncio.Event()

    async def body() -> AsyncGenerator[bytes, None]:
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            ended.set()

    answer = answering(lambda _: Response(200, lasting=body()))
    async with serving(answer) as stand:
        async with stand.connect() as (reader, writer):
            writer.write(post(b""))
            await reader.readuntil(b"one\r\n")

        await asyncio.wait_for(ended.wait(), 5)
