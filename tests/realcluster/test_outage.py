"""kube-apiserver goes away for most of a minute and comes back: we go on serving all the while.

A second server of ours is started meanwhile, finds nobody there, and gets well by itself.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.realcluster import servers
from tests.realcluster.client import Answer, Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.looking import Log, Usage, usages
from tests.realcluster.placing import node, run_pod
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer

NAMESPACE = "outage"
NODE = "outage-node"
PODS = f"namespaces/{NAMESPACE}/pods"
# Past all that is remembered: 10 s of reviews, 3 periods of usage, and the longest pause of 15 s
# between two tries of an informer.
OUTAGE_SECONDS = 40.0
LOOK_SECONDS = 0.5
# A period, whole seconds, and a busy machine.
FRESH_SECONDS = 4.0
# A review is tried again for some seconds.
REFUSED_SECONDS = 10.0
# The longest pause of informers, and some.
HEALING_SECONDS = 30.0


@dataclass(frozen=True)
class Look:
    """What the running server (`node`, `pod`, `livez`, `readyz`) and the late one said."""

    at: float
    node: Usage | None
    pod: Usage | None
    health: tuple[int, int]
    late_health: tuple[int, int]


@dataclass(frozen=True)
class Outage:
    """All that was seen while kube-apiserver was away."""

    looks: Sequence[Look]
    log: Log
    pid: int
    refused: Mapping[str, tuple[Answer, float]]
    late: MetricsServer
    late_log: Log


@pytest.fixture(scope="module")
def outage(control_plane: ControlPlane, tidegauge: MetricsServer) -> Iterator[Outage]:
    """From a healthy cluster through the outage to a healthy one."""
    control_plane.create_namespace(NAMESPACE)
    token = control_plane.service_account_token(NAMESPACE, "default")
    late = servers.tidegauge(control_plane, "--metric-resolution=1s", name="late")
    with (
        Kubelets(control_plane.authority) as kubelets,
        node(control_plane.admin, kubelets, NODE) as kubelet,
    ):
        run_pod(control_plane.admin, kubelet, NAMESPACE, "early")
        tidegauge.wait_until(lambda: usages(tidegauge, PODS), "data", 30)
        log, late_log, pid = Log(tidegauge), Log(late), tidegauge.pid
        control_plane.pause_apiserver()
        try:
            late.start()
            with ThreadPoolExecutor(1) as pool:
                refusing = pool.submit(_refusals, tidegauge, token)
                looks, refused = list(_looks(tidegauge, late)), refusing.result()
            # In this thread: the kernel ends kube-apiserver with the thread that started it.
            control_plane.resume_apiserver()
            run_pod(control_plane.admin, kubelet, NAMESPACE, "new")
            yield Outage(looks, log, pid, refused, late, late_log)
        finally:
            late.stop()
            control_plane.restart_controllers()


def _looks(server: MetricsServer, late: MetricsServer) -> Iterator[Look]:
    stranger = Client(late.url, late.plane.authority.certificate)
    began = time.time()
    while time.time() < began + OUTAGE_SECONDS:
        yield Look(
            time.time(),
            usages(server, "nodes").get(NODE),
            usages(server, PODS).get("early"),
            _health(server.admin),
            _health(stranger),
        )
        time.sleep(LOOK_SECONDS)
    stranger.close()


def _health(client: Client) -> tuple[int, int]:
    try:
        return client.send("GET", "/livez").status, client.send("GET", "/readyz").status
    except OSError:
        return 0, 0


def _refusals(server: MetricsServer, token: str) -> Mapping[str, tuple[Answer, float]]:
    """How those are answered who can't be known or judged now, and in how many seconds."""
    authority = server.plane.authority.certificate
    clients = {
        "token": Client(server.url, authority, token=token),
        "user": server.client("somebody"),
        "anonymous": Client(server.url, authority),
    }
    answers = {}
    for name, client in clients.items():
        asked = time.monotonic()
        answers[name] = client.send("GET", f"{API}/v1/nodes"), time.monotonic() - asked
        client.close()
    return answers


def test_usage_stays_fresh(outage: Outage) -> None:
    """Nodes and pods of before are scraped and served, to whoever needs no review."""
    ages = [look.at - usage.at for look in outage.looks for usage in (look.node, look.pod) if usage]

    assert len(ages) == 2 * len(outage.looks)
    assert len(ages) > OUTAGE_SECONDS
    assert max(ages) < FRESH_SECONDS


def test_health_stays_green(outage: Outage) -> None:
    """An outage of the API server is no reason to restart us or to take us away."""
    assert {look.health for look in outage.looks} == {(200, 200)}


def test_who_needs_a_review_is_refused_soon(outage: Outage) -> None:
    """A token proves nothing now, and of nobody it is known what he may do."""
    statuses = {name: answer.status for name, (answer, _) in outage.refused.items()}

    assert statuses == {"token": 401, "user": 500, "anonymous": 500}
    assert b"check that the API server runs" in outage.refused["user"][0].body
    assert max(seconds for _, seconds in outage.refused.values()) < REFUSED_SECONDS


def test_it_was_told_once(outage: Outage, tidegauge: MetricsServer) -> None:
    """A line for each watch when it broke, and one when it was back; no restart."""
    tidegauge.wait_until(
        lambda: len(outage.log.lines(event="watch recovered")) == 3, "all watches", HEALING_SECONDS
    )
    broke = outage.log.lines(event="watch failed", cause="unreachable")

    assert sorted(line["key"] for line in broke) == ["configmaps", "nodes", "pods"]
    # While kube-apiserver starts it knows no roles for a moment, and refuses what it will allow.
    assert {line["cause"] for line in outage.log.lines(event="watch failed")} <= {
        "unreachable",
        "forbidden",
    }
    assert all("check that the API server runs" in line["error"] for line in broke)
    assert tidegauge.pid == outage.pid


@pytest.mark.usefixtures("outage")
def test_what_is_new_afterwards_is_seen(tidegauge: MetricsServer) -> None:
    """A pod that was made after the outage is served beside the one from before."""
    tidegauge.wait_until(lambda: "new" in usages(tidegauge, PODS), "the new pod", HEALING_SECONDS)

    assert set(usages(tidegauge, PODS)) == {"early", "new"}


def test_a_server_started_meanwhile_waits(outage: Outage) -> None:
    """Alive, not ready, and its log says why."""
    up = [look.late_health for look in outage.looks if look.late_health != (0, 0)]
    reasons = {line["key"]: line["cause"] for line in outage.late_log.lines(event="check failed")}

    assert len(up) > len(outage.looks) / 2
    assert set(up) == {(200, 500)}
    assert reasons["readyz/metric-informer-sync"] == "nodes and pods were not listed yet"
    assert reasons["readyz/metric-storage-ready"] == "no metrics to serve"
    assert "was not read yet" in reasons["readyz/client-authorities"]
    assert len(outage.late_log.lines(event="watch failed", cause="unreachable")) == 3


def test_a_server_started_meanwhile_heals(outage: Outage) -> None:
    """Once the API server is there, without having exited."""
    late = outage.late
    late.wait_ready(HEALING_SECONDS)

    late.wait_until(lambda: set(usages(late, PODS)) == {"early", "new"}, "pods", HEALING_SECONDS)
