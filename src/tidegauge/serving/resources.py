"""The handlers of nodes and pods: list and get, in every shape a client may ask for."""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from tidegauge.cluster.records import Node, Pod
from tidegauge.serving import bodies, lists, objectmessages, objects, protobuf, shapes, table
from tidegauge.serving.call import Call, answer
from tidegauge.serving.messages import Response
from tidegauge.serving.negotiation import JSON, PROTOBUF, YAML, Conversion, MediaType
from tidegauge.serving.nodemessages import NodeMessages
from tidegauge.serving.nodetext import NodeText
from tidegauge.serving.objects import KINDS, api_version
from tidegauge.serving.options import ListOptions, parse_list_options
from tidegauge.serving.podwriter import PodWriter
from tidegauge.serving.routing import GROUP, Collection, Single
from tidegauge.serving.selection import Selections, node_chunks, pod_chunks
from tidegauge.serving.shapes import Shape
from tidegauge.serving.source import Entry, Source, node_entry, pod_entry
from tidegauge.serving.status import (
    Status,
    StatusError,
    bad_request,
    not_acceptable,
    not_found,
    watch_not_supported,
)
from tidegauge.serving.written import Writer, Written
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

T = TypeVar("T", bound=Entry | Written)
ObserveFreshness = Callable[[list[float], float], None]

_name_of, _stamp_of = attrgetter("name"), attrgetter("stamp")

_META_GROUP = "meta.k8s.io"
_META_VERSIONS = ("v1", "v1beta1")


def allows_conversion(media_format: str, conversion: Conversion | None) -> bool:
    """Objects come as they are, as Tables (no protobuf), or as their metadata alone."""
    if conversion is None:
        return True
    if conversion.group != _META_GROUP or conversion.version not in _META_VERSIONS:
        return False
    if conversion.kind == "Table":
        return media_format in (JSON, YAML)
    return conversion.kind in ("PartialObjectMetadata", "PartialObjectMetadataList")


class _Writers(NamedTuple):
    """Of one format: those that programs ask for, where lists come again and again."""

    nodes: Writer[Node]
    pods: PodWriter


class ResourceHandler:
    """List and get.

    `node_selector` is the server's own: nodes outside of it have no metrics.

    `observe_freshness` gets the kubelets' times of all that a request was served and the time of
    now, in seconds, chunk by chunk: to sort 150,000 in one go would hold the loop for 20 ms.
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        node_selector: LabelSelector,
        observe_freshness: ObserveFreshness,
    ) -> None:
        self._source = source
        self._clock = clock
        self._node_selector = node_selector
        self._observe_freshness = observe_freshness
        self._selections = Selections()
        self._writers: dict[MediaType, _Writers] = {
            MediaType(JSON): _Writers(
                Writer(source, shapes.encoded(objects.node_json), node_entry, _name_of),
                PodWriter(source, shapes.encoded(objects.pod_json), NodeText),
            ),
            MediaType(PROTOBUF): _Writers(
                Writer(source, shapes.node_field, node_entry, _name_of),
                PodWriter(source, shapes.pod_field, NodeMessages),
            ),
        }

    def list(self, collection: Collection, call: Call) -> Response:
        media = call.negotiate(allows_conversion)
        options = parse_list_options(call.query)
        if options.watch:
            raise StatusError(watch_not_supported(GROUP, collection.resource))
        writers = self._writers.get(media)
        if writers is None:
            entries = self._observed(self._entries(collection, options))
            return _list_response(entries, _list_shape(collection, media, call), media, call)
        written = self._observed(self._written(writers, collection, options))
        shape = shapes.written_list(collection.resource, collection.version)
        return _list_response(written, shape, media, call)

    def _entries(self, collection: Collection, options: ListOptions) -> Iterator[Sequence[Entry]]:
        """Those that have usage, of what was asked for."""
        source = self._source
        if collection.resource == "nodes":
            for nodes in self._nodes(options):
                yield [entry for node in nodes if (entry := node_entry(source, node))]
        else:
            for pods in self._pods(collection, options):
                yield [entry for pod in pods if (entry := pod_entry(source, pod))]

    def _written(
        self, writers: _Writers, collection: Collection, options: ListOptions
    ) -> Iterator[Sequence[Written]]:
        """The same, written once for many lists."""
        if collection.resource == "nodes":
            return map(writers.nodes.written, self._nodes(options))
        pods = self._pods(collection, options)
        if collection.namespace is None and options.labels.empty and options.fields.empty:
            return writers.pods.all_written(pods)
        return map(writers.pods.written, pods)

    def _nodes(self, options: ListOptions) -> Iterator[Sequence[Node]]:
        return node_chunks(self._source, self._node_selector, options)

    def _pods(self, collection: Collection, options: ListOptions) -> Iterator[Sequence[Pod]]:
        return pod_chunks(self._source, self._selections, collection.namespace, options)

    def get(self, single: Single, call: Call) -> Response:
        media = call.negotiate(allows_conversion)
        if call.query.is_set("export"):
            message = "the export parameter, deprecated since v1.14, is no longer supported"
            raise StatusError(bad_request(message))
        entry = self._node(single.name) if single.resource == "nodes" else self._pod(single)
        self._observe_freshness([entry.stamp], self._clock.now())
        return _single_response(single, entry, media, call)

    def _node(self, name: str) -> Entry:
        node = self._source.node(name)
        if node is None:
            raise StatusError(not_found("node", name))
        entry = node_entry(self._source, node)
        chosen = self._node_selector
        if entry is None or not (chosen.empty or chosen.matches(self._source.labels(node.labels))):
            raise StatusError(not_found("nodemetrics", name, GROUP))
        return entry

    def _pod(self, single: Single) -> Entry:
        pod = self._source.pod(single.namespace, single.name)
        if pod is None:
            raise StatusError(not_found("pods", single.name))
        entry = pod_entry(self._source, pod)
        if entry is None:
            raise StatusError(not_found("podmetrics", f"{pod.namespace}/{pod.name}", GROUP))
        return entry

    def _observed(self, chunks: Iterator[Sequence[T]]) -> Iterator[Sequence[T]]:
        now = self._clock.now()
        for chunk in chunks:
            self._observe_freshness(list(map(_stamp_of, chunk)), now)
            yield chunk


def _list_shape(collection: Collection, media: MediaType, call: Call) -> Shape[Entry]:
    conversion = media.conversion
    if conversion is None:
        return shapes.object_list(collection.resource, collection.version)
    meta_version = f"{_META_GROUP}/{conversion.version}"
    if conversion.kind == "Table":
        include = table.included_object(call.query)
        return shapes.table_of(collection.resource, collection.version, meta_version, include)
    if conversion.kind == "PartialObjectMetadata":
        kind = f"{KINDS[collection.resource]}List"
        raise StatusError(_wrong_kind("PartialObjectMetadata", f"a list (*metrics.{kind})"))
    return shapes.metadata_list(meta_version)


def _wrong_kind(asked: str, found: str) -> Status:
    return not_acceptable(f"you requested {asked}, but the requested object is {found}")


def _list_response(
    chunks: Iterator[Sequence[T]], shape: Shape[T], media: MediaType, call: Call
) -> Response:
    body, compressed = bodies.settle(lists.stream(chunks, shape, media), compress=call.gzip)
    response = answer(200, media.format, body)
    if not compressed:
        return response
    encoding = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return Response(200, (*response.headers, *encoding), body)


def _single_response(single: Single, entry: Entry, media: MediaType, call: Call) -> Response:
    conversion = media.conversion
    if conversion is None:
        return _object_response(single, entry, media)
    meta_version = f"{_META_GROUP}/{conversion.version}"
    if conversion.kind == "Table":
        include = table.included_object(call.query)
        shape = shapes.table_of(single.resource, single.version, meta_version, include)
        return _list_response(iter([[entry]]), shape, media, call)
    kind = KINDS[single.resource]
    if conversion.kind == "PartialObjectMetadataList":
        found = f"not a list (*metrics.{kind})"
        raise StatusError(_wrong_kind("PartialObjectMetadataList", found))
    if media.format == PROTOBUF:
        message = objectmessages.partial_message(entry)
        body = protobuf.envelope(meta_version, "PartialObjectMetadata", message)
    else:
        body = lists.render(table.partial_json(entry, meta_version), media)
    return answer(200, media.format, body)


def _object_response(single: Single, entry: Entry, media: MediaType) -> Response:
    resource, version = single.resource, single.version
    if media.format == PROTOBUF:
        message = shapes.ITEM_MESSAGE[resource](entry)
        body = protobuf.envelope(api_version(version), KINDS[resource], message)
    else:
        body = lists.render(shapes.object_json(resource, version, entry), media)
    return answer(200, media.format, body)
