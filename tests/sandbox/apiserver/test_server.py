"""The server over TLS: who comes in, our own informers on it, servers behind APIServices."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.apiserver.rig import config_map, pod
from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ErrorAnswer, Forbidden, NotFound, Unreachable
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.pods import PODS
from tidegauge.sandbox.apiserver.identities import ADMIN, NOBODY, VIEWER
from tidegauge.sandbox.apiserver.server import HOST, ApiServer
from tidegauge.security.authority import Authority
from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import ServingContext
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.server import Server, open_socket
from tidegauge.units.clock import SystemClock

SECONDS = 20.0
NAME = "tests.default.svc"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    server = ApiServer()
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def client(
    server: ApiServer, folder: Path, user: User = ADMIN, *, token: bool = False
) -> AsyncIterator[Client]:
    config = server.kubeconfig(folder / "config", user, token=token)
    async with Client(load_kubeconfig([config]), SystemClock()) as opened:
        yield opened


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("token", [False, True], ids=["certificate", "token"])
async def test_kubeconfigs_lead_in(server: ApiServer, tmp_path: Path, token: bool) -> None:
    """A kubeconfig proves who its user is, by certificate or by token."""
    async with client(server, tmp_path, VIEWER, token=token) as api:
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        told = await api.post(path, {}, type=dict)

    assert told["status"]["userInfo"]["username"] == "viewer"
    assert (tmp_path / "config").stat().st_mode & 0o077 == 0


async def test_refusals_are_read_by_our_client(server: ApiServer, tmp_path: Path) -> None:
    """What is refused comes as the error that it is."""
    async with client(server, tmp_path, NOBODY) as api:
        with pytest.raises(Forbidden, match="cannot list resource"):
            await api.get("/api/v1/pods", type=dict)
    async with client(server, tmp_path) as api:
        with pytest.raises(NotFound):
            await api.get("/api/v1/nodes/none", type=dict)


async def test_our_informers_follow(server: ApiServer, tmp_path: Path) -> None:
    """Nodes and running pods are followed, through a restart of the server too."""
    server.storage.create("nodes", {"metadata": {"name": "n1"}})
    server.storage.create("pods", pod("a", nodeName="n1") | {"status": {"phase": "Running"}})
    nodes, pods = Nodes(), Pods()
    async with client(server, tmp_path) as api:
        tasks = [
            asyncio.create_task(Informer(api, NODES, nodes, clock=SystemClock()).run()),
            asyncio.create_task(Informer(api, PODS, pods, clock=SystemClock()).run()),
        ]
        await until(lambda: nodes.synced and pods.synced)
        before = [each.name for each in pods.all()]
        await server.stop()
        await server.start()
        server.storage.create("pods", pod("b") | {"status": {"phase": "Running"}})
        await until(lambda: len(pods.all()) == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert [node.name for node in nodes.all()] == ["n1"]
    assert before == ["a"]
    assert pods.all()[0].node == "n1"


async def test_away(server: ApiServer, tmp_path: Path) -> None:
    """A stopped server refuses connections; started again it is where it was, with what it had."""
    server.storage.create("configmaps", config_map("a"))
    async with client(server, tmp_path) as api:
        await server.stop()
        with pytest.raises(Unreachable):
            await api.get("/api/v1/namespaces/default/configmaps/a", type=dict)
        await server.start()

        found = await api.get("/api/v1/namespaces/default/configmaps/a", type=dict)

    assert found["data"] == {"a": "b"}


async def test_watch_ends_with_its_client(server: ApiServer, tmp_path: Path) -> None:
    """A client that leaves its watch is forgotten."""
    watches = server._rest._watches
    async with client(server, tmp_path) as api:
        params = {"watch": "true", "resourceVersion": str(server.storage.version)}
        async with api.stream("/api/v1/nodes", accept="application/json", params=params):
            await until(lambda: len(watches) == 1)

    await until(lambda: not watches)


async def test_published_trust(server: ApiServer, tmp_path: Path) -> None:
    """Aggregated servers find in a ConfigMap whom to believe."""
    async with client(server, tmp_path) as api:
        path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
        data = (await api.get(path, type=dict))["data"]

    assert data["client-ca-file"].encode() == server.identities.authority.certificate
    assert json.loads(data["requestheader-username-headers"]) == ["X-Remote-User"]


class Aggregated:
    """A server for tests.example/v1, which answers with what it was asked."""

    def __init__(self, server: ApiServer) -> None:
        self.asked: list[Request] = []
        self.status = 200
        self._authority = server.identities.proxy_authority.certificate
        self.authority = Authority("aggregated", SystemClock())
        self._pair = self.authority.server(NAME)

    def current(self) -> Pair:
        return self._pair

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[Response]:
        self.asked.append(request)
        body: Any = {"user": request.header("x-remote-user"), "path": request.target}
        if request.target == "/apis":
            resource = {"resource": "tests", "responseKind": {"kind": "Test"}}
            resource |= {"scope": "Namespaced", "singularResource": "", "verbs": ["get"]}
            version = {"version": "v1", "resources": [resource]}
            body = {"items": [{"metadata": {"name": "tests.example"}, "versions": [version]}]}
        yield Response(
            self.status, [("Content-Type", "application/json")], json.dumps(body).encode()
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        server = Server(self.answer)
        sock = open_socket(HOST, 0)
        context = ServingContext(self, lambda: [self._authority])
        await server.listen(sock, context.outer)
        try:
            yield sock.getsockname()[1]
        finally:
            await server.drain(0)


def register(server: ApiServer, port: int, authority: bytes) -> None:
    """A Service that leads to the port, and the APIService that it stands behind."""
    metadata = {"namespace": "default", "name": "tests"}
    spec = {"type": "ClusterIP", "ports": [{"port": 443}]}
    server.endpoints.expose("default", "tests", HOST, port)
    server.storage.create("services", {"metadata": metadata, "spec": spec})
    registered = {
        "group": "tests.example",
        "version": "v1",
        "service": metadata | {"port": 443},
        "caBundle": b64encode(authority).decode(),
    }
    name = {"name": "v1.tests.example"}
    server.storage.create("apiservices", {"metadata": name, "spec": registered})


def condition(server: ApiServer) -> Any:
    found = server.storage.get("apiservices", "", "v1.tests.example") or {}
    return next(iter(found.get("status", {}).get("conditions", [])), {})


async def test_aggregation(server: ApiServer, tmp_path: Path) -> None:
    """Requests for an aggregated group reach its server as the client's, believed for our proof."""
    behind = Aggregated(server)
    async with behind.serving() as port, client(server, tmp_path, VIEWER) as api:
        server.rbac.bind("viewer", "admin")
        register(server, port, behind.authority.certificate)
        await until(lambda: condition(server).get("status") == "True")

        told = await api.get("/apis/tests.example/v1/tests?x=y", type=dict)
        groups = (await api.get("/apis", type=dict))["groups"]

    assert told == {"user": "viewer", "path": "/apis/tests.example/v1/tests?x=y"}
    assert behind.asked[-1].peer_chain
    assert behind.asked[-1].header("authorization") is None
    assert "sandbox:viewers" in behind.asked[-1].header_values("x-remote-group")
    assert "tests.example" in [group["name"] for group in groups]


async def test_a_client_cannot_say_who_it_is(server: ApiServer) -> None:
    """Headers of the front proxy, from anybody else, lead nowhere."""
    headers = (("x-remote-user", "admin"), ("x-remote-group", "system:masters"))
    async with server.handler.answer(Request("GET", "/api/v1/pods", headers)) as response:
        assert response.status == 403


@pytest.mark.parametrize("fault", ["status", "bundle", "port", "service"])
async def test_unavailable(server: ApiServer, tmp_path: Path, fault: str) -> None:
    """Of a server that is not there, not well or not trusted we say so, and answer 503."""
    behind = Aggregated(server)
    async with behind.serving() as port, client(server, tmp_path) as api:
        behind.status = 500 if fault == "status" else 200
        bundle = Authority("other", SystemClock()) if fault == "bundle" else behind.authority
        register(server, 1 if fault == "port" else port, bundle.certificate)
        if fault == "service":
            server.storage.delete("services", "default", "tests")
        await until(lambda: condition(server).get("status") == "False")

        with pytest.raises(ErrorAnswer) as caught:
            await api.get("/apis/tests.example/v1/tests", type=dict)

    assert caught.value.status.code == 503 or "503" in str(caught.value)
    expected = "ServiceNotFound" if fault == "service" else "FailedDiscoveryCheck"
    assert condition(server)["reason"] == expected


async def test_available_again(server: ApiServer) -> None:
    """A server that is well again is used again."""
    behind = Aggregated(server)
    async with behind.serving() as port:
        behind.status = 500
        register(server, port, behind.authority.certificate)
        await until(lambda: condition(server).get("status") == "False")
        behind.status = 200

        await until(lambda: condition(server).get("status") == "True")
