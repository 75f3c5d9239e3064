"""The metrics page."""

import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Histogram
from prometheus_client.parser import text_string_to_metric_families

from tidegauge import __version__
from tidegauge.telemetry.families import BatchHistogram
from tidegauge.telemetry.metrics import Metrics, freshness_buckets, tick_buckets

INCUMBENT = {
    "metrics_server_manager_tick_duration_seconds": "histogram",
    "metrics_server_kubelet_request_duration_seconds": "histogram",
    "metrics_server_kubelet_request_total": "counter",
    "metrics_server_kubelet_last_request_time_seconds": "gauge",
    "metrics_server_api_metric_freshness_seconds": "histogram",
    "metrics_server_storage_points": "gauge",
}

DEFAULTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]


@pytest.fixture
def metrics():
    return Metrics(15)


def families(page):
    return {family.name: family for family in text_string_to_metric_families(page.decode())}


def value(page, name, **labels):
    found = [
        sample.value
        for family in families(page).values()
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    assert len(found) == 1, f"{name}{labels} is there {len(found)} times"
    return found[0]


def test_exactly_the_incumbents_families(metrics):
    """Under metrics_server_ there are the six families, under their names and types."""
    types = [
        line.split()[2:] for line in metrics.render().decode().splitlines() if "# TYPE" in line
    ]

    assert {name: kind for name, kind in types if name.startswith("metrics_server_")} == INCUMBENT


def test_all_families_parse_and_have_a_prefix(metrics):
    """The page is valid, no family is there twice, and each has a prefix that says whose it is."""
    names = [line.split()[2] for line in metrics.render().decode().splitlines() if "# TYPE" in line]

    assert len(names) == len(set(names))
    assert {name.split("_")[0] for name in names} == {"metrics", "tidegauge", "process", "python"}
    assert families(metrics.render())


def test_no_created_series(metrics):
    """Counters do not bring families that the incumbent lacks."""
    metrics.kubelet_requests.labels("true").inc()

    assert b"_created" not in metrics.render()


TICK = [
    (15, [*DEFAULTS, 12.5, 15, 22.5, 30]),
    (60, [*DEFAULTS, 35, 60, 90, 120]),
    (10, DEFAULTS),
    (1, DEFAULTS),
    (1.004, DEFAULTS),
    (2.499, DEFAULTS),
    (3, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5, 10]),
]


@pytest.mark.parametrize(("resolution", "buckets"), TICK, ids=[str(seconds) for seconds, _ in TICK])
def test_tick_buckets(resolution, buckets):
    """The period stands among the buckets unless one is within 5 ms of it."""
    assert tick_buckets(resolution) == buckets


def test_freshness_buckets():
    """Twenty bounds from 1 s to 364.3 s."""
    bounds = freshness_buckets()

    assert (len(bounds), bounds[0], bounds[1]) == (20, 1, 1.364)
    assert bounds[-1] == pytest.approx(364.3, abs=0.1)


def test_last_request_goes_with_its_node(metrics):
    """A node's time is there until the node is forgotten; forgetting twice does no harm."""
    name = "metrics_server_kubelet_last_request_time_seconds"
    metrics.last_requests.set("node-a", 1_795_435_200.5)
    metrics.last_requests.set("node-b", 1)

    assert value(metrics.render(), name, node="node-a") == 1_795_435_200.5

    metrics.last_requests.forget("node-a")
    metrics.last_requests.forget("node-a")

    assert b"node-a" not in metrics.render()
    assert value(metrics.render(), name, node="node-b") == 1


def test_only_one_family_is_labelled_by_node(metrics):
    """No family but the time of the last request carries a node's name."""
    metrics.last_requests.set("node-a", 1)
    metrics.kubelet_request_duration.observe(0.1)

    labelled = {
        family.name
        for family in families(metrics.render()).values()
        if any("node" in sample.labels for sample in family.samples)
    }

    assert labelled == {"metrics_server_kubelet_last_request_time_seconds"}


def test_build_info(metrics):
    """One series says which version runs on which Python."""
    labels = {"version": __version__, "python": platform.python_version()}

    assert value(metrics.render(), "tidegauge_build_info", **labels) == 1


OURS = [
    ("scrape_failures", ("timeout",), "tidegauge_scrape_failures_total"),
    ("series_dropped", ("bad_line",), "tidegauge_series_dropped_total"),
    ("informer_restarts", ("pods", "expired"), "tidegauge_informer_restarts_total"),
    ("stale", ("node", "silent"), "tidegauge_stale"),
    ("informer_synced", ("pods",), "tidegauge_informer_synced"),
    ("informer_objects", ("pods",), "tidegauge_informer_objects"),
    ("points", ("node",), "metrics_server_storage_points"),
    ("kubelet_requests", ("true",), "metrics_server_kubelet_request_total"),
]


@pytest.mark.parametrize(("attribute", "labels", "series"), OURS, ids=[row[2] for row in OURS])
def test_labelled_families_count(metrics, attribute, labels, series):
    """Each labelled family shows what was added under its labels."""
    family = getattr(metrics, attribute)
    family.labels(*labels).inc(2)

    assert (
        value(metrics.render(), series, **dict(zip(family._labelnames, labels, strict=True))) == 2
    )


def test_two_servers_do_not_share_figures():
    """Each set of families has a registry of its own."""
    first, second = Metrics(15), Metrics(15)
    first.requests_in_flight.inc()

    assert value(second.render(), "tidegauge_requests_in_flight") == 0


@given(st.lists(st.lists(st.floats(0, 500), max_size=30), max_size=4))
def test_a_batch_counts_like_single_observations(batches):
    """Observing lists gives the buckets and count that observing each value would."""
    bounds = freshness_buckets()
    batched = BatchHistogram("ages", "Ages.", bounds)
    single = Histogram("ages", "Ages.", buckets=bounds, registry=None)
    for batch in batches:
        batched.observe_since([-age for age in batch], 0.0)
        for age in batch:
            single.observe(age)

    ours, theirs = (
        {(sample.name, sample.labels.get("le")): sample.value for sample in family.samples}
        for family in (*batched.collect(), *single.collect())
    )

    assert ours == pytest.approx({key: theirs[key] for key in ours})
    assert len(ours) == len(bounds) + 3


def test_a_bound_belongs_to_its_bucket():
    """An age equal to a bound counts as within it, and a negative age does not lower the sum."""
    histogram = BatchHistogram("ages", "Ages.", [1, 2])
    histogram.observe_since([8, 9, 7, 15], 10)

    (family,) = histogram.collect()

    assert [sample.value for sample in family.samples] == [2, 3, 4, 4, 6]
