"""A kubelet that does as it is told, over real TLS on the loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme

from tidegauge.kubelet.target import Target

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

BODY = b"node_cpu_usage_seconds_total 1.5 1795435200000\n"
HOUR = 3600


def answer(body=BODY, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def says(data: bytes, *, then_close=False) -> Behaviour:
    async def behave(writer):
        writer.write(data)
        await writer.drain()
        if then_close:
            writer.close()

    return behave


async def hang(_writer) -> None:
    await asyncio.sleep(HOUR)


@dataclass
class FakeKubelet:
    """Answers each request by the next of `script`; the last one stays. Keeps what it was asked."""

    script: list[Behaviour] = field(default_factory=lambda: [says(answer())])
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: set[asyncio.Task[None] | None] = field(default_factory=set)

    async def serve(self, reader, writer) -> None:
        self.connections += 1
        self.writers.append(writer)
        self.tasks.add(asyncio.current_task())
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode())
                behave = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                await behave(writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def target(self, *addresses: str, name="n1", **fields) -> Target:
        return Target(name, addresses or ("127.0.0.1",), self.port, **fields)

    def drop_connections(self) -> None:
        for writer in self.writers:
            writer.close()
        self.writers.clear()


def server_context(ca: trustme.CA, *names: str, **fields) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **fields).configure_cert(context)
    return context


@asynccontextmanager
async def running(
    *script: Behaviour, tls: ssl.SSLContext | None, host="127.0.0.1"
) -> AsyncIterator[FakeKubelet]:
    kubelet = FakeKubelet(list(script) or [says(answer())])
    server = await asyncio.start_server(kubelet.serve, host, 0, ssl=tls)
    kubelet.port = server.sockets[0].getsockname()[1]
    try:
        yield kubelet
    finally:
        server.close()
        tasks = [task for task in kubelet.tasks if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
