"""Who asks the server, each period: for all, for some, for what is not there, and amiss."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bench.lists import PROTOBUF
from bench.soak.world import World
from tidegauge.kubelet.samples import PodKey
from tidegauge.serving.messages import Request, Response

JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
VERSION = "/apis/metrics.k8s.io/v1beta1"

SELDOM = 4
"""Periods between full lists, as of a recommender that reads all once a minute."""


class Answering(Protocol):
    def __call__(self, request: Request, /) -> AbstractAsyncContextManager[Response]: ...


class Clients:
    """Ask all at once, and read without looking."""

    def __init__(self, world: World, answer: Answering) -> None:
        self._world = world
        self._answer = answer
        self._serial = itertools.count(1)
        self.statuses: Counter[int] = Counter()

    async def ask(self, path: str, accept: str = JSON, *, who: str = "reader") -> bytes:
        """The body of the answer."""
        headers = [("accept", accept), ("authorization", f"Bearer {who}")]
        async with self._answer(Request("GET", path, headers)) as response:
            self.statuses[response.status] += 1
            body = response.body
            return body if isinstance(body, bytes) else b"".join(body)

    async def round(self, period: int) -> None:
        await asyncio.gather(*(self.ask(*question) for question in self._questions(period)))
        new = f"{next(self._serial):08}"
        asked = f"{VERSION}/namespaces/{self._world.namespace()}/pods"
        for who in (f"newcomer-{new}", f"nobody-{new}", f"guest-{new}"):
            await self.ask(f"{asked}/none-{new}", who=who)

    async def ask_for(self, pods: Sequence[PodKey]) -> None:
        """Somebody new for each of the pods, by a selector and in every form."""
        for number, (namespace, name) in enumerate(pods):
            path = f"{VERSION}/namespaces/{namespace}/pods?labelSelector=app%21%3D{name}"
            await self.ask(path, (JSON, PROTOBUF)[number % 2], who=f"client-of-{name}")

    def _questions(self, period: int) -> Iterator[tuple[str, str]]:
        namespaces = [f"{VERSION}/namespaces/{self._world.namespace()}" for _ in range(3)]
        for place, accept in zip(namespaces, (JSON, PROTOBUF, TABLE), strict=True):
            yield f"{place}/pods", accept
            yield f"{place}/pods?labelSelector=app%3Dapp-7", PROTOBUF
            yield f"{place}/pods?labelSelector=controller-uid%3Duid-{next(self._serial)}", accept
            yield f"{place}/pods/none-{next(self._serial)}", accept
        yield f"{VERSION}/pods?labelSelector=controller-uid%21%3Duid-{next(self._serial)}", JSON
        yield f"{VERSION}/pods?labelSelector=%3D%3D", JSON
        yield f"/apis/none-{next(self._serial)}", JSON
        yield "/readyz?verbose", JSON
        yield "{}/namespaces/{}/pods/{}".format(VERSION, *self._world.any_pod()), JSON
        if period % SELDOM == 0:
            yield from ((f"{VERSION}/pods", accept) for accept in (JSON, PROTOBUF))
            yield from ((f"{VERSION}/nodes", accept) for accept in (JSON, PROTOBUF, TABLE))
            yield "/metrics", "text/plain"
            yield "/openapi/v2", JSON
