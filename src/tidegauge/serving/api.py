"""From a request that is authenticated and authorised to its response: the pure half of serving."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from tidegauge.serving import discovery, jsontext
from tidegauge.serving.call import Call, raw_json, too_late
from tidegauge.serving.conditional import etag_of
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.negotiation import FORMATS, JSON, Conversion, check_route, choose
from tidegauge.serving.openapi.pages import OpenApiPages
from tidegauge.serving.options import time_limit
from tidegauge.serving.query import parse_query
from tidegauge.serving.requestinfo import resolve
from tidegauge.serving.resources import ObserveFreshness, ResourceHandler
from tidegauge.serving.routing import Collection, OpenApi, Page, ResourceList, Route, Single, route
from tidegauge.serving.source import Source
from tidegauge.serving.status import (
    StatusError,
    method_not_allowed,
    no_such_resource,
)
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

AGGREGATED = Conversion("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")

_STREAMED = (f"{JSON};stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")
"""Listed among the formats of a list, for a client that asks in vain."""


class Api:
    """Discovery and `metrics.k8s.io`."""

    def __init__(
        self,
        source: Source,
        clock: Clock,
        *,
        node_selector: LabelSelector,
        observe_freshness: ObserveFreshness,
        server_address: str,
        other_paths: Sequence[str] = (),
    ) -> None:
        self._clock = clock
        self._resources = ResourceHandler(source, clock, node_selector, observe_freshness)
        self._openapi = OpenApiPages(modified=clock.now())
        self._server_address = server_address
        self._paths = discovery.paths(other_paths)

    def respond(self, request: Request) -> Response:
        started = self._clock.monotonic()
        call = Call(request, parse_query(request.raw_query))
        limit = None
        try:
            limit = _time_limit(call)
            response = self._answer(route(request.target), call)
        except StatusError as error:
            response = call.failed(error.status)
        if limit is not None and self._clock.monotonic() - started >= limit:
            response = too_late()
        return replace(response, body=b"") if request.method == "HEAD" else response

    def _answer(self, target: Route, call: Call) -> Response:
        match target:
            case Page.INDEX | Page.NO_PATH:
                return raw_json(200 if target is Page.INDEX else 404, {"paths": self._paths})
            case OpenApi(page):
                return self._openapi.respond(page, call)
            case Page.NO_RESOURCE:
                raise StatusError(no_such_resource())
        if call.request.method != "GET":
            raise StatusError(method_not_allowed())
        return self._get(target, call)

    def _get(self, target: Route, call: Call) -> Response:
        check_route(call.accept, _offered(target))
        match target:
            case Page.VERSION:
                return raw_json(200, discovery.version())
            case Page.GROUPS:
                return self._groups(call)
            case Page.GROUP:
                return call.document(discovery.group(), call.negotiate())
            case ResourceList(version):
                return call.document(discovery.resource_list(version), call.negotiate())
            case Collection():
                return self._resources.list(target, call)
            case Single():
                return self._resources.get(target, call)
        raise AssertionError(target)

    def _groups(self, call: Call) -> Response:
        if choose(call.accept, _allows_aggregated) is None or not call.accept:
            document = discovery.group_list(self._server_address)
            return call.document(document, call.negotiate())
        media = call.negotiate(_allows_aggregated)
        etag = self._aggregated_etag
        headers = [("Cache-Control", "public"), ("ETag", etag), ("Vary", "Accept")]
        if call.request.header("if-none-match") == etag:
            return Response(304, headers)
        response = call.document(discovery.group_discovery_list(), media)
        group, version, kind = AGGREGATED
        content_type = f"{media.format};g={group};v={version};as={kind}"
        return Response(200, [*headers, ("Content-Type", content_type)], response.body)

    @cached_property
    def _aggregated_etag(self) -> str:
        return etag_of(jsontext.dump(discovery.group_discovery_list().json()).encode())


def _time_limit(call: Call) -> float | None:
    """Watches last as long as they like, so what limits them is not even read."""
    if "timeout" not in call.query:
        return None
    verb = resolve(call.request.method, call.request.target).verb
    return None if verb == "watch" else time_limit(call.query)


def _offered(target: Route) -> Sequence[str]:
    match target:
        case Page.VERSION:
            return (JSON,)
        case Collection():
            return (*FORMATS, *_STREAMED)
    return FORMATS


def _allows_aggregated(_format: str, conversion: Conversion | None) -> bool:
    return conversion == AGGREGATED
