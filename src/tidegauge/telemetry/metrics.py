"""What we say about ourselves on /metrics: the incumbent's six families and our own."""

import platform

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from tidegauge import __version__
from tidegauge.telemetry.families import BatchHistogram, NodeTimes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The classic text format, whatever is asked for, as the incumbent answers."""

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Go's defaults; those of the Python client have three more."""

FRESHNESS_FACTOR, FRESHNESS_BUCKETS = 1.364, 20
"""The incumbent's buckets: from 1 s to 364.3 s."""


def tick_buckets(resolution_seconds: float) -> list[float]:
    """Go's default buckets with some around the period, by the incumbent's rule."""
    biggest = DEFAULT_BUCKETS[-1]
    if resolution_seconds > biggest:
        halfway = biggest + (resolution_seconds - biggest) / 2
        around = [halfway, resolution_seconds, resolution_seconds * 1.5, resolution_seconds * 2]
        return [*DEFAULT_BUCKETS, *around]
    if any(abs(resolution_seconds - bound) < DEFAULT_BUCKETS[0] for bound in DEFAULT_BUCKETS):
        return list(DEFAULT_BUCKETS)
    return sorted([*DEFAULT_BUCKETS, resolution_seconds])


def freshness_buckets() -> list[float]:
    """Multiplied step by step, as Go does it, so that the bounds are the same doubles."""
    bounds = [1.0]
    while len(bounds) < FRESHNESS_BUCKETS:
        bounds.append(bounds[-1] * FRESHNESS_FACTOR)
    return bounds


class Metrics:
    """All families of one server, on a registry of its own.

    Only `last_requests` is labelled by node: a histogram for each of 5,000 nodes would take 0.7 s
    to write.
    """

    def __init__(self, resolution_seconds: float) -> None:
        # Else each counter and histogram brings a second family, `…_created`.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the client lacks the hint
        self.registry = CollectorRegistry()
        self._add_incumbents(resolution_seconds)
        self._add_ours()
        add_process(self.registry)

    def render(self) -> bytes:
        """The whole page in Prometheus' text format; its type is `CONTENT_TYPE`."""
        return generate_latest(self.registry) + self.last_requests.exposition()

    def _add_incumbents(self, resolution_seconds: float) -> None:
        self.tick_duration = Histogram(
            "metrics_server_manager_tick_duration_seconds",
            "How long a whole round of scrapes took, storing included.",
            buckets=tick_buckets(resolution_seconds),
            registry=self.registry,
        )
        self.kubelet_request_duration = Histogram(
            "metrics_server_kubelet_request_duration_seconds",
            "How long kubelets took to answer.",
            buckets=DEFAULT_BUCKETS,
            registry=self.registry,
        )
        self.kubelet_requests = Counter(
            "metrics_server_kubelet_request_total",
            "Requests to kubelets, by whether they gave a usable answer.",
            ["success"],
            registry=self.registry,
        )
        self.last_requests = NodeTimes(
            "metrics_server_kubelet_last_request_time_seconds",
            "When the node was last asked, in seconds since the epoch.",
        )
        self.freshness = BatchHistogram(
            "metrics_server_api_metric_freshness_seconds",
            "Age of the usage that clients were given.",
            freshness_buckets(),
        )
        self.registry.register(self.freshness)
        self.points = Gauge(
            "metrics_server_storage_points",
            "Nodes and containers that usage is known of.",
            ["type"],
            registry=self.registry,
        )

    def _add_ours(self) -> None:
        self.scrape_failures = Counter(
            "tidegauge_scrape_failures_total",
            "Failed scrapes by cause.",
            ["cause"],
            registry=self.registry,
        )
        self.failing_nodes = Gauge(
            "tidegauge_failing_nodes",
            "Nodes that gave nothing when they were asked last, by cause.",
            ["cause"],
            registry=self.registry,
        )
        self.series_dropped = Counter(
            "tidegauge_series_dropped_total",
            "Lines and series of kubelets that were not used, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.stale = Gauge(
            "tidegauge_stale",
            "Nodes and containers whose usage is too old to be served, by reason.",
            ["kind", "reason"],
            registry=self.registry,
        )
        self.informer_synced = Gauge(
            "tidegauge_informer_synced",
            "1 once everything of a resource has been listed.",
            ["resource"],
            registry=self.registry,
        )
        self.informer_objects = Gauge(
            "tidegauge_informer_objects",
            "Objects of a resource that are known.",
            ["resource"],
            registry=self.registry,
        )
        self.informer_restarts = Counter(
            "tidegauge_informer_restarts_total",
            "Watches that ended and were begun again, by reason.",
            ["resource", "reason"],
            registry=self.registry,
        )
        self.request_duration = Histogram(
            "tidegauge_request_duration_seconds",
            "How long clients waited for an answer.",
            ["verb", "resource", "code"],
            buckets=DEFAULT_BUCKETS,
            registry=self.registry,
        )
        self.requests_in_flight = Gauge(
            "tidegauge_requests_in_flight",
            "Requests being answered at the moment.",
            registry=self.registry,
        )
        self.readiness_failing = Gauge(
            "tidegauge_readiness_failing",
            "1 while a check keeps the server from being ready.",
            ["check"],
            registry=self.registry,
        )


def add_process(registry: CollectorRegistry) -> None:
    """What is running, and what it uses."""
    build_info = Gauge(
        "tidegauge_build_info",
        "Always 1; the labels say what is running.",
        ["version", "python"],
        registry=registry,
    )
    build_info.labels(__version__, platform.python_version()).set(1)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
