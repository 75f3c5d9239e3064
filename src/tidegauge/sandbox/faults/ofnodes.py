"""Faults of one node: what it answers, when, and with which certificate."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace

from tidegauge.sandbox.apiserver.identities import NOBODY
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults import twists
from tidegauge.sandbox.kubelets import ADDRESS
from tidegauge.sandbox.nodes import Manner
from tidegauge.security.authority import Authority
from tidegauge.serving.connection import Answering
from tidegauge.serving.messages import Request, Response

SLOW = 30.0
"""Seconds before each answer; nobody waits that long."""

FLAPS = 1.5
"""Periods between falling silent and coming back, so that one or two scrapes in a row fail; after
three, usage is stale."""

EXPIRED = -3600.0


@asynccontextmanager
async def down(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    """Silent on its port and towards the API server; what runs there goes on, unseen."""
    async with cluster.nodes[name].silent():
        with cluster.outages.powerless(name):
            yield


@asynccontextmanager
async def flapping(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    over = asyncio.Event()

    async def a_while() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(FLAPS * cluster.period):
                await over.wait()

    async def flap() -> None:
        while not over.is_set():
            async with cluster.nodes[name].silent():
                await a_while()
            await a_while()

    task = asyncio.create_task(flap())
    try:
        yield
    finally:
        over.set()  # cancelled while it comes back, the node would stay away
        await task


@asynccontextmanager
async def lying(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    """Reports the pods of the next worker as its own."""
    names = [each for each in cluster.world.kubelets if each != name]
    victim = cluster.world.kubelet(names[-1])
    with cluster.nodes[name].twisted(lambda node: twists.with_pods(node, victim.latest)):
        yield


@asynccontextmanager
async def skewed(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    with cluster.nodes[name].twisted(twists.an_hour_behind):
        yield


@asynccontextmanager
async def reset(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    """Counters begin anew, and nothing brings back what they were."""
    node = cluster.nodes[name]
    if node.latest:
        node.twist(twists.Forgotten(node.latest))
    yield


@asynccontextmanager
async def wrong_certificate(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    stranger = Authority("stranger-ca", cluster.clock)
    async with cluster.nodes[name].certified(stranger.server(name, ADDRESS)):
        yield


@asynccontextmanager
async def expired_certificate(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
    pair = cluster.api.identities.authority.server(name, ADDRESS, life=EXPIRED)
    async with cluster.nodes[name].certified(pair):
        yield


def mannered(
    make: Callable[[EmbeddedCluster], Manner],
) -> Callable[[EmbeddedCluster, str], AbstractAsyncContextManager[None]]:
    """The effect of a node that answers in another manner."""

    @asynccontextmanager
    async def effect(cluster: EmbeddedCluster, name: str) -> AsyncIterator[None]:
        with cluster.nodes[name].mannered(make(cluster)):
            yield

    return effect


def slowly(_: EmbeddedCluster) -> Manner:
    def manner(answering: Answering) -> Answering:
        @asynccontextmanager
        async def answer(request: Request) -> AsyncIterator[Response]:
            await asyncio.sleep(SLOW)
            async with answering(request) as response:
                yield response

        return answer

    return manner


def as_nobody(cluster: EmbeddedCluster) -> Manner:
    """Takes whoever asks for a user without rights."""
    proof = ("authorization", f"Bearer {cluster.api.identities.token(NOBODY)}")
    return lambda answering: lambda request: answering(replace(request, headers=[proof]))


def as_unknown(_: EmbeddedCluster) -> Manner:
    """Believes no credentials."""
    return lambda answering: lambda request: answering(replace(request, headers=[], peer_chain=()))


def with_body(change: Callable[[bytes], bytes]) -> Callable[[EmbeddedCluster], Manner]:
    def manner(answering: Answering) -> Answering:
        @asynccontextmanager
        async def answer(request: Request) -> AsyncIterator[Response]:
            async with answering(request) as response:
                assert isinstance(response.body, bytes)  # kubelets have theirs whole
                yield replace(response, body=change(response.body))

        return answer

    return lambda _cluster: manner
