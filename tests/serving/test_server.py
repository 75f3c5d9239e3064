"""The listener and its connections, over loopback: limits, framing, slow clients, the end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.serving.rig import HOST, Stand, answering, serving
from tidegauge.serving.connection import Answering, Limits
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.server import open_socket
from tidegauge.serving.streams import SLICE

MIB = 1 << 20


def echo(request: Request) -> Response:
    return Response(200, [("X-Version", request.http_version)], request.target.encode())


def saying(body: bytes | Iterator[bytes], status: int = 200) -> Answering:
    return answering(lambda _: Response(status, [], body))


def get(target: str = "/", *lines: str, version: str = "1.1", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: a", *lines, "", ""]).encode()


CLOSE = "Connection: close"


async def read_response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer with a Content-Length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:-2])
    body = await reader.readexactly(int(fields.get("Content-Length", 0)))
    return int(head[0].split(" ")[1]), fields, body


async def test_keep_alive() -> None:
    """A connection serves one request after the other."""
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        for target in ("/a", "/b"):
            writer.write(get(target))

            status, fields, body = await read_response(reader)

            assert (status, body) == (200, target.encode())
            assert "Connection" not in fields


async def test_pipelined() -> None:
    """Requests sent without waiting are answered in their order."""
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        writer.write(get("/a") + get("/b") + get("/c", CLOSE))

        bodies = [(await read_response(reader))[2] for _ in range(3)]

        assert bodies == [b"/a", b"/b", b"/c"]
        assert await reader.read() == b""


async def test_byte_by_byte() -> None:
    """A head may come in any pieces."""
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        for byte in get("/a?b", "X: y"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

        assert (await read_response(reader))[2] == b"/a?b"


@pytest.mark.parametrize(
    ("sent", "connection"),
    [
        (get("/", CLOSE), "close"),
        (get("/", version="1.0"), "close"),
        (get("/", "Expect: 100-continue"), "close"),
        (get("/", "Transfer-Encoding: chunked") + b"1\r\na\r\n0\r\n\r\n", "close"),
        (get("/", f"Content-Length: {MIB}") + b"a" * MIB, "close"),
    ],
    ids=["asked", "http-1.0", "expects", "chunked", "long-body"],
)
async def test_last_answer(sent: bytes, connection: str) -> None:
    """The answer after which the connection ends says so, and arrives before the end."""
    async with serving(answering(echo)) as stand:
        answer = await stand.exchange(sent)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Connection: {connection}".encode() in head.split(b"\r\n")
    assert body == b"/"


async def test_http_1_0_keep_alive() -> None:
    """A client of HTTP/1.0 is told that its wish was heard."""
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        writer.write(get("/", "Connection: keep-alive", version="1.0") * 2)

        answers = [await read_response(reader) for _ in range(2)]

        assert [fields["Connection"] for _, fields, _ in answers] == ["keep-alive"] * 2
        assert answers[0][1]["X-Version"] == "1.0"


async def test_body_is_skipped() -> None:
    """The body of a request is not taken for the next request, however it is cut into pieces."""
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        body = get("/smuggled")
        writer.write(get("/a", f"Content-Length: {len(body)}", method="POST") + body[:10])
        first = await read_response(reader)
        writer.write(body[10:] + get("/b"))
        second = await read_response(reader)

        assert (first[2], second[2]) == (b"/a", b"/b")


@pytest.mark.parametrize(
    ("method", "status", "length"), [("HEAD", 200, "5"), ("GET", 304, None), ("GET", 204, None)]
)
async def test_without_body(method: str, status: int, length: str | None) -> None:
    """HEAD tells the length that GET would have; 204 and 304 have no body at all."""
    async with serving(saying(b"12345", status)) as stand, stand.connect() as (reader, writer):
        writer.write(get(method=method) + get("/", CLOSE, method=method))

        answer = await reader.read()

    assert answer.count(b"HTTP/1.1 ") == 2
    assert b"12345" not in answer
    assert (f"Content-Length: {length}".encode() in answer) is bool(length)


@pytest.mark.parametrize(
    ("version", "framed"),
    [("1.1", b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), ("1.0", b"abcde")],
)
async def test_sliced_body(version: str, framed: bytes) -> None:
    """A body in slices is chunked, or for HTTP/1.0 ends with the connection; no slice is empty."""
    async with serving(answering(lambda _: Response(200, [], iter([b"ab", b"", b"cde"])))) as stand:
        answer = await stand.exchange(get("/", CLOSE, version=version))

    assert answer.partition(b"\r\n\r\n")[2] == framed


async def test_large_body() -> None:
    """A body of any size arrives whole."""
    body = bytes(range(256)) * (8 * MIB // 256) + b"end"
    async with serving(saying(body)) as stand, stand.connect() as (reader, writer):
        writer.write(get())

        assert (await read_response(reader))[2] == body


async def test_failing_body() -> None:
    """A body that fails on its way is never taken for a whole one."""

    def failing() -> Iterator[bytes]:
        yield b"ab"
        raise RuntimeError("the store went away")

    async with serving(answering(lambda _: Response(200, [], failing()))) as stand:
        answer = await stand.exchange(get())

    assert not answer.endswith(b"0\r\n\r\n")


async def test_long_target() -> None:
    """A label selector of nearly a megabyte fits; what is longer is 431, in Go's words."""
    target = "/apis?labelSelector=" + "a" * (MIB - 1000)
    async with serving(answering(echo)) as stand:
        fits = await stand.exchange(get(target, CLOSE))
        too_long = await stand.exchange(get(target + "a" * 2000, CLOSE))

    assert fits.endswith(target.encode())
    assert too_long.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert too_long.endswith(b"\r\n\r\n431 Request Header Fields Too Large")


async def test_endless_head() -> None:
    """A head that never ends is refused at its limit, while it is still being sent."""
    limits = Limits(head_bytes=10_000)
    async with (
        serving(answering(echo), limits=limits) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000)

        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        (b"", Limits(head_seconds=0.05)),
        (b"GET / HTTP/1.1\r\nHo", Limits(head_seconds=0.05)),
        (get(), Limits(idle_seconds=0.05)),
        (get("/", "Content-Length: 9", method="POST") + b"123", Limits(head_seconds=0.05)),
    ],
    ids=["nothing", "half-a-head", "idle", "half-a-body"],
)
async def test_patience(sent: bytes, limits: Limits) -> None:
    """Who says nothing more is left after a while."""
    async with serving(answering(echo), limits=limits) as stand:
        answer = await stand.exchange(sent)

    assert answer.count(b"HTTP/1.1 200 OK") == (1 if b"\r\n\r\n" in sent else 0)


async def test_client_leaves_halfway() -> None:
    """A client that ends in the middle of a head takes nothing with it."""
    async with serving(answering(echo)) as stand:
        async with stand.connect() as (_, writer):
            writer.write(b"GET / HT")
            writer.write_eof()

        assert (await stand.get("/"))[0] == 200


class Slow:
    """A body of endless slices that counts how many were taken; ends are noted."""

    def __init__(self) -> None:
        self.taken = 0
        self.released = asyncio.Event()

    @asynccontextmanager
    async def answer(self, _: Request) -> AsyncIterator[Response]:
        try:
            yield Response(200, [], self._slices())
        finally:
            self.released.set()

    def _slices(self) -> Iterator[bytes]:
        while True:
            self.taken += 1
            yield b"x" * SLICE


async def test_slow_reader() -> None:
    """Who does not read holds a few slices, not the body, and is cut off in the end."""
    slow = Slow()
    limits = Limits(write_seconds=0.3)
    async with serving(slow.answer, limits=limits) as stand:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((HOST, stand.port))
            client.sendall(get())

            await asyncio.wait_for(slow.released.wait(), 10)

    assert 0 < slow.taken * SLICE < 16 * MIB  # the kernel's buffers; ours are a hundredth of it


async def test_others_breathe() -> None:
    """While an endless body is written and read, other requests are answered."""
    slow = Slow()

    def choose(request: Request):
        return slow.answer(request) if request.target == "/slow" else answering(echo)(request)

    async with serving(choose) as stand, stand.connect() as (reader, writer):
        writer.write(get("/slow"))
        await reader.readexactly(4 * SLICE)

        assert (await stand.get("/quick"))[1] == "/quick"


async def test_others_breathe_while_nothing_is_to_be_written() -> None:
    """A body that is made for long before its first byte holds nobody up, chunked or not."""
    made: list[int] = []

    def making() -> Iterator[bytes]:
        for number in range(10_000):
            made.append(number)
            yield b""
        yield b"made"

    def choose(request: Request) -> Response:
        return Response(200, [], making() if request.target == "/long" else b"")

    async with serving(answering(choose)) as stand, stand.connect() as (reader, writer):
        writer.write(get("/long"))
        await asyncio.sleep(0)
        assert (await stand.get("/quick"))[0] == 200

        assert len(made) < 10_000
        await reader.readuntil(b"made")


class Gate:
    """Answers only when it is opened."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.open = asyncio.Event()

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[Response]:
        self.entered.set()
        await self.open.wait()
        yield echo(request)


async def test_too_many_busy_connections() -> None:
    """While all connections are busy a new one is ended at once, and they go on."""
    gate = Gate()
    async with (
        serving(gate.answer, max_connections=1) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(get("/a"))
        await gate.entered.wait()

        assert await ended(stand)
        gate.open.set()
        assert (await read_response(reader))[2] == b"/a"


async def ended(stand: Stand) -> bool:
    """Whether a new connection is ended without an answer."""
    try:
        return await stand.exchange(b"") == b""
    except ConnectionError:
        return True


async def test_too_many_idle_connections() -> None:
    """A new connection takes the place of the one that has waited the longest."""
    async with (
        serving(answering(echo), max_connections=2) as stand,
        stand.connect() as oldest,
        stand.connect() as newer,
    ):
        for reader, writer in (oldest, newer):
            writer.write(get())
            await read_response(reader)

        assert (await stand.get("/new"))[1] == "/new"
        assert await oldest[0].read() == b""
        newer[1].write(get("/still"))
        assert (await read_response(newer[0]))[2] == b"/still"


@pytest.mark.parametrize("sent", [b"G", get()[:-2], get("/a", "Content-Length: 9")])
async def test_too_many_dripping_connections(sent: bytes) -> None:
    """One that only begins a request, or never ends its body, makes room too."""
    async with (
        serving(answering(echo), max_connections=1) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(sent)
        await asyncio.sleep(0.05)

        assert (await stand.get("/new"))[1] == "/new"
        await reader.read()  # to its end


async def test_drain() -> None:
    """Draining takes no new connection, ends the idle ones and lets the busy ones answer."""
    gate = Gate()
    limits = Limits(linger_seconds=0.05)
    async with (
        serving(gate.answer, limits=limits) as stand,
        stand.connect() as busy,
        stand.connect() as idle,
    ):
        busy[1].write(get("/busy"))
        await gate.entered.wait()
        draining = asyncio.create_task(stand.server.drain(30))

        assert await idle[0].read() == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(HOST, stand.port)
        assert not draining.done()
        gate.open.set()
        _, fields, body = await read_response(busy[0])
        await draining

    assert (fields["Connection"], body) == ("close", b"/busy")


async def test_asked_while_draining() -> None:
    """A request that comes when its connection is being ended is dropped without an error."""
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))
    async with serving(answering(echo)) as stand, stand.connect() as (reader, writer):
        writer.write(get("/before"))
        await read_response(reader)
        draining = asyncio.create_task(stand.server.drain(30))
        writer.write(get("/late"))

        assert await reader.read() == b""
        await draining

    assert complaints == []


async def test_drain_ends() -> None:
    """Who has not answered when draining must end is cut off."""
    gate = Gate()
    async with serving(gate.answer) as stand, stand.connect() as (reader, writer):
        writer.write(get())
        await gate.entered.wait()

        await stand.server.drain(0.05)

        assert await reader.read() == b""


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::"])
def test_wildcard_takes_both(address: str) -> None:
    """A wildcard address is bound for IPv4 and IPv6 at once, as Go does."""
    with open_socket(address, 0) as sock:
        assert sock.family == socket.AF_INET6
        assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0


def test_wildcard_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no IPv6 a wildcard is IPv4's."""
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)

    with open_socket("::", 0) as sock:
        assert sock.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize(
    ("address", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
)
def test_one_address(address: str, family: socket.AddressFamily) -> None:
    """Another address is taken as it is."""
    with open_socket(address, 0) as sock:
        assert (sock.family, sock.getsockname()[0]) == (family, address)


@pytest.mark.parametrize("share", [True, False])
def test_shared_port(share: bool) -> None:
    """Two may have a port when both say that they share it."""

    def both() -> bool:
        with open_socket(HOST, 0, share_port=share) as first:
            first.listen()
            try:
                open_socket(HOST, first.getsockname()[1], share_port=share).close()
            except OSError:
                return False
        return True

    assert both() is share


async def test_answers_do_not_wait_for_acknowledgements() -> None:
    """An accepted connection sends small slices at once (TCP_NODELAY)."""
    seen: list[int] = []
    listener = open_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]

    async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(accepted, sock=listener):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.read()
        writer.close()
        await writer.wait_closed()

    assert seen == [1]
