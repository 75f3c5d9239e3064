"""Faults of the control plane and of the metrics server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tidegauge.sandbox.apiserver.reviews import REVIEWS
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults import ofnodes
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import Status

LOST = ("control-b", "control-c")

_WRITES = ("create", "update", "patch", "delete", "deletecollection")
_NO_QUORUM = Status(500, "", "etcdserver: request timed out")
"""What kube-apiserver passes on from an etcd that has lost its quorum."""


@asynccontextmanager
async def api_away(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """Nobody answers there; nothing that is stored is lost."""
    with cluster.outages.unwritable():
        await cluster.api.stop()
        try:
            yield
        finally:
            await cluster.api.start()


@asynccontextmanager
async def watch_cut(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """All watches end, and none can go on from where it was."""
    cluster.api.compact()
    cluster.api.end_watches()
    yield


@asynccontextmanager
async def quorum_lost(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """What is kept on the third can be read, but not written."""
    async with AsyncExitStack() as stack:
        for name in LOST:
            await stack.enter_async_context(ofnodes.down(cluster, name))
        stack.enter_context(cluster.outages.unwritable(_refusal))
        yield


def _refusal(info: RequestInfo) -> Status | None:
    """Reviews are answered from memory: nothing is stored of them."""
    stored = (info.group, info.resource) not in REVIEWS
    return _NO_QUORUM if stored and info.is_resource and info.verb in _WRITES else None


@asynccontextmanager
async def restarted(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    await cluster.restart_metrics_server()
    yield
