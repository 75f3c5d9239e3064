"""Kubelets of the embedded cluster, asked through its API server."""

from pathlib import Path

import pytest

from tests.sandbox.test_cluster import cluster
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ErrorAnswer
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.units.clock import SystemClock

METRICS = "/api/v1/nodes/{}/proxy/metrics/resource"


async def test_a_kubelet_is_asked_through_the_api_server(tmp_path: Path) -> None:
    """The admin gets a node's own answer; a dead node, one that has never told its address, no node
    and no right are told apart.
    """
    async with cluster(tmp_path) as running:

        async def read(user: str, node: str) -> str:
            access = load_kubeconfig([running.kubeconfig(user)])
            async with Client(access, SystemClock()) as client:
                _type, body = await client.read(METRICS.format(node), accept="text/plain")
                return body.decode()

        assert "node_cpu_usage_seconds_total" in await read("admin", "worker-1")
        with pytest.raises(ErrorAnswer, match=r'403: nodes "worker-1" is forbidden.*nodes/proxy'):
            await read("viewer", "worker-1")
        with pytest.raises(ErrorAnswer, match='404: nodes "none" not found'):
            await read("admin", "none")
        running.api.storage.create("nodes", {"metadata": {"name": "bare"}})
        with pytest.raises(ErrorAnswer, match="500: no preferred addresses found"):
            await read("admin", "bare")
        async with running.nodes["worker-2"].silent():
            with pytest.raises(ErrorAnswer, match=r"503: .*connection refused"):
                await read("admin", "worker-2")
