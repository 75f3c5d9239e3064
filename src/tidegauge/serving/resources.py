"""The handlers of nodes and pods: list and get, in every shape a client may ask for."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from tidegauge.cluster.records import Pod
from tidegauge.serving import bodies, lists, objects, protobuf, shapes, table
from tidegauge.serving.call import Call, answer
from tidegauge.serving.messages import Response
from tidegauge.serving.negotiation import JSON, PROTOBUF, YAML, Conversion, MediaType
from tidegauge.serving.objects import KINDS, api_version
from tidegauge.serving.options import ListOptions, parse_list_options
from tidegauge.serving.routing import GROUP, Collection, Single
from tidegauge.serving.selection import Selections, node_chunks, pod_chunks, pod_entries
from tidegauge.serving.shapes import Shape
from tidegauge.serving.source import Entry, Source
from tidegauge.serving.status import (
    Status,
    StatusError,
    bad_request,
    not_acceptable,
    not_found,
    watch_not_supported,
)
from tidegauge.serving.written import JsonWriter, PodWriter, Written
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

T = TypeVar("T", bound=Entry | Written[Any])
ObserveFreshness = Callable[[list[float]], None]

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


class ResourceHandler:
    """List and get.

    `node_selector` is the server's own: nodes outside of it have no metrics.

    `observe_freshness` gets the ages in seconds of all that a request was served, chunk by chunk:
    to sort 150,000 of them in one go would hold the loop for 20 ms.
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
        self._json = JsonWriter(source)
        self._protobuf = PodWriter(source, shapes.pod_field)

    def list(self, collection: Collection, call: Call) -> Response:
        media = call.negotiate(allows_conversion)
        options = parse_list_options(call.query)
        if options.watch:
            raise StatusError(watch_not_supported(GROUP, collection.resource))
        shape = _list_shape(collection, media, call)
        if collection.resource == "nodes":
            nodes = node_chunks(self._source, self._node_selector, options)
            return _list_response(self._observed(nodes), shape, media, call)
        pods = pod_chunks(self._source, self._selections, collection.namespace, options)
        if written := self._written(pods, collection, options, media):
            written_shape = shapes.written_pods(collection.version)
            return _list_response(self._observed(written), written_shape, media, call)
        entries = self._observed(pod_entries(self._source, pods))
        return _list_response(entries, shape, media, call)

    def _written(
        self,
        pods: Iterator[Sequence[Pod]],
        collection: Collection,
        options: ListOptions,
        media: MediaType,
    ) -> Iterator[Sequence[Written[Any]]] | None:
        """Written once for many lists; only in the formats that programs ask for."""
        if media == MediaType(PROTOBUF):
            return map(self._protobuf.written, pods)
        if media != MediaType(JSON):
            return None
        if collection.namespace is None and options.labels.empty and options.fields.empty:
            return self._json.all_written(pods)
        return map(self._json.written, pods)

    def get(self, single: Single, call: Call) -> Response:
        media = call.negotiate(allows_conversion)
        if call.query.is_set("export"):
            message = "the export parameter, deprecated since v1.14, is no longer supported"
            raise StatusError(bad_request(message))
        entry = self._node(single.name) if single.resource == "nodes" else self._pod(single)
        self._observe_freshness([self._clock.now() - entry.stamp_ms / 1000])
        return _single_response(single, entry, media, call)

    def _node(self, name: str) -> Entry:
        node = self._source.node(name)
        if node is None:
            raise StatusError(not_found("node", name))
        usage = self._source.node_usage(name)
        chosen = self._node_selector
        if usage is None or not (chosen.empty or chosen.matches(self._source.labels(node.labels))):
            raise StatusError(not_found("nodemetrics", name, GROUP))
        return Entry("", name, node.labels, usage)

    def _pod(self, single: Single) -> Entry:
        pod = self._source.pod(single.namespace, single.name)
        if pod is None:
            raise StatusError(not_found("pods", single.name))
        usage = self._source.pod_usage(pod)
        if usage is None:
            raise StatusError(not_found("podmetrics", f"{pod.namespace}/{pod.name}", GROUP))
        return Entry(pod.namespace, pod.name, pod.labels, usage)

    def _observed(self, chunks: Iterator[Sequence[T]]) -> Iterator[Sequence[T]]:
        now = self._clock.now()
        for chunk in chunks:
            self._observe_freshness([now - item.stamp_ms / 1000 for item in chunk])
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
        message = objects.partial_message(entry)
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
