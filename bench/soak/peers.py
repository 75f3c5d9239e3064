"""The API server and the kubelets of a made-up cluster, without sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from bench.soak.nodes import Node
from bench.soak.world import World
from tests.cluster import wire
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import ANSWER_SECONDS, Client, Stream
from tidegauge.cluster.errors import Unreachable
from tidegauge.kubelet.errors import DeadlineError, RefusedError
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body
from tidegauge.units.clock import Clock

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

_EXPIRED = 410, "Expired", "too old resource version"
_TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"

LATENCY = 0.02
"""Seconds that a kubelet takes, so that asks overlap."""


class ApiServer(Client):
    """Answers what is asked of it out of the world: watches and reviews."""

    def __init__(self, world: World, clock: Clock) -> None:
        super().__init__(Access("soak", "http://api"), clock, environ={})
        self._world = world
        self._news = asyncio.Event()
        self.away = False

    def tell(self) -> None:
        """The world has changed, or we are away or back."""
        self._news.set()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def stream(
        self, path: str, *, accept: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[Stream]:
        resource = path.rpartition("/")[2]
        self._check(path)
        chunks = self._chunks(resource, dict(params or {}))
        content = SimpleNamespace(iter_any=lambda: chunks)
        response = cast("aiohttp.ClientResponse", SimpleNamespace(content=content, headers={}))
        yield Stream(f"http://api{path}", accept.partition(",")[0], response)

    async def post(
        self,
        path: str,
        body: Any,
        *,
        type: type[T],  # noqa: A002  (its name there)
        seconds: float = ANSWER_SECONDS,  # noqa: ARG002  (we answer at once)
    ) -> T:
        self._check(path)
        spec = body["spec"]
        if path == _TOKENS:
            user = {"username": spec["token"], "uid": "1", "groups": ["system:serviceaccounts"]}
            status = {"authenticated": not spec["token"].startswith("nobody"), "user": user}
        else:
            status = {"allowed": not spec["user"].startswith("guest")}
        return msgspec.convert({"status": status}, type)

    async def _chunks(self, resource: str, params: dict[str, str]) -> AsyncGenerator[bytes, None]:
        """What came since the version that is asked from, or all there is, and what comes."""
        ends = asyncio.get_running_loop().time() + float(params["timeoutSeconds"])
        seen = int(params.get("resourceVersion", 0))
        if not seen:
            seen = self._world.history.version
            yield b"".join(self._world.initial(resource))
        while True:
            self._check(resource)
            news = self._news
            if (log := self._world.history.log) and seen < log[0].version - 1:
                yield _expired(resource)
            new = [each.frame for each in log if each.version > seen and each.resource == resource]
            seen = self._world.history.version
            if new:
                yield b"".join(new)
            try:
                async with asyncio.timeout_at(ends):
                    await news.wait()
            except TimeoutError:
                return

    def _check(self, path: str) -> None:
        if self.away:
            raise Unreachable(f"http://api{path}", "connection refused")


class Kubelets:
    """The Transport."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self.last: dict[str, bytes] = {}
        """What stands for a connection: kept until the node is forgotten."""

    async def get(self, target: Target, timeout: float) -> Body:
        name, at = target.name, self._clock.now()
        node = self._world.nodes.get(name)
        await asyncio.sleep(timeout if node and node.ills == "hangs" else LATENCY)
        if node is None or name not in self._world.nodes or node.ills == "refuses":
            raise RefusedError(name, f"https://{name}", "connection refused")
        if node.ills == "hangs":
            raise DeadlineError(name, f"https://{name}", f"no answer within {timeout:g} s")
        return Body(self._body(node), at)

    def forget(self, name: str) -> None:
        self.last.pop(name, None)

    def close(self) -> None:
        self.last.clear()

    def _body(self, node: Node) -> bytes:
        name, ills, now = node.name, node.ills, self._clock.now()
        if ills == "repeats" and name in self.last:
            return self.last[name]
        if ills == "garbles":
            return self._world.chance.randbytes(2_000)
        if ills == "is another":
            return next(iter(self._world.nodes.values())).body(now, self._world.chance)
        body = self.last[name] = node.body(now, self._world.chance)
        return body[: len(body) // 2] if ills == "cuts" else body


def _expired(resource: str) -> bytes:
    code, reason, message = _EXPIRED
    if resource == "pods":
        return wire.error_event(code, reason, message)
    status = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return wire.line("ERROR", status)
