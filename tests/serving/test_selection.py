"""Which objects a list holds."""

import pytest

from tests.serving.metrics import cluster_of, usage
from tidegauge.cluster.records import Node
from tidegauge.serving.options import parse_list_options
from tidegauge.serving.query import parse_query
from tidegauge.serving.selection import CHUNK, node_chunks, pod_chunks
from tidegauge.units.selectors import parse_label_selector
from tidegauge.usage.readings import ContainerUsage

EVERYTHING = parse_label_selector("")


def options(query=""):
    return parse_list_options(parse_query(query))


def names(chunks):
    return [entry.name for chunk in chunks for entry in chunk]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["web-000000", "web-000001", "web-000002", "web-000003"]),
        ("labelSelector=parity%3Deven", ["web-000000", "web-000002"]),
        ("labelSelector=parity%3Deven,app%21%3Dweb", []),
        ("fieldSelector=metadata.name%3Dweb-000001", ["web-000001"]),
        ("fieldSelector=metadata.namespace%21%3Dns", []),
        ("fieldSelector=metadata.name%3Dweb-000001&labelSelector=parity%3Deven", []),
    ],
)
def test_pods_are_chosen_by_labels_and_fields(query, expected):
    """A pod must match both selectors."""
    assert names(pod_chunks(cluster_of(4), None, options(query))) == expected


def test_pods_without_usage_are_left_out():
    """A list holds what has usage, in the order of the source."""
    cluster = cluster_of(3)
    del cluster.usage_of_pods["ns", "web-000001"]

    assert names(pod_chunks(cluster, "ns", options())) == ["web-000000", "web-000002"]


def test_a_list_is_looked_at_in_chunks():
    """However many objects there are, one step looks at a few, even when none is chosen."""
    cluster = cluster_of(2 * CHUNK + 1)

    everything = [len(chunk) for chunk in pod_chunks(cluster, None, options())]
    nothing = [
        len(chunk) for chunk in pod_chunks(cluster, None, options("labelSelector=app%3Dapi"))
    ]

    assert everything == [CHUNK, CHUNK, 1]
    assert nothing == [0, 0, 0]


def test_equal_labels_are_read_once():
    """The pods of a workload share their labels, and a selector looks at those once."""
    cluster = cluster_of(50)
    read = []
    cluster.labels = lambda raw: read.append(raw) or {}  # type: ignore[method-assign,func-returns-value]

    list(pod_chunks(cluster, None, options("labelSelector=app")))

    assert len(read) == 2


@pytest.mark.parametrize(
    ("selector", "query", "expected"),
    [
        ("", "", ["node-a", "node-b"]),
        ("pool=blue", "", ["node-a"]),
        ("pool=blue", "labelSelector=pool%3Dgreen", []),
        ("pool", "labelSelector=pool%3Dgreen", ["node-b"]),
        ("", "fieldSelector=metadata.name%3Dnode-b", ["node-b"]),
        ("", "fieldSelector=metadata.namespace%3Dns", []),
    ],
)
def test_nodes_are_chosen_by_the_server_too(selector, query, expected):
    """The server's own node selector and the request's both hold."""
    cluster = cluster_of(0)
    cluster.node_records.append(Node("node-b", b'{"pool":"green"}'))
    cluster.usage_of_nodes["node-b"] = usage(ContainerUsage("", 1, 1, None))

    found = names(node_chunks(cluster, parse_label_selector(selector), options(query)))

    assert found == expected
