"""Which objects a list holds."""

from collections.abc import Mapping, Sequence

import pytest

from tests.serving.metrics import cluster_of, usage
from tests.serving.recorded_cluster import RecordedCluster
from tidegauge.cluster.cache import Pods
from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.options import parse_list_options
from tidegauge.serving.query import parse_query
from tidegauge.serving.selection import CHUNK, Selections, node_chunks, pod_chunks
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
    assert names(pod_chunks(cluster_of(4), Selections(), None, options(query))) == expected


def test_a_list_is_looked_at_in_chunks():
    """However many objects there are, one step looks at a few, even when none is chosen."""
    cluster = cluster_of(2 * CHUNK + 1)

    def sizes(query: str) -> list[int]:
        return [len(chunk) for chunk in pod_chunks(cluster, Selections(), None, options(query))]

    assert sizes("") == [CHUNK, CHUNK, 1]
    assert sizes("labelSelector=app%3Dapi") == [0, 0, 0]


def test_equal_labels_are_read_once():
    """The pods of a workload share their labels, and a selector looks at those once."""
    cluster = cluster_of(50)
    read = []
    cluster.labels = lambda raw: read.append(raw) or {}  # type: ignore[method-assign,func-returns-value]

    list(pod_chunks(cluster, Selections(), None, options("labelSelector=app")))

    assert len(read) == 2


class Cached(RecordedCluster):
    """A source whose pods are those of a cache, as in the server; counts what selectors read."""

    def __init__(self, *pods: Pod) -> None:
        super().__init__()
        self.cache = Pods()
        self.read = 0
        for pod in pods:
            self.cache.put(pod)

    def pods(self, namespace: str | None) -> Sequence[Pod]:
        return self.cache.all() if namespace is None else self.cache.namespace(namespace)

    def labels(self, raw: bytes) -> Mapping[str, str]:
        self.read += 1
        return super().labels(raw)


def labelled(name: str, app: str, namespace: str = "ns") -> Pod:
    return Pod(namespace, name, "node-a", f'{{"app":"{app}"}}'.encode())


def test_a_selection_is_looked_up_once():
    """The same selector again looks at no pod's labels, but a new one does."""
    cluster = Cached(labelled("a", "web"), labelled("b", "api"), labelled("c", "web"))
    selections, web = Selections(), options("labelSelector=app%3Dweb")

    first = names(pod_chunks(cluster, selections, "ns", web))
    read = cluster.read
    again = names(pod_chunks(cluster, selections, "ns", web))

    assert first == again == ["a", "c"]
    assert cluster.read == read == 2
    assert names(pod_chunks(cluster, selections, "ns", options("labelSelector=app%21%3Dweb"))) == [
        "b"
    ]
    assert names(pod_chunks(cluster, selections, None, web)) == ["a", "c"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cache: cache.put(labelled("b", "web")), ["a", "b"]),
        (lambda cache: cache.put(labelled("a", "api")), []),
        (lambda cache: cache.remove(("ns", "a")), []),
        (lambda cache: cache.put(labelled("b", "web", "other")), ["a"]),
    ],
    ids=["come", "relabelled", "gone", "elsewhere"],
)
def test_a_selection_is_that_of_the_pods_there_are(change, expected):
    """A pod that comes, goes or changes its labels is selected as it is now."""
    cluster, selections = Cached(labelled("a", "web")), Selections()
    web = options("labelSelector=app%3Dweb")
    assert names(pod_chunks(cluster, selections, "ns", web)) == ["a"]

    change(cluster.cache)

    assert names(pod_chunks(cluster, selections, "ns", web)) == expected


def test_a_list_given_up_half_way_is_not_remembered():
    """What a selector chooses is known only when all pods were looked at."""
    cluster = Cached(*(labelled(f"web-{number:04}", "web") for number in range(CHUNK + 1)))
    selections, web = Selections(), options("labelSelector=app%3Dweb")

    next(iter(pod_chunks(cluster, selections, "ns", web)))

    assert len(names(pod_chunks(cluster, selections, "ns", web))) == CHUNK + 1


def test_selections_are_bounded():
    """Clients that make up selectors or namespaces without end find no room in our memory."""
    cluster = Cached(*(labelled(f"web-{number}", "web") for number in range(3)))
    selections = Selections()
    for number in range(50):
        query = f"labelSelector=app%21%3D{number}"
        assert len(names(pod_chunks(cluster, selections, "ns", options(query)))) == 3
    for number in range(1100):
        cluster.cache.put(labelled("web", "web", f"ns-{number}"))
        list(pod_chunks(cluster, selections, f"ns-{number}", options("labelSelector=a")))
        list(pod_chunks(cluster, selections, f"nowhere-{number}", options("labelSelector=a")))

    assert len(selections._known) == 1024
    assert "ns-1099" in selections._known
    assert all(len(known.chosen) <= 4 for known in selections._known.values())


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
