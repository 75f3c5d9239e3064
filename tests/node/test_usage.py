"""What real containers use is what is served: the incumbent's end-to-end expectations, and more.

All pods are made at once, for each takes two scrapes to be known.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.node import workloads
from tests.node.conftest import Installed
from tests.node.workloads import burner, container, pod
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API, quantity

MIB = 1 << 20
PODS = f"{API}/v1beta1/namespaces/default/pods"
KNOWN_SECONDS = 60.0


@pytest.fixture(scope="module")
def running(installed: Installed) -> Iterator[Installed]:
    """All pods, running."""
    image = installed.image
    always = {**container("sidecar", image, workloads.IDLE), "restartPolicy": "Always"}
    pods = [
        pod("burner", [burner("main", image, 500, 50)]),
        pod("twin", [burner("one", image, 100, 30), container("two", image, workloads.IDLE)]),
        pod(
            "prepared",
            [container("main", image, workloads.IDLE)],
            initial=[container("first", image, workloads.DONE)],
        ),
        pod("accompanied", [container("main", image, workloads.IDLE)], initial=[always]),
        pod("crashing", [container("main", image, workloads.CRASH)]),
        pod("idle", [container("main", image, workloads.IDLE)]),
    ]
    installed.plane.wait_for("/api/v1/namespaces/default/serviceaccounts/default", bool)
    for each in pods:
        installed.plane.request("POST", "/api/v1/namespaces/default/pods", each)
    yield installed
    installed.kubectl("delete", "pods", "--all", "--wait=false")


def usage(installed: Installed, name: str) -> Mapping[str, Any]:
    """What is served of a pod, by container, once it is."""
    found = installed.plane.wait_for(f"{PODS}/{name}", bool, KNOWN_SECONDS)
    return {each["name"]: each["usage"] for each in found["containers"]}


def test_a_known_load(running: Installed) -> None:
    """Half a core reads as 500 ± 50 millicores, and 50 MiB as 50 ± 5, within a minute."""

    def known() -> bool:
        used = usage(running, "burner")["main"]
        cpu, memory = quantity(used["cpu"]) * 1000, quantity(used["memory"]) / MIB
        return 450 <= cpu <= 550 and 45 <= memory <= 55

    wait_until(known, "500m and 50 MiB", KNOWN_SECONDS, every=1)
    shown = running.kubectl("top", "pod", "burner", "--no-headers").split()
    assert 450 <= int(shown[1].removesuffix("m")) <= 550


@pytest.mark.parametrize(
    ("name", "containers"),
    [
        ("twin", {"one", "two"}),
        ("prepared", {"main"}),
        ("accompanied", {"main", "sidecar"}),
        ("idle", {"main"}),
    ],
)
def test_the_containers_of_a_pod(running: Installed, name: str, containers: set[str]) -> None:
    """Those that run, and no others: a finished one is gone, a sidecar counts."""
    assert set(usage(running, name)) == containers


def test_a_crashing_container_hides_no_other_pod(running: Installed) -> None:
    """It has no usage while it does not run; the list is whole without it."""
    usage(running, "idle")
    listed = {each["metadata"]["name"] for each in running.plane.request("GET", PODS)["items"]}

    assert {"burner", "twin", "prepared", "accompanied", "idle"} <= listed


def test_a_deleted_pod_is_gone(running: Installed) -> None:
    """From its own path and from the list, within a minute."""
    usage(running, "idle")
    running.kubectl("delete", "pod", "idle", "--now")

    wait_until(lambda: running.plane.admin.send("GET", f"{PODS}/idle").status == 404, "its end", 60)


def test_the_nodes_usage_covers_its_pods(running: Installed) -> None:
    """At least the burner's half core."""
    usage(running, "burner")
    node = running.plane.request("GET", f"{API}/v1/nodes/real-node")["usage"]

    assert quantity(node["cpu"]) * 1000 > 450
    assert quantity(node["memory"]) / MIB > 100
