"""The API as a whole: what the transcripts cannot show."""

import gzip
import json

import pytest

from tests.clock import ManualClock
from tests.serving.metrics import NOON, cluster_of
from tests.serving.recorded_cluster import RecordedCluster
from tidegauge.serving.api import Api
from tidegauge.serving.messages import Request, Response
from tidegauge.units.selectors import parse_label_selector

GROUP = "/apis/metrics.k8s.io"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Served:
    """An API over a cluster, and what it observed."""

    def __init__(self, cluster: RecordedCluster, node_selector: str = "") -> None:
        self.clock = ManualClock(wall=NOON + 10.0)
        self.freshness: list[list[float]] = []
        self.api = Api(
            cluster,
            self.clock,
            node_selector=parse_label_selector(node_selector),
            observe_freshness=self._observe,
            server_address=":10250",
            other_paths=("/livez",),
        )

    def _observe(self, times: list[float], now: float) -> None:
        self.freshness.append([now - time for time in times])

    def ask(self, target: str, method: str = "GET", **headers: str) -> Response:
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self.api.respond(Request(method, target, fields))

    def read(self, target: str, **headers: str):
        response = self.ask(target, **headers)
        body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        return response.status, json.loads(body)


def header(response: Response, name: str) -> str | None:
    return dict(response.headers).get(name)


def test_both_versions_are_served_and_v1_is_preferred():
    """Clients of v1 and of v1beta1 find the same objects; discovery names v1 first."""
    served = Served(cluster_of(1))

    _, group = served.read(GROUP)
    lists = {version: served.read(f"{GROUP}/{version}/pods")[1] for version in ("v1", "v1beta1")}

    assert [version["version"] for version in group["versions"]] == ["v1", "v1beta1"]
    assert group["preferredVersion"]["version"] == "v1"
    assert lists["v1"].pop("apiVersion") == "metrics.k8s.io/v1"
    assert lists["v1beta1"].pop("apiVersion") == "metrics.k8s.io/v1beta1"
    assert lists["v1"] == lists["v1beta1"]


def test_every_discovered_resource_is_served():
    """What discovery lists can be listed and has the kind that discovery says."""
    served = Served(cluster_of(1))

    for version in ("v1", "v1beta1"):
        _, offered = served.read(f"{GROUP}/{version}")
        for resource in offered["resources"]:
            status, listed = served.read(f"{GROUP}/{version}/{resource['name']}")
            assert (status, listed["kind"]) == (200, f"{resource['kind']}List")


def test_the_index_names_our_paths_and_those_of_others():
    """Whoever is lost is told all paths, sorted, with those that other handlers answer."""
    status, lost = Served(cluster_of(0)).read("/nowhere")

    assert status == 404
    assert lost["paths"] == sorted(lost["paths"])
    assert {"/livez", f"{GROUP}/v1", f"{GROUP}/v1beta1"} <= set(lost["paths"])


def test_a_list_observes_the_ages_of_all_it_served_once():
    """Freshness is one vector a list: now minus the kubelet's time, of what was served."""
    served = Served(cluster_of(3))

    served.read(f"{GROUP}/v1/pods?labelSelector=parity%3Deven")
    served.read(f"{GROUP}/v1/nodes/node-a")
    served.read(f"{GROUP}/v1/namespaces/ns/pods/unknown")

    assert served.freshness == [[10.0, 12.0], [10.0]]


@pytest.mark.parametrize("target", ["nodes", "nodes/node-a"])
def test_a_node_outside_the_servers_selector_has_no_metrics(target):
    """The server's node selector hides a node from lists, and from a get by its name."""
    status, found = Served(cluster_of(1), "pool=green").read(f"{GROUP}/v1/{target}")

    if target == "nodes":
        assert (status, found["items"]) == (200, [])
    else:
        assert status == 404
        assert found["message"] == 'nodemetrics.metrics.k8s.io "node-a" not found'


def test_an_unknown_pod_is_told_from_one_without_metrics():
    """A pod that nobody knows is not found as a pod, one without usage as podmetrics."""
    cluster = cluster_of(1)
    cluster.usage_of_pods.clear()
    served = Served(cluster)

    _, unknown = served.read(f"{GROUP}/v1/namespaces/ns/pods/web")
    _, unmeasured = served.read(f"{GROUP}/v1/namespaces/ns/pods/web-000000")

    assert unknown["message"] == 'pods "web" not found'
    assert unmeasured["message"] == 'podmetrics.metrics.k8s.io "ns/web-000000" not found'


@pytest.mark.parametrize("accept", ["application/json", TABLE], ids=["objects", "Table"])
@pytest.mark.parametrize("where", ["", "/namespaces/ns"], ids=["everywhere", "namespace"])
def test_objects_without_usage_are_left_out_of_lists(where, accept):
    """A list holds what has usage, in the order of the source, in whatever shape."""
    cluster = cluster_of(3)
    del cluster.usage_of_pods["ns", "web-000001"]
    cluster.usage_of_nodes.clear()
    served = Served(cluster)

    _, pods = served.read(f"{GROUP}/v1{where}/pods", accept=accept)
    _, nodes = served.read(f"{GROUP}/v1/nodes", accept=accept)

    rows = pods["items"] if "items" in pods else [row["object"] for row in pods["rows"]]
    assert [row["metadata"]["name"] for row in rows] == ["web-000000", "web-000002"]
    assert not nodes.get("items")
    assert not nodes.get("rows")


def test_a_large_list_is_compressed_for_who_takes_it():
    """Above 128 KiB a list is gzipped, and says so; the bytes are the same."""
    served = Served(cluster_of(2_000))

    plain = served.ask(f"{GROUP}/v1/pods")
    packed = served.ask(f"{GROUP}/v1/pods", accept_encoding="gzip")

    assert header(plain, "Content-Encoding") is None
    assert header(packed, "Content-Encoding") == "gzip"
    assert header(packed, "Vary") == "Accept-Encoding"
    assert gzip.decompress(b"".join(packed.body)) == b"".join(plain.body)  # type: ignore[arg-type]


def test_reading_a_large_list_is_spread_over_its_slices():
    """A list of thousands answers before it has looked at them all."""
    cluster = cluster_of(5_000)
    asked: list[str] = []
    original = cluster.pod_usage
    cluster.pod_usage = lambda pod: asked.append(pod.name) or original(pod)  # type: ignore[method-assign,func-returns-value]

    response = Served(cluster).ask(f"{GROUP}/v1/pods", accept="application/vnd.kubernetes.protobuf")

    assert len(asked) < 2_500
    list(response.body)
    assert len(asked) == 5_000


def test_a_client_may_have_no_time():
    """When the client's own limit has passed the answer is 504, whatever it would have been."""
    served = Served(cluster_of(1))
    monotonic = served.clock.monotonic

    def slow() -> float:
        served.clock.advance(1.0)
        return monotonic()

    served.clock.monotonic = slow  # type: ignore[method-assign]

    assert served.ask(f"{GROUP}/v1/nodes?timeout=500ms").status == 504
    assert served.ask(f"{GROUP}/v1/nodes?timeout=2s").status == 200


@pytest.mark.parametrize("query", ["watch=true&timeout=1ns", "watch&timeout=soon"])
def test_watches_have_no_time_limit(query):
    """A watch is refused as a watch, whatever time it was to take."""
    assert Served(cluster_of(1)).ask(f"{GROUP}/v1/nodes?{query}").status == 405


@pytest.mark.parametrize("target", ["/", GROUP, f"{GROUP}/v1/nodes", "/openapi/v3", "/nowhere"])
def test_head_has_no_body(target):
    """The status and headers of a HEAD are sent alone."""
    served = Served(cluster_of(1))

    head = served.ask(target, "HEAD")

    assert head.body == b""
    assert head.status in (200, 404, 405)


def test_aggregated_discovery_is_not_sent_twice():
    """kube-apiserver polls with the ETag it knows and gets 304 as long as nothing changed."""
    served = Served(cluster_of(0))
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    first = served.ask("/apis", accept=accept)
    etag = header(first, "ETag")
    assert etag is not None
    second = served.ask("/apis", accept=accept, if_none_match=etag)

    assert header(first, "Content-Type") == accept
    assert (second.status, second.body, header(second, "ETag")) == (304, b"", etag)
    versions = json.loads(first.body)["items"][0]["versions"]  # type: ignore[arg-type]
    assert [version["version"] for version in versions] == ["v1", "v1beta1"]


def test_names_that_are_no_utf8_are_answered():
    """A path may hold any bytes: the answer is a plain 404 in every format."""
    served = Served(cluster_of(0))

    for accept in ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf"):
        response = served.ask(f"{GROUP}/v1/nodes/%FF", accept=accept)
        assert response.status == 404
        assert b"\\xff" in response.body or b"\\\\xff" in response.body
