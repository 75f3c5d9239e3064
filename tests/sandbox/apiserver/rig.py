"""The API server without sockets: requests in, answers out, a clock moved by hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.clock import ManualClock
from tidegauge.sandbox.apiserver.identities import ADMIN
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.serving.messages import Request, User

MERGE = "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Rig:
    """`server` is not started; requests go straight to its handler."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.server = ApiServer(self.clock, **options)
        self.storage = self.server.storage
        self._tokens: dict[str, str] = {}

    async def ask(
        self, method: str, target: str, body: Any = None, *, user: User = ADMIN, **headers: str
    ) -> Got:
        """One request with a whole answer; names of headers with `_` for `-`."""
        request = self._request(method, target, body, user, headers)
        async with self.server.handler.answer(request) as response:
            assert isinstance(response.body, bytes)
            text = response.body.decode()
            if response.lasting is not None:
                text = b"".join([piece async for piece in response.lasting]).decode()
        return Got(response.status, {k.lower(): v for k, v in response.headers}, text)

    @asynccontextmanager
    async def watch(self, target: str, **headers: str) -> AsyncIterator[AsyncIterator[Any]]:
        """The events of a watch, as they come."""
        request = self._request("GET", target, None, ADMIN, headers)
        async with self.server.handler.answer(request) as response:
            assert response.lasting is not None, response
            lines = response.lasting

            async def events() -> AsyncIterator[Any]:
                async for line in lines:
                    yield json.loads(line)

            yield events()

    def _request(
        self, method: str, target: str, body: Any, user: User, headers: dict[str, str]
    ) -> Request:
        if user.name not in self._tokens:
            self._tokens[user.name] = self.server.identities.token(user)
        sent = {"authorization": f"Bearer {self._tokens[user.name]}"}
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.lower().replace("_", "-"): value for name, value in headers.items()}
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        return Request(method, target, tuple(sent.items()), data)


def pod(name: str, namespace: str = "default", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "app", "image": "app:1"}]
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": containers, **spec},
    }


def config_map(name: str, namespace: str = "default", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, **metadata}, "data": {"a": "b"}}


def owned(obj: dict[str, Any], *owners: dict[str, Any]) -> dict[str, Any]:
    """The object with owners, which are stored already."""
    references = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
        for owner in owners
    ]
    return obj | {"metadata": obj["metadata"] | {"ownerReferences": references}}
