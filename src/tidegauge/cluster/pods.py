"""Running pods, asked for as full protobuf, of which four fields are read.

CPU per pod of a streamed list. That of kube-apiserver 1.37 is of 6,000 pods, ours of 150,000 and
without TLS, which costs another 2 us per kB (bench/informer.py):

    asked for as          on the wire   API server    here
    full JSON                  8.9 kB       135 us   10 us
    Table with metadata        5.2 kB       128 us    7 us
    full protobuf              6.4 kB        33 us   11 us

Partial metadata lacks the node. Of what knows it, protobuf costs the API server a quarter: for
150,000 pods it saves there 15 s and costs us half a second more. Besides, other controllers watch
pods as full protobuf too, and the API server encodes an event once for all of them; a Table would
be ours alone.

Field numbers: k8s.io/api core/v1 and apimachinery meta/v1, `generated.proto`.
"""

from functools import lru_cache

import msgspec

from tidegauge.cluster.answers import PROTOBUF, status_from_protobuf
from tidegauge.cluster.events import BOOKMARK, ERROR, INITIAL_EVENTS_END, Event, Page, Resource
from tidegauge.cluster.frames import LengthSplitter
from tidegauge.cluster.jsonform import JsonForm, JsonObject
from tidegauge.cluster.labels import (
    LABELS,
    labels_from_json,
    labels_from_protobuf,
    map_entry,
)
from tidegauge.cluster.protobuf import fields, texts, unwrap
from tidegauge.cluster.records import NO_LABELS, Pod

NAMES = 16_384
"""Names of nodes and namespaces that are stored once for all pods: more than clusters have."""

_METADATA, _SPEC = 1, 2
_NAME, _NAMESPACE, _VERSION, _ANNOTATIONS = 1, 3, 6, 12
_NODE_NAME = 10
_KIND, _OBJECT = 1, 2
_LIST_METADATA, _ITEMS = 1, 2
_LIST_VERSION, _CONTINUE = 2, 3


class PodForm:
    """Lists and watches of pods; see the module's reasons."""

    list_type = PROTOBUF
    watch_type = f"{PROTOBUF};stream=watch"

    def splitter(self) -> LengthSplitter:
        return LengthSplitter()

    def event(self, frame: bytes) -> Event[Pod]:
        kind, start, end = "", 0, 0
        for number, begin, stop in fields(frame, 0, len(frame)):
            if number == _KIND:
                kind = frame[begin:stop].decode()
            elif number == _OBJECT:
                for _, inner, inner_stop in fields(frame, begin, stop):
                    start, end = unwrap(frame, inner, inner_stop)
        if kind == ERROR:
            return Event(ERROR, "", status=status_from_protobuf(frame, start, end))
        version, pod = read_pod(frame, start, end)
        if kind == BOOKMARK:
            return Event(BOOKMARK, version, initial_end=_ends_initial_events(frame, start, end))
        return Event(kind, version, pod)

    def page(self, body: bytes) -> Page[Pod]:
        version = next_token = ""
        pods: list[Pod] = []
        for number, start, end in fields(body, *unwrap(body, 0, len(body))):
            if number == _ITEMS:
                pods.append(read_pod(body, start, end)[1])
            elif number == _LIST_METADATA:
                meta = texts(body, start, end)
                version, next_token = meta.get(_LIST_VERSION, ""), meta.get(_CONTINUE, "")
        return Page(pods, version, next_token)


def read_pod(data: bytes, start: int, end: int) -> tuple[str, Pod]:
    """Resource version and pod of a message. Raises ValueError, IndexError."""
    name = namespace = version = node = ""
    labels = NO_LABELS
    for part, begin, stop in fields(data, start, end):
        if part == _METADATA:
            name, namespace, version, labels = _read_metadata(data, begin, stop)
        elif part == _SPEC:
            node = _read_node_name(data, begin, stop)
    return version, Pod(_shared(namespace), name, _shared(node), labels)


@lru_cache(NAMES)
def _shared(name: str) -> str:
    """The first string of its kind. sys.intern would do, did 3.12 not keep them for ever."""
    return name


def _read_metadata(data: bytes, start: int, end: int) -> tuple[str, str, str, bytes]:
    name = namespace = version = ""
    first = last = before = start
    for number, begin, stop in fields(data, start, end):
        if number == _NAME:
            name = data[begin:stop].decode()
        elif number == _NAMESPACE:
            namespace = data[begin:stop].decode()
        elif number == _VERSION:
            version = data[begin:stop].decode()
        elif number == LABELS:
            # All entries together, tags and all, are looked up at once; most were seen before.
            first, last = (first if last > start else before), stop
        before = stop
    return name, namespace, version, labels_from_protobuf(data[first:last])


def _read_node_name(data: bytes, start: int, end: int) -> str:
    for number, begin, stop in fields(data, start, end):
        if number == _NODE_NAME:
            return data[begin:stop].decode()
    return ""


def _ends_initial_events(data: bytes, start: int, end: int) -> bool:
    return (INITIAL_EVENTS_END, "true") in (
        map_entry(data, entry, entry_stop)
        for part, begin, stop in fields(data, start, end)
        if part == _METADATA
        for number, entry, entry_stop in fields(data, begin, stop)
        if number == _ANNOTATIONS
    )


RUNNING = {"fieldSelector": "status.phase=Running"}
"""What no longer runs uses nothing; the API server says DELETED when a pod stops."""


class _PodSpec(msgspec.Struct, rename="camel"):
    node_name: str = ""


class PodObject(JsonObject):
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)


def keep_pod(pod: PodObject) -> Pod:
    meta = pod.metadata
    labels = labels_from_json(bytes(meta.labels))
    return Pod(_shared(meta.namespace), meta.name, _shared(pod.spec.node_name), labels)


PODS = Resource("pods", "/api/v1/pods", PodForm(), RUNNING, JsonForm(PodObject, keep_pod))
"""A server that has no protobuf, such as our sandbox's, is read in JSON."""
