"""Kubelets over TLS: a port each, who may ask, what is there."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.sandbox.simulation.worlds import START, plain, world
from tidegauge.kubelet import exposition
from tidegauge.sandbox.endpoint import Endpoint
from tidegauge.sandbox.kubelets import KubeletServer, open_port
from tidegauge.security.authority import Authority
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.messages import Response, User
from tidegauge.serving.trust import Trust
from tidegauge.units.clock import SystemClock

TOKEN = "let-me-in"
READER = "system:serviceaccount:kube-system:metrics-server"


class Fleet:
    """Two nodes of a world on ports of their own."""

    def __init__(self) -> None:
        self.authority = Authority("sandbox-ca", SystemClock())
        self.world = world(plain())
        self.world.advance(START + 60)
        self.sockets = {name: open_port() for name in ("worker-1", "worker-2")}
        self.ports = {name: sock.getsockname()[1] for name, sock in self.sockets.items()}
        self.servers = {name: self._server(name) for name in self.sockets}

    def _server(self, name: str) -> KubeletServer:
        async def review(token: str) -> User | None:
            return {TOKEN: User(READER), "other": User("nobody")}.get(token)

        clock = SystemClock()
        authenticator = Authenticator(Trust, TokenCache(review, clock), clock)
        endpoint = Endpoint(self.world.kubelet(name), authenticator, [READER])
        pair = self.authority.server(name, "127.0.0.1")
        return KubeletServer(endpoint.answer, pair, self.authority.certificate)

    async def get(self, name: str, path: str, token: str = TOKEN) -> tuple[int, bytes]:
        context = ssl.create_default_context(cadata=self.authority.certificate.decode())
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"https://127.0.0.1:{self.ports[name]}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, ssl=context, headers=headers) as response,
        ):
            return response.status, await response.read()


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    made = Fleet()
    for name, server in made.servers.items():
        await server.start(made.sockets[name])
    yield made
    for server in made.servers.values():
        await server.stop()


async def test_each_port_is_another_node(fleet: Fleet) -> None:
    """Both verify by the cluster's authority, and each tells of its own pods only."""
    bodies = {name: await fleet.get(name, "/metrics/resource") for name in fleet.ports}

    pods = {}
    for name, (status, body) in bodies.items():
        assert status == 200
        assert body == fleet.world.kubelet(name).resource_metrics()
        pods[name] = set(exposition.parse(body, 0, None).layout.pods)
    assert pods["worker-1"].isdisjoint(pods["worker-2"])


async def test_who_may_ask(fleet: Fleet) -> None:
    """Who is nobody gets 401, who may not 403, in a kubelet's words."""
    assert await fleet.get("worker-1", "/metrics/resource", "") == (401, b"Unauthorized")
    assert await fleet.get("worker-1", "/metrics/resource", "wrong") == (401, b"Unauthorized")
    status, text = await fleet.get("worker-1", "/metrics/resource", "other")
    assert status == 403
    assert text.startswith(b"Forbidden (user=nobody, verb=get, resource=nodes")


async def test_the_summary_is_there_too(fleet: Fleet) -> None:
    """With the same credentials."""
    status, body = await fleet.get("worker-1", "/stats/summary")

    assert status == 200
    assert body == fleet.world.kubelet("worker-1").summary()


async def test_answers_and_certificates_can_be_replaced(fleet: Fleet) -> None:
    """While it runs, as faults do it."""
    server = fleet.servers["worker-1"]
    whole = server.answer

    class Slow:
        async def __aenter__(self) -> Response:
            return Response(500, [], b"broken")

        async def __aexit__(self, *_: object) -> None: ...

    server.answer = lambda _request: Slow()
    broken = await fleet.get("worker-1", "/metrics/resource")
    server.answer = whole
    server.pair = Authority("stranger", SystemClock()).server("worker-1", "127.0.0.1")

    assert broken == (500, b"broken")
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await fleet.get("worker-1", "/metrics/resource")


async def test_a_stopped_node_takes_no_connections(fleet: Fleet) -> None:
    """And those that were open end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.ports["worker-1"])

    await fleet.servers["worker-1"].stop()

    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", fleet.ports["worker-1"])
