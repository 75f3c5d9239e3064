"""Two replicas of our server, each complete, say the same of the same moment."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple, TypeAlias

import pytest

from tests.realcluster import servers
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import create_node, run_pod
from tests.realcluster.servers import MetricsServer

NAMESPACE = "replicas"
NODES, PODS = 10, 6
PERIOD = 2.0
# Off the period, as real kubelets measure: so some asks find a new sample and some do not.
HOUSEKEEPING = 1.7
WATCHED_SECONDS = 20.0
LABELS = {"world": "replicas", "apart": "true"}
LIST = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"


Answer: TypeAlias = tuple[str, str, object]
"""Timestamp, window and containers."""


class Said(NamedTuple):
    """What both said of all pods, asked at once; raw items by pod."""

    first: Mapping[str, Answer]
    second: Mapping[str, Answer]


@pytest.fixture(scope="module")
def replicas(control_plane: ControlPlane) -> Iterator[tuple[MetricsServer, MetricsServer]]:
    """The second one started in the middle of the first one's period."""
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with Kubelets(control_plane.authority) as world, ExitStack() as stack:
        for number in range(NODES):
            kubelet = world.add(f"replica-node-{number}", housekeeping=HOUSEKEEPING)
            create_node(admin, kubelet, labels=LABELS)
            stack.callback(admin.request, "DELETE", f"/api/v1/nodes/{kubelet.name}")
            for pod in range(PODS):
                name = f"pod-{number}-{pod}"
                age = 3600.0 + 0.37 * (number + pod)
                run_pod(admin, kubelet, NAMESPACE, name, cpu=0.01 * (pod + 1), age=age)
        flags = [f"--metric-resolution={PERIOD:g}s", "--node-selector=world=replicas"]
        first = stack.enter_context(servers.tidegauge(control_plane, *flags, name="replica-a"))
        time.sleep(0.45 * PERIOD)
        second = stack.enter_context(servers.tidegauge(control_plane, *flags, name="replica-b"))
        for each in (first, second):
            each.wait_until(partial(_complete, each), "data of all pods", 60)
        time.sleep(2 * PERIOD)  # "after the first two periods"
        yield first, second


@pytest.fixture(scope="module")
def said(replicas: tuple[MetricsServer, MetricsServer]) -> list[Said]:
    """Looks at both, each look at the same moment."""
    looks = []
    with ThreadPoolExecutor(2) as threads:
        until = time.monotonic() + WATCHED_SECONDS
        while time.monotonic() < until:
            looks.append(Said(*threads.map(_items, [each.admin for each in replicas])))
            time.sleep(0.2)
    return looks


def _complete(server: MetricsServer) -> bool:
    return len(_items(server.admin)) == NODES * PODS


def _items(client: Client) -> dict[str, Answer]:
    answer = client.request("GET", LIST)
    return {
        item["metadata"]["name"]: (item["timestamp"], item["window"], item["containers"])
        for item in answer["items"]
    }


def test_equal(said: list[Said]) -> None:
    """Timestamp, window and usage are equal for at least 99 of 100 pods asked at once."""
    pairs = [(look.first[pod], look.second[pod]) for look in said for pod in look.first]
    equal = sum(one == other for one, other in pairs)
    print(f"{equal} of {len(pairs)} answers equal")
    assert equal >= 0.99 * len(pairs)


def test_at_most_one_sample_apart(said: list[Said]) -> None:
    """Where they differ, one is at what the other said a sample before or will say next.

    A sample is known by its timestamp: whoever missed the one before it gives it a longer window.
    """
    for pod in said[0].first:
        stamps = sorted({both[pod][0] for look in said for both in look})
        for look in said:
            places = [stamps.index(both[pod][0]) for both in look]
            assert abs(places[0] - places[1]) <= 1, (pod, look.first[pod], look.second[pod])


def test_complete(said: list[Said]) -> None:
    """Each of them tells of every pod, all the time."""
    assert all(len(each) == NODES * PODS for look in said for each in look)
