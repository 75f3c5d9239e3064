"""Load becomes CPU and memory: nothing is lost, limits hold, neighbours are felt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.simulation.worlds import START, meters, one_worker, plain, pods, tell, world
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.fairshare import share
from tidegauge.sandbox.simulation.world import World

NANO = 10**9


def used(of: World) -> int:
    """CPU of the web pods' containers in all their lives."""
    of_web = [
        container
        for kubelet in of.kubelets.values()
        for pod in kubelet.pods.values()
        if pod.app == "web"
        for container in pod.containers
    ]
    return sum(container.used_ever(of.engine.now) for container in of_web)


def test_cpu_used_is_work_done() -> None:
    """Of an image that takes nothing without work, to the nanosecond."""
    of = world(plain())
    of.advance(START + 300)

    flow = of.flows["shop/web"]
    assert used(of) == flow.served
    assert flow.waiting == sum(meter.work.waiting for meter in meters(of, "web"))
    assert flow.served + flow.waiting + flow.lost == flow.arrived
    assert flow.arrived == pytest.approx(300 * 50 * 0.010 * NANO, rel=0.02)


def test_a_pod_at_its_limit_is_throttled_and_queues() -> None:
    """It uses its limit and no more; what is over waits, and is turned away in the end."""
    of = world(plain(("rate: 50", "rate: 400")))
    of.advance(START + 20)
    early = used(of)

    of.advance(START + 80)

    assert used(of) - early == pytest.approx(60 * 4 * 0.4 * NANO, rel=0.001)
    each = meters(of, "web")
    assert all(meter.rate == 400_000 for meter in each)
    assert all(meter.stalled > 0 for meter in each)
    # 10 s of patience at 0.4 cores, and what came since the last tick.
    assert all(4 * NANO <= meter.work.waiting <= 5 * NANO for meter in each)
    flow = of.flows["shop/web"]
    assert flow.lost > 0
    assert flow.served + flow.waiting + flow.lost == flow.arrived


def test_load_is_shared_among_ready_pods_only() -> None:
    """A pod that is not ready gets no request."""
    of = world(
        plain(("ready: 2s, cpu: 0, memory: 64Mi, memoryPerRate", "ready: 10m, memoryPerRate"))
    )

    of.advance(START + 60)

    assert all(meter.work.served == 0 for meter in meters(of, "web"))
    assert of.flows["shop/web"].lost == of.flows["shop/web"].arrived > 0


def test_fewer_pods_work_more_each() -> None:
    """The same load on half the pods is twice the CPU of each, within what balancers are uneven."""
    of = world(plain(("rate: 50", "rate: 40")))
    of.advance(START + 60)
    before = sum(meter.rate for meter in meters(of, "web")) / 4
    found = of.storage.list("deployments", "shop")[0]
    of.storage.update("deployments", found | {"spec": found["spec"] | {"replicas": 2}})

    of.advance(START + 120)

    rates = [meter.rate for meter in meters(of, "web")]
    assert len(rates) == 2
    assert sum(rates) / 2 == pytest.approx(2 * before, rel=0.01)
    assert rates[0] != rates[1]


def test_memory_grows_with_work_and_sinks_slowly() -> None:
    """A crowd leaves pods with more memory for a while."""
    crowd = "rate: 20, crowds: [{at: 60s, times: 4, rise: 1s, hold: 60s, fall: 1s}]"
    of = world(plain(("rate: 50", crowd)))

    def held(at: float) -> int:
        of.advance(START + at)
        return sum(meter.memory for meter in meters(of, "web"))

    calm, busy, just_after, later = held(50), held(110), held(130), held(900)

    assert calm < busy
    assert calm + (busy - calm) // 2 < just_after < busy
    assert later == pytest.approx(calm, rel=0.001)


NEIGHBOURS = """
title: Two on one node
images:
  quiet:1: {cpu: 0, ready: 1s}
  noisy:1: {cpu: 0, ready: 1s}
workloads:
  - {name: quiet, namespace: shop, containers: [{name: c, image: "quiet:1", requests: {cpu: "1"}}]}
  - {name: noisy, namespace: shop, containers: [{name: c, image: "noisy:1", requests: {cpu: 500m}}]}
load:
  - {to: shop/quiet, rate: 200, work: 10ms}
  - {to: shop/noisy, steps: [{at: 60s, rate: 1000}], work: 10ms}
"""


def test_neighbours_share_a_full_node_by_their_requests() -> None:
    """Alone a pod takes what it wants; with a greedy neighbour twice as much as half its weight."""
    of = world(tell(NEIGHBOURS), machines=one_worker(cpu=2_500_000))
    of.advance(START + 55)
    (quiet,) = meters(of, "quiet")
    alone = quiet.rate

    of.advance(START + 90)

    (noisy,) = meters(of, "noisy")
    assert alone == 2_000_000
    assert quiet.rate == pytest.approx(2 * noisy.rate, rel=0.01)
    assert quiet.rate + noisy.rate < 2_500_000


@given(
    wanted=st.lists(st.integers(0, 10**7), min_size=1, max_size=12),
    weights=st.lists(st.integers(1, 10**6), min_size=12, max_size=12),
    capacity=st.integers(0, 10**7),
)
def test_shares_add_up(wanted: list[int], weights: list[int], capacity: int) -> None:
    """Nobody gets more than it wants, and no CPU idles while anybody wants more."""
    granted = share(wanted, weights[: len(wanted)], capacity)

    assert all(0 <= got <= want for got, want in zip(granted, wanted, strict=True))
    assert sum(granted) == min(capacity, sum(wanted)) or (
        capacity - len(wanted) <= sum(granted) <= capacity
    )


def test_who_needs_little_gets_it_all() -> None:
    """What a small one leaves of its share is for the others, by weight."""
    assert share([100, 900, 900], [1, 1, 2], 1000) == [100, 300, 600]


LEAKING = """
title: A leak
images:
  leak:1: {ready: 1s, memory: 50Mi, leak: 1Mi}
workloads:
  - name: web
    namespace: shop
    containers: [{name: web, image: "leak:1", limits: {memory: 100Mi}, requests: {memory: REQUEST}}]
load:
  - {to: shop/web, rate: 1, work: 10ms}
"""


@pytest.mark.parametrize(
    ("swap", "seconds"), [(0, 55), (8 << 30, 79)], ids=["no swap", "with swap"]
)
def test_a_leak_ends_in_an_oom_kill(swap: int, seconds: int) -> None:
    """A mebibyte each second: over its limit a container is killed, or swaps first where it may."""
    of = world(tell(LEAKING.replace("REQUEST", "48Mi")), machines=one_worker(swap=swap))
    of.advance(START + seconds)
    (before,) = pods(of, "web")
    (meter,) = meters(of, "web")
    swapped = meter.swapped

    of.advance(START + seconds + 10)

    (after,) = pods(of, "web")
    assert before["status"]["containerStatuses"][0]["restartCount"] == 0
    assert (swapped > 0) is (swap > 0)
    status = after["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert status["lastState"]["terminated"]["exitCode"] == 137
    assert "running" in status["state"]


@pytest.mark.parametrize("name", library.names())
def test_no_request_is_unaccounted_for(name: str) -> None:
    """Through crashes, kills and rollouts: each is served, waits in a pod that runs, or is lost."""
    of = world(library.shipped(name))
    for minute in range(1, 16):
        of.advance(START + minute * 60)

        for key, flow in of.flows.items():
            namespace, app = key.split("/")
            waiting = [
                meter.work.waiting
                for kubelet in of.kubelets.values()
                for pod, container, meter in kubelet.running()
                if (pod.key[0], pod.app) == (namespace, app) and container is pod.main[0]
            ]
            assert flow.waiting == sum(waiting)
            assert min(flow.served, flow.lost, *waiting) >= 0
