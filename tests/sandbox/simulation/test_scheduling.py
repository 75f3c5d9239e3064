"""Where pods go, and why they can't."""

from typing import Any

import pytest

from tests.sandbox.simulation.worlds import START, one_worker, plain, pods, reasons, world
from tidegauge.sandbox.simulation.machines import Machine, node_object
from tidegauge.sandbox.simulation.manifests import pod_of
from tidegauge.sandbox.simulation.world import World


def own_pod(of: World, name: str, **spec: Any) -> None:
    cpu = spec.pop("cpu", None)
    container: dict[str, Any] = {"name": "c", "image": "web:1"}
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    template = {"spec": {"containers": [container], **spec}}
    of.storage.create("pods", pod_of(template, name=name, namespace="default"))


def node_of(of: World, name: str) -> str:
    pod = of.storage.get("pods", "default", name)
    assert pod
    return str(pod["spec"].get("nodeName", ""))


def refusal(of: World, name: str) -> str:
    pod = of.storage.get("pods", "default", name)
    assert pod
    (condition,) = pod["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    return str(condition["message"])


def test_pods_of_a_workload_are_spread() -> None:
    """Four pods on six nodes have a node each, none of the control plane."""
    of = world(plain())

    of.advance(START + 10)

    nodes = {pod["spec"]["nodeName"] for pod in pods(of, "web")}
    assert len(nodes) == 4
    assert all(node.startswith("worker-") for node in nodes)


def test_a_node_is_full_by_requests() -> None:
    """Not by use: the pod that fits no more waits, says why, and goes when there is room."""
    of = world(plain(("replicas: 4", "replicas: 0")), machines=one_worker(cpu=2_000_000))
    # Of which 100m are the system's and 100m the network pod's.
    for name in ("one", "two"):
        own_pod(of, name, cpu="950m")
    of.advance(START + 20)
    message = refusal(of, "two")
    of.storage.delete("pods", "default", "one")

    of.advance(START + 40)

    assert message == (
        "0/2 nodes are available: 1 Insufficient cpu, "
        "1 node(s) had untolerated taint(s) ({node-role.kubernetes.io/control-plane: })."
    )
    assert reasons(of, "Pod", "default") >= {"FailedScheduling", "Scheduled"}
    assert node_of(of, "two") == "worker-1"


@pytest.mark.parametrize(
    ("spec", "node"),
    [
        pytest.param({}, "worker-1", id="away from taints"),
        pytest.param(
            {
                "tolerations": [{"operator": "Exists"}],
                "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
            },
            "control-a",
            id="to where it belongs, tolerating",
        ),
        pytest.param(
            {
                "tolerations": [
                    {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
                ],
                "nodeSelector": {"kubernetes.io/hostname": "control-a"},
            },
            "control-a",
            id="a toleration by key and value",
        ),
        pytest.param({"nodeSelector": {"disk": "fast"}}, "", id="nowhere"),
        pytest.param({"cpu": "64"}, "", id="too large for any"),
    ],
)
def test_labels_and_taints(spec: dict[str, Any], node: str) -> None:
    """A pod goes only where its selector and its tolerations let it."""
    of = world(plain(), machines=one_worker())

    own_pod(of, "own", **spec)
    of.advance(START + 10)

    assert node_of(of, "own") == node
    if not node:
        assert refusal(of, "own").startswith("0/2 nodes are available: ")


def test_a_cordoned_node_takes_nothing_more() -> None:
    """As `kubectl cordon` leaves it."""
    of = world(plain(("replicas: 4", "replicas: 0")), machines=one_worker())
    found = of.storage.get("nodes", "", "worker-1")
    assert found
    of.storage.update("nodes", found | {"spec": found["spec"] | {"unschedulable": True}})

    own_pod(of, "own")
    of.advance(START + 10)

    assert "1 node(s) were unschedulable" in refusal(of, "own")


def test_no_more_pods_than_a_node_takes() -> None:
    """A hundred and ten, its own among them."""
    of = world(plain(("replicas: 4", "replicas: 0")), machines=one_worker())
    for number in range(120):
        own_pod(of, f"own-{number:03}")

    of.advance(START + 30)

    placed = [pod for pod in of.storage.list("pods") if pod["spec"].get("nodeName") == "worker-1"]
    assert len(placed) == 110


def test_the_cluster_of_default() -> None:
    """Three of the control plane and six workers: one address, a port and a counted disk each."""
    of = world(plain())
    nodes = of.storage.list("nodes")
    of.advance(START + 30)

    ports = {
        node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]: {
            each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"
        }
        for node in nodes
    }
    assert len(nodes) == len(ports) == 9
    assert all(addresses == {"127.0.0.1"} for addresses in ports.values())
    tainted = [node["metadata"]["name"] for node in nodes if node["spec"].get("taints")]
    assert tainted == ["control-a", "control-b", "control-c"]
    system = [pod["metadata"]["name"] for pod in of.storage.list("pods", "kube-system")]
    assert sum(name.startswith("etcd-") for name in system) == 3
    assert sum(name.startswith("kube-proxy-") for name in system) == 9
    assert sum(name.startswith("coredns-") for name in system) == 2


def test_a_pod_of_every_node_comes_back() -> None:
    """Deleted, it is made anew on its node."""
    of = world(plain())
    of.advance(START + 30)
    (old,) = (
        pod
        for pod in of.storage.list("pods", "kube-system")
        if pod["metadata"]["name"].startswith("kube-proxy-")
        and pod["spec"]["nodeName"] == "worker-2"
    )
    of.storage.delete("pods", "kube-system", old["metadata"]["name"])

    of.advance(START + 60)

    (new,) = (
        pod
        for pod in of.storage.list("pods", "kube-system")
        if pod["metadata"]["name"].startswith("kube-proxy-")
        and pod["spec"]["nodeName"] == "worker-2"
    )
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    assert new["status"]["phase"] == "Running"


def condition(of: World, node: str, kind: str = "Ready") -> dict[str, Any]:
    found = of.storage.get("nodes", "", node)
    assert found
    return next(each for each in found["status"]["conditions"] if each["type"] == kind)


def test_a_silent_node_is_not_ready() -> None:
    """After its grace period; its pods count as not ready; when it speaks again all is well."""
    of = world(plain())
    of.advance(START + 60)
    name = pods(of, "web")[0]["spec"]["nodeName"]
    of.set_up(name, up=False)
    of.advance(START + 100)
    early = condition(of, name)
    of.advance(START + 130)
    silent = condition(of, name)
    idle = [pod.main[0].meter for pod in of.kubelet(name).pods.values() if pod.app == "web"]
    arriving = [meter.work.arriving for meter in idle if meter]
    unready = of.storage.list("deployments", "shop")[0]["status"]["readyReplicas"]

    of.set_up(name, up=True)
    of.advance(START + 160)

    assert early["status"] == "True"
    assert (silent["status"], silent["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert unready == 3
    assert arriving == [0]
    assert condition(of, name)["status"] == "True"
    assert of.storage.list("deployments", "shop")[0]["status"]["readyReplicas"] == 4
    assert {"NodeNotReady", "NodeReady"} <= reasons(of, "Node", "default")


def test_a_lost_node_is_given_up() -> None:
    """After five minutes more its pods are replaced; when it is back they end."""
    of = world(plain())
    of.advance(START + 60)
    lost = pods(of, "web")[0]
    of.set_up(lost["spec"]["nodeName"], up=False)
    of.advance(START + 60 + 50 + 300 + 30)
    meanwhile = pods(of, "web")

    of.set_up(lost["spec"]["nodeName"], up=True)
    of.advance(START + 500)

    ending = [pod for pod in meanwhile if "deletionTimestamp" in pod["metadata"]]
    assert [pod["metadata"]["name"] for pod in ending] == [lost["metadata"]["name"]]
    assert len(meanwhile) == 5
    assert len(pods(of, "web")) == 4
    assert lost["metadata"]["name"] not in {pod["metadata"]["name"] for pod in pods(of, "web")}


def test_a_deleted_node_takes_its_pods_with_it() -> None:
    """They are replaced elsewhere, those that each node has one of are not."""
    of = world(plain())
    of.advance(START + 60)
    name = pods(of, "web")[0]["spec"]["nodeName"]
    of.storage.delete("nodes", "", name)

    of.advance(START + 90)

    assert all(pod["spec"]["nodeName"] != name for pod in of.storage.list("pods"))
    assert len(pods(of, "web")) == 4
    assert not of.kubelet(name).pods


def test_nodes_of_others_are_left_alone() -> None:
    """A machine that is in the cluster but not simulated gets no pods, not even the system's."""
    of = world(plain())
    other = node_object(Machine("elsewhere", 64_000_000, 64 << 30), int(START))
    of.storage.create("nodes", other)

    of.advance(START + 60)

    assert all(pod["spec"]["nodeName"] != "elsewhere" for pod in of.storage.list("pods"))


def test_nodes_renew_their_leases() -> None:
    """Every ten seconds, each at its own time."""
    of = world(plain())

    of.advance(START + 95)

    times = [each["spec"]["renewTime"] for each in of.storage.list("leases", "kube-node-lease")]
    assert len(times) == len(set(times)) == 9
    assert min(times) >= "2026-11-23T12:01:25"


def test_machines_are_what_their_nodes_say() -> None:
    """Capacity, and what is kept for the system."""
    machine = Machine("m", 4_000_000, 8 << 30)
    of = world(plain(), machines=[machine])

    (node,) = of.storage.list("nodes")

    assert node["status"]["capacity"]["cpu"] == "4"
    assert node["status"]["allocatable"]["cpu"] == "3900m"
    assert node["status"]["capacity"]["memory"] == "8388608Ki"
    assert node["status"]["allocatable"]["memory"] == "8126464Ki"
