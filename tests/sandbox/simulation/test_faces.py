"""What simulated kubelets tell: the wire format, trailing stamps, counters that never fall."""

import json
import re
from collections import defaultdict

import pytest

from tests.sandbox.simulation.worlds import START, plain, pods, world
from tidegauge.kubelet import exposition
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.kubelet import Kubelet
from tidegauge.sandbox.simulation.world import World

LINE = re.compile(
    r"(?P<family>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)(?: (?P<stamp>\d+))?"
)

UNSTAMPED = {"container_start_time_seconds", "resource_scrape_error"}


@pytest.fixture(scope="module")
def shop() -> World:
    """The shop, two minutes on."""
    of = world(library.shipped("shop-day"))
    of.advance(START + 120)
    return of


def lines(kubelet: Kubelet) -> list[re.Match[str]]:
    text = kubelet.resource_metrics().decode()
    found = [LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(found)
    return [match for match in found if match]


def values(kubelet: Kubelet, family: str) -> dict[str, tuple[float, int]]:
    """Value and stamp by labels."""
    return {
        match["labels"] or "": (float(match["value"]), int(match["stamp"] or 0))
        for match in lines(kubelet)
        if match["family"] == family
    }


def test_bodies_are_read_without_a_bad_line(shop: World) -> None:
    """Our own parser finds every container that runs, and calls each answer whole."""
    for kubelet in shop.kubelets.values():
        answer = exposition.parse(kubelet.resource_metrics(), 0, None)

        running = {(*pod.key, container.spec.name) for pod, container, _ in kubelet.running()}
        layout = answer.layout
        read = {
            (*key, layout.containers[slot])
            for index, key in enumerate(layout.pods)
            for slot in range(layout.firsts[index], layout.firsts[index + 1])
        }
        assert answer.whole
        assert answer.bad_lines == 0
        assert read == running
        assert all(answer.cpu[slot] and answer.memory[slot] for slot in range(layout.slots))
        assert all(answer.start[slot] for slot in range(1, layout.slots))


def test_families_and_series_are_sorted(shop: World) -> None:
    """Families by name, series by the values of their labels, labels by name."""
    found = lines(shop.kubelet("worker-3"))

    families = list(dict.fromkeys(match["family"] for match in found))
    series = defaultdict(list)
    for match in found:
        pairs = re.findall(r'([a-z]+)="([^"]*)"', match["labels"] or "")
        assert pairs == sorted(pairs)
        series[match["family"]].append([value for _, value in pairs])
    assert families == sorted(families)
    assert all(each == sorted(each) for each in series.values())
    assert len(families) == 12


def test_swap_lines_are_where_swap_is(shop: World) -> None:
    """A node without swap has none of them."""
    with_swap = {
        name
        for name, kubelet in shop.kubelets.items()
        if any("swap" in match["family"] for match in lines(kubelet))
    }

    assert with_swap == {"worker-3", "worker-6"}


def test_stamps_trail_by_at_most_a_period(shop: World) -> None:
    """Each container at its own time of the housekeeping period; starts have no stamp."""
    stamps = set()
    for kubelet in shop.kubelets.values():
        for match in lines(kubelet):
            assert (match["stamp"] is None) is (match["family"] in UNSTAMPED)
            if match["stamp"]:
                assert 0 <= shop.engine.now - int(match["stamp"]) <= 10_000
                stamps.add(match["stamp"])

    assert len(stamps) > 20


def test_numbers_are_written_as_go_does(shop: World) -> None:
    """Shortest, with an exponent from a million up, of two digits at least."""
    for match in lines(shop.kubelet("worker-1")):
        text, number = match["value"], float(match["value"])
        assert ("e+" in text) is (number >= 1e6)
        assert not text.endswith(".0")
        assert re.fullmatch(r"\d+(\.\d+)?(e\+\d\d)?", text)


def test_pod_totals_are_above_their_containers(shop: World) -> None:
    """By what the pause container takes, in CPU and in memory."""
    pairs = {
        "container_cpu_usage_seconds_total": "pod_cpu_usage_seconds_total",
        "container_memory_working_set_bytes": "pod_memory_working_set_bytes",
    }
    for kubelet in shop.kubelets.values():
        for of_container, of_pod in pairs.items():
            sums: dict[str, float] = defaultdict(float)
            for labels, (value, _) in values(kubelet, of_container).items():
                sums[labels.partition(",")[2]] += value
            totals = values(kubelet, of_pod)
            assert sums.keys() == totals.keys()
            assert all(totals[labels][0] > total for labels, total in sums.items())


def test_a_scrape_error_is_told() -> None:
    """A kubelet that failed to collect says so."""
    of = world(plain())
    kubelet = of.kubelet("worker-1")
    kubelet.scrape_error = True

    assert kubelet.resource_metrics().endswith(b"\nresource_scrape_error 1\n")


@pytest.mark.parametrize("name", ["leak", "bad-rollout"])
def test_counters_fall_only_where_something_restarted(name: str) -> None:
    """Of containers by their start; of pods and nodes never, though containers crash and go."""
    of = world(library.shipped(name))
    highest: dict[tuple[str, str], float] = {}
    stamps: dict[tuple[str, str], int] = {}
    for step in range(1, 200):
        of.advance(START + step * 5)
        for node, kubelet in of.kubelets.items():
            starts = values(kubelet, "container_start_time_seconds")
            for family in ("container_cpu", "pod_cpu", "node_cpu"):
                found = values(kubelet, f"{family}_usage_seconds_total")
                for labels, (value, stamp) in found.items():
                    key = (node, f"{labels}{starts.get(labels)}")
                    assert value >= highest.get(key, 0.0)
                    assert stamp >= stamps.get(key, 0)
                    highest[key], stamps[key] = value, stamp


def test_rates_are_exact_between_stamps() -> None:
    """What a scraper makes of two bodies is what the container used between their stamps."""
    of = world(plain(("rate: 50", "rate: 400")))
    of.advance(START + 60)
    (pod, *_) = pods(of, "web")
    kubelet = of.kubelet(pod["spec"]["nodeName"])
    one = values(kubelet, "container_cpu_usage_seconds_total")
    of.advance(START + 83)

    other = values(kubelet, "container_cpu_usage_seconds_total")

    (labels,) = [each for each in one if pod["metadata"]["name"] in each]
    used, elapsed = (
        after - before for after, before in zip(other[labels], one[labels], strict=True)
    )
    assert elapsed == 20_000
    assert used == pytest.approx(0.4 * 20)


def test_summaries_say_the_same(shop: World) -> None:
    """`/stats/summary` has the figures of `/metrics/resource`, and rates beside them."""
    kubelet = shop.kubelet("worker-3")
    resource = values(kubelet, "container_cpu_usage_seconds_total")

    summary = json.loads(kubelet.summary())

    cpu = {
        f'container="{each["name"]}",namespace="{pod["podRef"]["namespace"]}",'
        f'pod="{pod["podRef"]["name"]}"': each["cpu"]
        for pod in summary["pods"]
        for each in pod["containers"]
    }
    assert {key: each["usageCoreNanoSeconds"] / 1e9 for key, each in cpu.items()} == {
        key: value for key, (value, _) in resource.items()
    }
    assert all(each["usageNanoCores"] > 0 for each in cpu.values())
    assert summary["node"]["nodeName"] == "worker-3"
    assert summary["node"].keys() >= {"systemContainers", "network", "fs", "runtime", "rlimit"}
    for pod in summary["pods"]:
        assert pod.keys() >= {"io", "network", "ephemeral-storage", "process_stats", "swap"}
        assert all(each.keys() >= {"io", "rootfs", "logs", "swap"} for each in pod["containers"])
    swap = summary["node"]["swap"]
    assert swap["swapUsageBytes"] > 0
    assert swap["swapUsageBytes"] + swap["swapAvailableBytes"] == 2 << 30
    assert summary["node"]["startTime"] == "2026-11-20T12:00:00Z"


def test_a_restarted_container_is_told_anew() -> None:
    """Its line is gone until the new life is measured, and begins again with a new start."""
    of = world(library.shipped("leak"))
    starts: dict[str, set[float]] = defaultdict(set)
    missing = 0
    for step in range(1, 1200):
        of.advance(START + step / 2)
        for kubelet in of.kubelets.values():
            found = values(kubelet, "container_start_time_seconds")
            for labels, (value, _) in found.items():
                if 'namespace="mail"' in labels:
                    starts[labels].add(value)
            running = sum(pod.key[0] == "mail" for pod, _, _ in kubelet.running())
            missing += sum('namespace="mail"' in labels for labels in found) < running

    assert max(map(len, starts.values())) > 1
    assert missing > 0
