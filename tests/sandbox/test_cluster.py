"""The embedded cluster without a metrics server: it starts, is reached, ends without a trace."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ErrorAnswer
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults.playing import FaultError, Faults, read
from tidegauge.sandbox.hostnode import THIS_MACHINE
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.world import World
from tidegauge.units.clock import SystemClock

STORY = library.shipped("shop-day")
PODS = "/api/v1/pods"


def cluster(folder: Path, **options: Any) -> EmbeddedCluster:
    return EmbeddedCluster(folder, STORY, **{"this_machine": False, **options})


def ports(of: EmbeddedCluster) -> list[int]:
    return [of.api.port, *(node.port for node in of.nodes.values())]


def closed(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


async def get(of: EmbeddedCluster, user: str, path: str) -> dict[str, Any]:
    async with Client(load_kubeconfig([of.kubeconfig(user)]), SystemClock()) as client:
        found: dict[str, Any] = await client.get(path, type=dict)
        return found


async def test_it_has_a_past_and_leaves_nothing(tmp_path: Path) -> None:
    """When it starts, its pods have been running for minutes; when it ends, no port is open."""
    async with cluster(tmp_path) as running:
        pods = await get(running, "viewer", PODS)
        nodes = await get(running, "viewer", "/api/v1/nodes")
        opened = ports(running)

    assert len(nodes["items"]) == 9
    told = {each["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] for each in nodes["items"]}
    assert told == set(opened[1:])
    assert {pod["status"]["phase"] for pod in pods["items"]} == {"Running"}
    assert all(map(closed, opened))
    assert len(asyncio.all_tasks()) == 1


async def test_its_users_may_what_they_should(tmp_path: Path) -> None:
    """The admin everything, the viewer read, nobody nothing."""
    async with cluster(tmp_path) as running:
        assert await get(running, "admin", "/api/v1/secrets")
        for user, path in (("viewer", "/api/v1/secrets"), ("nobody", PODS)):
            with pytest.raises(ErrorAnswer, match="403"):
                await get(running, user, path)


async def test_the_same_seed_gives_the_same_cluster(tmp_path: Path) -> None:
    """Pods have the same names on the same nodes."""
    found = []
    for seed in (5, 5, 6):
        async with cluster(tmp_path, seed=seed) as running:
            pods = running.api.storage.list("pods")
            found.append({each["metadata"]["name"]: each["spec"]["nodeName"] for each in pods})

    assert found[0] == found[1] != found[2]


async def test_a_start_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had been opened by then is closed."""

    async def fail(*_: object) -> None:
        raise OSError("no more files")

    monkeypatch.setattr(ApiServer, "start", fail)
    made = cluster(tmp_path)
    with pytest.raises(OSError, match="no more files"):
        await made.__aenter__()

    assert all(closed(node.port) for node in made.nodes.values())
    assert len(asyncio.all_tasks()) == 1


async def test_what_ends_the_simulation_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever looks after it, and at the latest at the end."""
    made = cluster(tmp_path)

    async def look_after() -> None:
        async with made:
            made.check()
            monkeypatch.setattr(World, "advance", lambda *_: 1 / 0)
            while True:
                await asyncio.sleep(0.05)
                made.check()

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(look_after(), 5)
    assert all(map(closed, ports(made)))


async def test_faults_may_come_at_once(tmp_path: Path) -> None:
    """As by a key and a command: one of two alike is refused, and ends in order."""
    async with cluster(tmp_path) as running, Faults(running) as faults:
        away = read("api-away")
        told = await asyncio.gather(
            faults.begin(away), faults.begin(away), faults.end(away), return_exceptions=True
        )

        assert [type(each) for each in told] == [type(None), FaultError, type(None)]
        assert not closed(running.api.port)


async def test_a_flapping_node_may_change_its_certificate(tmp_path: Path) -> None:
    """Whatever it was doing then, it listens again when both are over."""
    async with cluster(tmp_path, period=0.001) as running, Faults(running) as faults:
        flapping, strange = read("flapping"), read("wrong-certificate")
        for _ in range(10):
            await faults.begin(flapping)
            for _ in range(3):
                await faults.begin(strange)
                await faults.end(strange)
            await faults.end(flapping)
            assert not closed(running.nodes["worker-2"].port)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and cgroups")
async def test_this_machine_is_one_more_node(tmp_path: Path) -> None:
    """With what runs on it as mirror pods."""
    async with cluster(tmp_path, this_machine=True) as running:
        node = running.nodes[THIS_MACHINE]
        pods = running.api.storage.list("pods")

        assert node.latest
        assert node.latest.usage.memory.working_set > 0
        assert any(pod["spec"]["nodeName"] == THIS_MACHINE for pod in pods)
    assert closed(node.port)
