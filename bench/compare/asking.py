"""A client in a process of its own: asks one server again and again, and tells how long it took.

`ask` runs it and gives what it found. What is asked comes as JSON on its standard input, what was
found goes as JSON to its standard output. It reads as little as it must: what a client does with
58 MB of JSON would else be half of the time.
"""

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

_BUFFER = 1 << 20
_CHUNKS_END = b"\r\n0\r\n\r\n"
_SECONDS = 120.0


@dataclass(frozen=True)
class Door:
    """Where a server is and what to show to it: PEM files."""

    url: str
    authority: str
    certificate: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to ask: the paths in turn, at most `times` in all and `seconds` long.

    `every` is the seconds from one request to the next, or 0 for at once. With `ages`, the ages of
    all items by their `timestamp` are found instead of times, but for nodes in `without`.
    """

    paths: list[str]
    accept: str = "application/json"
    times: int = sys.maxsize
    seconds: float = _SECONDS
    every: float = 0.0
    ages: bool = False
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """Seconds that each answer took, or the ages that were seen; and the bytes of a body."""

    seconds: list[float]
    ages: list[float]
    size: int


def ask(door: Door, asked: Asked) -> Found:
    """What the client finds."""
    with _client(door, asked) as child:
        output, _ = child.communicate(timeout=2 * _SECONDS)
    if child.returncode:
        raise RuntimeError("the client failed; its trace stands above")
    return Found(**json.loads(output))


@contextmanager
def asking(door: Door, asked: Asked) -> Iterator[None]:
    """Within the block a client is at work, whatever it finds."""
    with _client(door, asked):
        yield


@contextmanager
def _client(door: Door, asked: Asked) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps({"door": asdict(door), "asked": asdict(asked)}).encode())
            child.stdin.close()
            child.stdin = None
            yield child
        finally:
            child.kill()


class _Connection:
    def __init__(self, door: Door) -> None:
        parts = urlsplit(door.url)
        context = ssl.create_default_context(cafile=door.authority)
        context.load_cert_chain(door.certificate, door.key)
        sock = socket.create_connection((parts.hostname or "", parts.port or 443), _SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as Go's clients do
        self._tls = context.wrap_socket(sock, server_hostname=parts.hostname)
        self._buffer = bytearray(_BUFFER)
        self._host = parts.netloc

    def get(self, path: str, accept: str, *, keep: bool) -> tuple[int, bytes]:
        """The body's size as sent, and the body itself if it is to be kept."""
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: {accept}\r\n\r\n"
        self._tls.sendall(head.encode())
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += bytes(self._receive())
        fields = answer[:end].lower()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:500]
        kept, size, tail = [answer[end + 4 :]], len(answer) - end - 4, answer[-7:]
        whole = _length(fields)
        while not (tail.endswith(_CHUNKS_END) if whole is None else size >= whole):
            piece = self._receive()
            size += len(piece)
            tail = (tail + bytes(piece[-7:]))[-7:]
            if keep:
                kept.append(bytes(piece))
        return size, b"".join(kept) if whole is not None else _joined(b"".join(kept))

    def _receive(self) -> memoryview:
        received = self._tls.recv_into(self._buffer)
        assert received, "the server ended the connection"
        return memoryview(self._buffer)[:received]


def _length(fields: bytes) -> int | None:
    """What Content-Length says; None where the body comes in chunks."""
    lines = (line.partition(b":") for line in fields.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), None)


def _joined(chunked: bytes) -> bytes:
    """A body in chunks as one; nothing for one that was not kept."""
    pieces, at = [], 0
    while (end := chunked.find(b"\r\n", at)) > 0:
        size = int(chunked[at:end], 16)
        pieces.append(chunked[end + 2 : end + 2 + size])
        at = end + size + 4
    return b"".join(pieces)


def _ages(body: bytes, without: list[str]) -> Iterator[float]:
    now = time.time()
    for item in json.loads(body)["items"]:
        if item["metadata"]["name"] not in without:
            yield now - datetime.fromisoformat(item["timestamp"]).timestamp()


def _work(door: Door, asked: Asked) -> Found:
    connection = _Connection(door)
    taken: list[float] = []
    ages: list[float] = []
    size, begun = 0, time.perf_counter()
    while len(taken) < asked.times and time.perf_counter() < begun + asked.seconds:
        due = begun + len(taken) * asked.every if asked.every else 0.0
        # Who is asked too late because of a slow answer before, waits from when it was due.
        started = due or time.perf_counter()
        if (early := due - time.perf_counter()) > 0:
            time.sleep(early)
            started = time.perf_counter()
        path = asked.paths[len(taken) % len(asked.paths)]
        size, body = connection.get(path, asked.accept, keep=asked.ages)
        taken.append(time.perf_counter() - started)
        ages += _ages(body, asked.without) if asked.ages else ()
    return Found(taken, ages, size)


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    print(json.dumps(asdict(_work(Door(**given["door"]), Asked(**given["asked"])))))


if __name__ == "__main__":
    main()
