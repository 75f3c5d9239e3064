"""Reading pods and nodes from the API server's bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster import wire
from tidegauge.cluster.events import DAMAGED, Event, Page
from tidegauge.cluster.frames import MAX_FRAME, LengthSplitter, LineSplitter
from tidegauge.cluster.labels import decode_labels
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.pods import PODS
from tidegauge.cluster.records import Node, Pod

POD = Pod("shop", "web-1", "node-1", b'{"app":"web","tier":"front"}')
LABELS = {"tier": "front", "app": "web"}


def pod_frame(kind="ADDED", **fields):
    return wire.pod_event(
        kind, "web-1", "shop", version="7", node="node-1", labels=LABELS, **fields
    )[4:]


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
def test_pod_event(kind):
    """Of a pod its namespace, name, node and canonical labels are kept, and its version."""
    event = PODS.form.event(pod_frame(kind))

    assert (event.kind, event.version, event.record) == (kind, "7", POD)


@pytest.mark.parametrize(
    ("fields", "pod"),
    [
        pytest.param({}, Pod("shop", "web-1"), id="bare"),
        pytest.param({"node": "n" * 200}, Pod("shop", "web-1", "n" * 200), id="long-length"),
        pytest.param({"filler": 100_000}, Pod("shop", "web-1"), id="three-byte-length"),
        pytest.param(
            {"labels": {"a": ""}}, Pod("shop", "web-1", "", b'{"a":""}'), id="empty-value"
        ),
        pytest.param(
            {"annotations": {"k": "v"}, "labels": {"a": "b"}},
            Pod("shop", "web-1", "", b'{"a":"b"}'),
            id="annotations-are-not-labels",
        ),
    ],
)
def test_pod_fields(fields, pod):
    """Absent fields are empty, lengths may take several bytes, other fields do not matter."""
    frame = wire.pod_event("ADDED", "web-1", "shop", **fields)[4:]

    assert PODS.form.event(frame).record == pod


def test_labels_between_other_fields():
    """Labels are found even if a server does not write them side by side."""
    one, other = wire.entries(11, {"a": "1"}), wire.entries(11, {"b": "2"})
    metadata = one + wire.entries(12, {"x": "y"}) + other
    frame = wire.frame("ADDED", wire.envelope("Pod", wire.span(1, metadata)))[4:]

    record = PODS.form.event(frame).record

    assert record is not None
    assert record.labels == b'{"a":"1","b":"2"}'


def test_equal_labels_are_one_object():
    """Pods of one workload share the bytes of their labels and the text of their node's name."""
    one, other = (PODS.form.event(pod_frame()).record for _ in range(2))

    assert one is not None
    assert other is not None
    assert one.labels is other.labels
    assert one.node is other.node


@pytest.mark.parametrize("end", [False, True])
def test_pod_bookmark(end):
    """A bookmark carries a version, and says when the initial events are over."""
    event = PODS.form.event(wire.pod_bookmark("9", initial_end=end)[4:])

    assert event == Event("BOOKMARK", "9", initial_end=end)


def test_pod_error():
    """An error inside the stream is a Status, in protobuf too."""
    event = PODS.form.event(wire.error_event(410, "Expired", "too old")[4:])

    assert event.status is not None
    assert (event.status.code, event.status.reason, event.status.message) == (
        410,
        "Expired",
        "too old",
    )


def test_pod_page():
    """A page of a list has its pods, its version and the way to the next page."""
    pods = [wire.pod_message("web-1", "shop", node="node-1", labels=LABELS)]

    assert PODS.form.page(wire.pod_list(pods, "5", "more")) == Page([POD], "5", "more")


def test_damaged_pod():
    """Whatever byte a frame is cut off at, reading it fails as damaged or gives a pod."""
    whole = pod_frame()
    for end in range(len(whole)):
        try:
            PODS.form.event(whole[:end])
        except DAMAGED:
            continue


@given(st.binary(max_size=300))
def test_arbitrary_bytes(data):
    """Bytes that are no protobuf raise DAMAGED and nothing else."""
    for read in (PODS.form.event, PODS.form.page):
        try:
            read(b"k8s\x00" + data)
            read(data)
        except DAMAGED:
            continue


NODE = wire.node_object(
    "node-1",
    version="3",
    labels={"b": "2", "a": "1"},
    annotations={"tidegauge.dev/scrape": "false", "other": "x"},
    addresses=[
        {"type": "InternalIP", "address": "10.0.0.1"},
        {"type": "Hostname", "address": "node-1"},
    ],
    conditions=[{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "True"}],
    daemonEndpoints={"kubeletEndpoint": {"Port": 10250}},
)


def node_event(kind, item):
    return NODES.form.event(wire.line(kind, item))


def test_node_event():
    """Of a node what is needed to reach and serve it is kept; labels come out canonical."""
    assert node_event("ADDED", NODE).record == Node(
        name="node-1",
        labels=b'{"a":"1","b":"2"}',
        addresses=(("InternalIP", "10.0.0.1"), ("Hostname", "node-1")),
        kubelet_port=10250,
        ready=True,
        created="2026-11-23T12:00:00Z",
        annotations=(("tidegauge.dev/scrape", "false"),),
    )


@pytest.mark.parametrize(
    ("item", "node"),
    [
        pytest.param({"metadata": {"name": "n"}}, Node("n"), id="bare"),
        pytest.param(
            {"metadata": {"name": "n", "creationTimestamp": None}, "status": {"addresses": None}},
            Node("n"),
            id="nulls",
        ),
        pytest.param(
            wire.node_object("n", conditions=[{"type": "Ready", "status": "Unknown"}]),
            Node("n", created="2026-11-23T12:00:00Z"),
            id="ready-unknown",
        ),
    ],
)
def test_node_fields(item, node):
    """What a node does not say has a default; only Ready=True is ready."""
    assert node_event("ADDED", item).record == node


@pytest.mark.parametrize("end", [False, True])
def test_node_bookmark(end):
    """A bookmark as JSON carries the same as one in protobuf."""
    annotations = {"k8s.io/initial-events-end": "true"} if end else None
    item = wire.node_object(version="9", annotations=annotations)

    assert node_event("BOOKMARK", item) == Event("BOOKMARK", "9", initial_end=end)


def test_node_error():
    """An error inside the stream is a Status."""
    item = {"kind": "Status", "metadata": {}, "status": "Failure", "code": 410}
    item |= {"reason": "Gone", "message": "old"}

    status = node_event("ERROR", item).status

    assert status is not None
    assert (status.code, status.reason, status.message) == (410, "Gone", "old")


@pytest.mark.parametrize("items", [[NODE], None])
def test_node_page(items):
    """A page of nodes; an empty one may say null."""
    body = json.dumps({"metadata": {"resourceVersion": "4", "continue": "c"}, "items": items})

    page = NODES.form.page(body.encode())

    assert ([node.name for node in page.records], page.version, page.next_token) == (
        ["node-1"] if items else [],
        "4",
        "c",
    )


def test_decode_labels():
    """Labels are decoded when asked for, and equal ones once."""
    assert decode_labels(POD.labels) == LABELS
    assert decode_labels(POD.labels) is decode_labels(bytes(bytearray(POD.labels)))


LINES = [b"one", b"x" * 1000, b"three"]
SPLITTERS = [
    pytest.param(LineSplitter, b"".join(line + b"\n" for line in LINES), id="lines"),
    pytest.param(
        LengthSplitter,
        b"".join(len(line).to_bytes(4, "big") + line for line in LINES),
        id="lengths",
    ),
]


@pytest.mark.parametrize(("splitter", "stream"), SPLITTERS)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 500, 10_000])
def test_splitter(splitter, stream, step):
    """However a stream is cut into chunks, the same frames come out; a cut-off one does not."""
    fed = splitter()
    frames = []
    for start in range(0, len(stream) + 2, step):
        frames += fed.feed((stream + stream[:2])[start : start + step])

    assert frames == LINES


def test_blank_lines():
    """Blank lines between events do not count."""
    assert LineSplitter().feed(b"\n\na\n\n") == [b"a"]


def test_endless_line():
    """A line that does not end is refused before it fills the memory."""
    fed = LineSplitter()
    half = b"x" * (MAX_FRAME // 2)
    fed.feed(half)
    fed.feed(half)

    with pytest.raises(ValueError, match="over"):
        fed.feed(b"x")


def test_many_lines_are_not_one():
    """The limit is of a line, not of what a stream brings in all."""
    fed = LineSplitter()
    half = b"x" * (MAX_FRAME // 2)

    assert [len(fed.feed(chunk)) for chunk in [half + b"\n" + half] * 3] == [1, 1, 1]


def test_endless_frame():
    """A length beyond the limit is refused at once."""
    with pytest.raises(ValueError, match="over"):
        LengthSplitter().feed(b"\xff\xff\xff\xff")


POD_JSON = {
    "metadata": {"name": "web-1", "namespace": "shop", "resourceVersion": "7", "labels": LABELS},
    "spec": {"nodeName": "node-1", "containers": [{"name": "main"}]},
}


def test_pod_in_json():
    """A server without protobuf tells the same of a pod in JSON, in events and in pages."""
    form = PODS.form_of("application/json")
    assert form is not None
    page = {"metadata": {"resourceVersion": "9", "continue": "t"}, "items": [POD_JSON]}

    event = form.event(json.dumps({"type": "ADDED", "object": POD_JSON}).encode())

    assert (event.version, event.record) == ("7", POD)
    assert form.page(json.dumps(page).encode()) == Page([POD], "9", "t")


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/vnd.kubernetes.protobuf;stream=watch", PODS.form),
        ("application/json", PODS.fallback),
        ("text/html", None),
    ],
)
def test_form_by_content_type(content_type, form):
    """What is read is what the answer says it is; a form that was not asked for is not."""
    assert PODS.form_of(content_type) is form
