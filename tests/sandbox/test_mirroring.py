"""A machine's Node and mirror pods in an API server's storage."""

from dataclasses import replace
from typing import Any

import pytest

from tests.clock import ManualClock
from tests.sandbox.looks import node
from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.mirroring import MIRROR, Mirror
from tidegauge.sandbox.records import Node


@pytest.fixture
def storage() -> Storage:
    return Storage(ManualClock())


@pytest.fixture
def mirror(storage: Storage) -> Mirror:
    return Mirror(storage, address="127.0.0.1", port=11250, cpus=8)


def names(storage: Storage) -> list[str]:
    return [
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in storage.list("pods")
    ]


def test_the_node_is_where_its_figures_are(storage: Storage, mirror: Mirror) -> None:
    """Ready, of the machine's size, and closed to schedulers."""
    mirror.show(node())

    found = storage.get("nodes", "", "node-a")
    assert found is not None
    assert found["status"]["daemonEndpoints"] == {"kubeletEndpoint": {"Port": 11250}}
    assert found["status"]["addresses"][0] == {"type": "InternalIP", "address": "127.0.0.1"}
    assert found["status"]["capacity"]["memory"] == f"{8 << 20}Ki"
    assert found["status"]["capacity"]["cpu"] == "8"
    assert found["status"]["conditions"][-1]["type"] == "Ready"
    assert found["spec"]["unschedulable"]
    assert found["spec"]["taints"]


def test_pods_are_mirrored(storage: Storage, mirror: Mirror) -> None:
    """Running on the node, with their containers, in namespaces that are made for them."""
    mirror.show(node())

    assert names(storage) == ["shop/web", "system/ssh"]
    assert storage.get("namespaces", "", "system")
    pod = storage.get("pods", "shop", "web")
    assert pod is not None
    assert pod["spec"]["nodeName"] == "node-a"
    assert [each["name"] for each in pod["spec"]["containers"]] == ["app"]
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["containerStatuses"][0]["state"] == {
        "running": {"startedAt": "2026-08-12T04:48:40Z"}
    }


def later(seconds: float, **changed: Any) -> Node:
    now = node(**changed)
    return replace(now, usage=replace(now.usage, time=now.usage.time + seconds))


@pytest.mark.parametrize("resource", ["pods", "nodes"])
def test_the_same_look_writes_nothing(storage: Storage, mirror: Mirror, resource: str) -> None:
    """Watchers are not woken by what did not change."""
    mirror.show(node())
    heard: list[str] = []
    storage.subscribe(resource, lambda change, _: heard.append(change))

    for seconds in (2, 4, 299):
        mirror.show(later(seconds))

    assert heard == []


def test_the_nodes_status_is_renewed(storage: Storage, mirror: Mirror) -> None:
    """Every five minutes, or when it is another; since when it is ready stays."""
    mirror.show(node())
    (first,) = storage.list("nodes")
    mirror.show(later(300))
    (second,) = storage.list("nodes")
    mirror.show(later(302, memory_capacity=1 << 30))
    (third,) = storage.list("nodes")

    before, after = (each["status"]["conditions"][-1] for each in (first, second))
    assert after["lastHeartbeatTime"] > before["lastHeartbeatTime"]
    assert after["lastTransitionTime"] == before["lastTransitionTime"]
    assert third["status"]["capacity"]["memory"] == "1048576Ki"


def test_a_lost_node_is_not_ready_until_it_is_back(storage: Storage, mirror: Mirror) -> None:
    """As the node controller tells of any silent kubelet; its last heartbeat stays."""

    def ready() -> dict[str, Any]:
        (found,) = storage.list("nodes")
        (condition,) = (c for c in found["status"]["conditions"] if c["type"] == "Ready")
        return dict(condition)

    mirror.show(node())
    first = ready()
    mirror.lose(later(60))
    lost = ready()
    mirror.lose(later(62))
    mirror.show(later(64))

    assert (lost["status"], lost["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert lost["lastHeartbeatTime"] == first["lastHeartbeatTime"] < lost["lastTransitionTime"]
    assert ready()["status"] == "True"
    assert ready()["lastTransitionTime"] > lost["lastTransitionTime"]


@pytest.mark.parametrize(
    ("whole", "left"), [(True, ["shop/web"]), (False, ["shop/web", "system/ssh"])]
)
def test_what_is_gone_is_removed(
    storage: Storage, mirror: Mirror, whole: bool, left: list[str]
) -> None:
    """Unless the look was cut short: then it may still be there."""
    mirror.show(node())
    mirror.show(node(pods=node().pods[1:], whole=whole))

    assert names(storage) == left


def test_another_life_is_another_pod(storage: Storage, mirror: Mirror) -> None:
    """With a uid of its own, as after a restart of the service."""
    mirror.show(node())
    before = storage.get("pods", "system", "ssh")
    again = replace(node().pods[0], uid="uid-3")
    mirror.show(node(pods=(again, node().pods[1])))
    after = storage.get("pods", "system", "ssh")

    assert before is not None
    assert after is not None
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


def test_pods_of_others_are_left_alone(storage: Storage, mirror: Mirror) -> None:
    """A workload's pod may be called like a service; other nodes' pods are none of ours."""
    theirs = {"metadata": {"name": "ssh", "namespace": "system"}, "spec": {"nodeName": "worker"}}
    storage.create("pods", theirs)

    mirror.show(node())
    mirror.remove("node-a")

    assert names(storage) == ["system/ssh"]
    found = storage.get("pods", "system", "ssh")
    assert found is not None
    assert MIRROR not in (found["metadata"].get("annotations") or {})


def test_nothing_is_left_after_removal(storage: Storage, mirror: Mirror) -> None:
    """Neither the node nor its pods."""
    mirror.show(node())

    mirror.remove("node-a")

    assert names(storage) == []
    assert storage.list("nodes") == []
