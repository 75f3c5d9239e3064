"""From nodes to targets, from bodies to the store, and what is told about it."""

import io
import json
from typing import Any

import pytest

from tests.clock import ManualClock
from tidegauge.cluster.cache import Pods
from tidegauge.cluster.records import Node, Pod
from tidegauge.console.aiming import Aim
from tidegauge.console.intake import Intake
from tidegauge.console.scrapes import Scrapes
from tidegauge.kubelet.addressing import AddressRules
from tidegauge.kubelet.errors import DeadlineError, RefusedError
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body
from tidegauge.telemetry import logs
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.selectors import parse_label_selector
from tidegauge.usage.store import Store

PERIOD = 15.0


class Targets:
    """Stands in for the scraper."""

    def __init__(self) -> None:
        self.now: dict[str, Target] = {}

    def update(self, target: Target) -> None:
        self.now[target.name] = target

    def remove(self, name: str) -> None:
        self.now.pop(name, None)


class Bench:
    def __init__(self, selector: str = "") -> None:
        self.log = io.BytesIO()
        logs.configure("json", stream=self.log)
        self.clock = ManualClock()
        self.metrics = Metrics(PERIOD)
        self.store = Store(self.clock, period=PERIOD)
        self.pods = Pods()
        changes = OnChange(logs.get_logger("kubelet"), "scrape", self.clock)
        self.scrapes = Scrapes(changes, self.metrics, self.clock, PERIOD)
        self.targets = Targets()
        self.intake = Intake(self.store, self.pods, self.metrics, self.clock)
        self.aim = Aim(
            self.targets,
            self.intake,
            self.scrapes,
            AddressRules(),
            parse_label_selector(selector),
        )

    def deliver(self, node: str, at: float, *lines: str) -> bool:
        stamp = 1_795_435_200_000 + int(at * 1000)
        body = "".join(f"{line} {stamp}\n" for line in lines)
        target = Target(node, ("127.0.0.1",), 10250)
        return self.intake.deliver(target, Body(body.encode(), self.clock.now()))

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def logged(self) -> list[tuple[str, str]]:
        lines = map(json.loads, self.log.getvalue().splitlines())
        return [(line["event"], line.get("cause", "")) for line in lines]


ADDRESS = (("InternalIP", "127.0.0.7"),)


def node(name: str = "node-a", **fields: Any) -> Node:
    return Node(name, **{"addresses": ADDRESS, **fields})


CPU = 'container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 5'
MEMORY = 'container_memory_working_set_bytes{container="app",namespace="shop",pod="web"} 7'
NODE = ("node_cpu_usage_seconds_total 9", "node_memory_working_set_bytes 8")


class TestAim:
    def test_a_node_is_asked_as_long_as_it_is_there(self) -> None:
        """Added, changed, removed: the scraper's targets follow, and its data goes with it."""
        bench = Bench()
        bench.aim.changed(None, node())
        assert bench.targets.now["node-a"].addresses == ("127.0.0.7",)

        bench.aim.changed(node(), node(kubelet_port=11250))
        assert bench.targets.now["node-a"].port == 11250

        for at in (0.0, 15.0):
            bench.deliver("node-a", at, *NODE)
        assert bench.store.node_usage("node-a")
        bench.aim.changed(node(), None)
        assert bench.targets.now == {}
        assert bench.store.node_usage("node-a") is None

    @pytest.mark.parametrize(
        "fields",
        [
            {"annotations": (("tidegauge.dev/scrape", "false"),)},
            {"labels": b'{"kind":"virtual"}'},
        ],
        ids=["by annotation", "by selector"],
    )
    def test_a_node_that_is_left_out_is_not_asked_any_more(self, fields: dict[str, Any]) -> None:
        """Neither is a failure, and nothing of it is served."""
        bench = Bench("kind!=virtual")
        bench.aim.changed(None, node())
        bench.aim.changed(node(), node(**fields))

        assert bench.targets.now == {}
        assert bench.scrapes.failures() == {}

    def test_a_node_that_cannot_be_asked_is_a_failure_with_its_cause(self) -> None:
        """It is told in the log, counted, and told by readiness."""
        bench = Bench()
        bench.aim.changed(None, node(addresses=()))

        assert bench.scrapes.failures() == {"no_address": 1}
        assert bench.logged() == [("scrape failed", "no_address")]
        bench.aim.changed(node(addresses=()), None)
        assert bench.scrapes.failures() == {}

    def test_a_failing_node_that_is_left_out_fails_no_more(self) -> None:
        """That is what the annotation is for."""
        bench = Bench()
        bench.aim.changed(None, node())
        bench.scrapes.failed("node-a", RefusedError("node-a", "https://x", "y"), 1.0)
        bench.aim.changed(node(), node(annotations=(("tidegauge.dev/scrape", "false"),)))

        assert bench.scrapes.failures() == {}


class TestIntake:
    def test_a_pair_is_known_from_the_second_answer_on(self) -> None:
        """The answer tells the scraper whether to ask again soon."""
        bench = Bench()

        assert [bench.deliver("node-a", at, *NODE) for at in (0.0, 15.0)] == [False, True]

    def test_a_bad_line_is_counted_and_costs_that_line(self) -> None:
        """The node is stored all the same."""
        bench = Bench()
        for at in (0.0, 15.0):
            bench.deliver("node-a", at, *NODE, "container_cpu_usage_seconds_total 1")

        assert bench.sample("tidegauge_series_dropped_total", reason="bad_line") == 2
        assert bench.store.node_usage("node-a")

    def test_an_answer_that_is_not_whole_is_told_on_change(self) -> None:
        """When it begins, when its cause changes, and when it is over."""
        bench = Bench()
        for at, more in enumerate([["<p>"], ["<p>"], ["resource_scrape_error 1"], [], []]):
            bench.deliver("node-a", 15.0 * at, *NODE, *more)

        assert bench.logged() == [
            ("reading failed", "bad_line"),
            ("reading failed", "scrape_error"),
            ("reading recovered", "scrape_error"),
        ]

    def test_a_claim_on_another_nodes_pod_is_counted_and_never_served(self) -> None:
        """Only the node that the API server placed the pod on is believed."""
        bench = Bench()
        bench.pods.put(Pod("shop", "web", "node-b"))
        for at in (0.0, 15.0, 30.0):
            bench.deliver("node-a", at, CPU, MEMORY)

        assert bench.sample("tidegauge_series_dropped_total", reason="foreign_pod") == 3
        assert bench.store.pod_usage("shop", "web", "node-b") is None
        assert bench.logged() == [("pod check failed", "foreign_pod")]

        bench.deliver("node-a", 45.0, *NODE)
        assert bench.logged()[1:] == [("pod check recovered", "foreign_pod")]

    def test_a_pod_that_moved_is_no_longer_foreign_though_its_node_says_the_same(self) -> None:
        """The API server's word may come after the node's, as behind an outage."""
        bench = Bench()
        bench.pods.put(Pod("shop", "web", "node-b"))
        bench.deliver("node-a", 0.0, CPU, MEMORY)
        bench.pods.put(Pod("shop", "web", "node-a"))
        bench.deliver("node-a", 15.0, CPU, MEMORY)

        assert bench.logged() == [
            ("pod check failed", "foreign_pod"),
            ("pod check recovered", "foreign_pod"),
        ]

    def test_of_a_node_that_is_gone_nothing_is_remembered(self) -> None:
        """One that comes back under its name begins anew, in data and in the log."""
        bench = Bench()
        for at in (0.0, 15.0):
            bench.deliver("node-a", at, *NODE, "<p>")
            bench.intake.forget("node-a")

        assert bench.logged() == [("reading failed", "bad_line")] * 2
        assert bench.store.node_usage("node-a") is None


class TestScrapes:
    def test_failures_are_logged_when_they_begin_change_and_end(self) -> None:
        """Not each period; the figures count each."""
        bench = Bench()
        hung, refused = (kind("node-a", "https://x", "y") for kind in (DeadlineError, RefusedError))
        for error in (hung, hung, refused, refused):
            bench.scrapes.failed("node-a", error, 1.0)
        bench.scrapes.succeeded("node-a", 0.1)
        bench.scrapes.succeeded("node-a", 0.1)

        assert bench.logged() == [
            ("scrape failed", "timeout"),
            ("scrape failed", "refused"),
            ("scrape recovered", "refused"),
        ]
        failures = [
            bench.sample("tidegauge_scrape_failures_total", cause=cause)
            for cause in ("timeout", "refused")
        ]
        assert failures == [2, 2]
        asked = [
            bench.sample("metrics_server_kubelet_request_total", success=success)
            for success in ("true", "false")
        ]
        assert asked == [2, 4]

    def test_failing_nodes_are_counted_by_cause(self) -> None:
        """Each node once, by what happened last."""
        bench = Bench()
        for name, kind in (("a", RefusedError), ("b", DeadlineError), ("c", DeadlineError)):
            bench.scrapes.failed(name, kind(name, "https://x", "y"), 1.0)

        assert bench.scrapes.failures() == {"timeout": 2, "refused": 1}

    def test_a_period_observes_its_slowest_scrape(self) -> None:
        """It stands for the incumbent's tick."""
        bench = Bench()
        bench.scrapes.succeeded("a", 3.0)
        bench.clock.advance(PERIOD)
        bench.scrapes.succeeded("b", 1.0)

        assert bench.sample("metrics_server_manager_tick_duration_seconds_sum") == 3.0
        assert bench.sample("metrics_server_manager_tick_duration_seconds_count") == 1.0
