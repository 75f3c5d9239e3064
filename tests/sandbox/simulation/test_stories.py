"""The shipped stories take the course that they say they take."""

from typing import Any

from tests.sandbox.simulation.worlds import START, pods, ready, reasons, world
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.world import World


def told(name: str) -> World:
    return world(library.shipped(name))


def lost(of: World, key: str, since: float, until: float) -> float:
    """Share of the requests between two times that were turned away."""
    flow = of.flows[key]
    of.advance(START + since)
    before = flow.lost, flow.arrived
    of.advance(START + until)
    return (flow.lost - before[0]) / (flow.arrived - before[1])


def cores(of: World, app: str) -> float:
    return sum(
        meter.rate / 1e6
        for kubelet in of.kubelets.values()
        for pod, _, meter in kubelet.running()
        if pod.app == app
    )


def restarts(of: World, app: str, namespace: str) -> list[dict[str, Any]]:
    statuses = (pod["status"]["containerStatuses"][0] for pod in pods(of, app, namespace))
    return [status for status in statuses if status["restartCount"]]


def test_the_shop_is_busiest_in_its_evening() -> None:
    """At twelve minutes of twenty, several times as busy as ten minutes later."""
    of = told("shop-day")
    of.advance(START + 12 * 60)
    evening = cores(of, "web")

    of.advance(START + 22 * 60)

    assert evening > 4 * cores(of, "web")


def test_the_sale_turns_customers_away() -> None:
    """While nobody scales; none before and none after."""
    of = told("flash-sale")

    shares = [lost(of, "sale/front", *span) for span in ((20, 55), (120, 360), (680, 880))]

    assert shares[0] == shares[2] == 0
    assert shares[1] > 0.3


def test_the_leak_is_killed_until_it_is_mended() -> None:
    """Every pod of the leaking version, again and again; the next version never."""
    of = told("leak")
    of.advance(START + 20 * 60)
    leaking = restarts(of, "inbox", "mail")

    of.advance(START + 60 * 60)

    assert len(leaking) == 3
    assert all(each["restartCount"] >= 3 for each in leaking)
    assert all(each["lastState"]["terminated"]["reason"] == "OOMKilled" for each in leaking)
    assert restarts(of, "inbox", "mail") == []
    assert ready(of, "inbox", "mail") == 3


def test_the_neighbour_is_felt() -> None:
    """While a batch is worked off, the service can't do its work; before and after it can."""
    of = told("noisy-neighbour")

    shares = [lost(of, "bank/ledger", *span) for span in ((60, 230), (300, 420), (800, 950))]

    assert shares[0] == shares[2] == 0
    assert shares[1] > 0.2


def test_bad_versions_hardly_hurt() -> None:
    """Two rollouts get stuck and the third goes through; customers lose nothing meanwhile."""
    of = told("bad-rollout")
    seen: list[set[str]] = []
    share = 0.0
    for since, until in ((60, 440), (440, 700), (700, 900)):
        share += lost(of, "news/page", since, until)
        seen.append({pod["spec"]["containers"][0]["image"] for pod in pods(of, "page", "news")})

    assert seen == [
        {"news/page:1.0", "news/page:1.1"},
        {"news/page:1.0", "news/page:1.2"},
        {"news/page:1.3"},
    ]
    assert {"BackOff", "Failed"} <= reasons(of, "Pod", "news")
    assert share < 0.001
