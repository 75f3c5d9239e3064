"""What clients see through the aggregation layer of what happens to one of two replicas.

Both serve at addresses of their own, and kube-apiserver chooses between them by the EndpointSlice,
as in a cluster. Clients ask 20 times a second; they are nobody special, so that each replica has
to ask kube-apiserver whether they may.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.realcluster import aggregation
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.ownnetwork import cut, own_network, prerequisites, sent_by
from tests.realcluster.pair import NOTICED_SECONDS, Asking, Member, Pair, install
from tests.realcluster.placing import create_node, run_pod
from tests.realcluster.process import free_port, wait_until

# Not the ones of anybody else: there are no others in this network.
ADDRESSES = ("10.231.8.1", "10.231.8.2")
GROUPS = (4201, 4202)
# Nodes that can be cut off together, by their networks.
NETWORKS = ("127.7.1", "127.7.2")
NODES_EACH, PODS = 2, 10
PODS_ALL = 2 * NODES_EACH * PODS
NAMESPACE = "default"
LIST = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
VALUES = {"ha": True, "shutdownDelaySeconds": 5}
# Past all that is remembered of who may what: 10 s.
PARTITION_SECONDS = 16.0
# Past the three periods of a second for which a silent node's usage is kept.
NODES_SECONDS = 6.0
# Shorter than the 30 s in which kube-apiserver gives up calling a server.
SILENCE_SECONDS = 5.0

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Stage:
    """Two replicas that know all pods, and a client that may read them."""

    plane: ControlPlane
    pair: Pair
    viewer: Client

    def asking(self) -> Asking:
        """Clients, to be used as a context."""
        return Asking(self.viewer, LIST)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if reason := prerequisites():
        pytest.skip(f"TWO REPLICAS ARE NOT TESTED BEHIND ONE SERVICE: {reason}")
    with ExitStack() as stack:
        stack.enter_context(own_network(ADDRESSES))
        plane = stack.enter_context(_plane(tmp_path_factory))
        kubelets = stack.enter_context(Kubelets(plane.authority))
        _populate(plane, kubelets)
        port = free_port()
        rendered = install(plane, port, VALUES)
        members = [
            Member(plane, rendered, (address, port), group, "--metric-resolution=1s")
            for address, group in zip(ADDRESSES, GROUPS, strict=True)
        ]
        for member in members:
            stack.callback(member.close)
        pair = Pair(plane, (members[0], members[1]))
        pair.start()
        plane.wait_metrics_api()
        reader = "system:tidegauge-aggregated-reader"
        plane.apply(aggregation.user_binding("viewer", reader, "viewer"))
        stage = Stage(plane, pair, plane.client("viewer"))
        wait_until(lambda: _complete(stage), "all pods", 30)
        yield stage


def _plane(factory: pytest.TempPathFactory) -> ControlPlane:
    return ControlPlane(
        factory.mktemp("ha"),
        controllers=(),
        without_admission=["ServiceAccount"],
        apiserver_flags=["--enable-aggregator-routing=true"],
    )


def _populate(plane: ControlPlane, kubelets: Kubelets) -> None:
    for network in NETWORKS:
        for number in range(1, NODES_EACH + 1):
            address = f"{network}.{number}"
            kubelet = kubelets.add(f"node-{address}", address, housekeeping=0)
            create_node(plane.admin, kubelet)
            for pod in range(PODS):
                run_pod(plane.admin, kubelet, NAMESPACE, f"pod-{address}-{pod}")


def _complete(stage: Stage) -> bool:
    """Several times in a row, so both say so."""
    answers = [stage.viewer.send("GET", LIST) for _ in range(8)]
    return all(each.status == 200 and len(each.json()["items"]) == PODS_ALL for each in answers)


def _settle(asking: Asking, seconds: float = 1.0) -> None:
    """Some requests more, so that what comes after is seen too."""
    wanted = len(asking.asked) + seconds * asking.per_second
    wait_until(lambda: len(asking.asked) >= wanted, "requests", 30)


def _told(what: str, asking: Asking) -> None:
    slowest = max(each.seconds for each in asking.asked)
    failed = len(asking.failures())
    print(f"{what}: {failed} of {len(asking.asked)} requests failed; slowest {slowest:.3f} s")


def test_roll(stage: Stage) -> None:
    """Drain and roll-out: each replica is deleted and replaced in turn, and no request fails."""
    with stage.asking() as asking:
        _settle(asking)
        codes = [stage.pair.replace(member) for member in stage.pair.members]
        _settle(asking)

    _told("drain and roll-out", asking)
    assert asking.failures() == []
    assert {each.items for each in asking.asked} == {PODS_ALL}
    assert codes == [0, 0]


def test_kill(stage: Stage) -> None:
    """Its half of the requests fails, at once, until its endpoint is gone; then none."""
    victim = stage.pair.members[0]
    with stage.asking() as asking:
        _settle(asking)
        killed = time.time()
        stage.pair.kill(victim)
        _settle(asking)

    failures = asking.failures()
    window = max((each.at for each in failures), default=killed) - killed
    _told("kill -9", asking)
    print(f"within {window:.2f} s of its death; {sorted({each.said for each in failures})}")
    assert {each.status for each in failures} <= {502, 503}
    assert min((each.at for each in failures), default=killed) > killed - 0.5
    assert window < NOTICED_SECONDS + 1.0
    # Refused at once, so nobody waits; and the other replica has its half.
    assert len(failures) < 0.8 * asking.per_second * (NOTICED_SECONDS + 1.0)
    assert max(each.seconds for each in failures) < 2.0


def test_partitioned_from_kube_apiserver(stage: Stage) -> None:
    """A replica that can't ask kube-apiserver any more goes on serving those it knows."""
    port = stage.plane.url.rpartition(":")[2]
    lost: Member = stage.pair.members[1]
    with stage.asking() as asking:
        _settle(asking)
        with cut(*sent_by(lost.group), "-p", "tcp", "--dport", port):
            time.sleep(PARTITION_SECONDS)
            ready = lost.ready()
        _settle(asking)

    _told("partitioned from kube-apiserver", asking)
    assert asking.failures() == []
    assert {each.items for each in asking.asked} == {PODS_ALL}
    assert ready


def test_not_reached_for_seconds(stage: Stage) -> None:
    """What was sent to a replica that is cut off both ways is answered when it is back."""
    lost = stage.pair.members[0]
    with stage.asking() as asking:
        _settle(asking)
        with cut("-s", lost.address), cut(*sent_by(lost.group)):
            time.sleep(SILENCE_SECONDS)
        _settle(asking)

    _told("not reached for seconds", asking)
    waited = sum(each.seconds > 0.5 for each in asking.asked)
    print(f"{waited} of {len(asking.asked)} requests took over half a second")
    assert asking.failures() == []
    # TCP sends again after 1, 2 and 4 s.
    assert max(each.seconds for each in asking.asked) < 2 * SILENCE_SECONDS + 2.0


def test_partitioned_from_half_of_the_nodes(stage: Stage) -> None:
    """No error: a replica that can't reach nodes serves the others, and all again afterwards."""
    with stage.asking() as asking:
        _settle(asking)
        with cut(*sent_by(stage.pair.members[0].group), "-d", f"{NETWORKS[0]}.0/24"):
            time.sleep(NODES_SECONDS)
        wait_until(lambda: _complete(stage), "all pods again", 30)

    _told("partitioned from half of the nodes", asking)
    fewer = sum(each.items < PODS_ALL for each in asking.asked)
    print(f"{fewer} of {len(asking.asked)} answers without the pods of nodes that were cut off")
    assert asking.failures() == []
    counts = {each.items for each in asking.asked}
    assert (min(counts), max(counts)) == (PODS_ALL // 2, PODS_ALL)
