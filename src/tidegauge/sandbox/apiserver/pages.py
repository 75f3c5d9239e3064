"""Everything but objects: discovery, OpenAPI, version, health."""

from collections.abc import Callable
from typing import Any

from tidegauge.sandbox.apiserver import discovery, openapi
from tidegauge.sandbox.apiserver.apiservices import ApiServices
from tidegauge.serving import jsontext
from tidegauge.serving.call import Call
from tidegauge.serving.conditional import etag_of, precondition
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.negotiation import JSON
from tidegauge.serving.openapi.pages import OpenApiPages
from tidegauge.serving.query import parse_query

VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.2",
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "CPython",
    "platform": "",
}
"""The Kubernetes whose answers ours are compared with; kubectl compares it with its own."""

_HEALTH = ("/healthz", "/livez", "/readyz")


class Pages:
    """`address` is told in the old discovery; `modified` is when the documents came to be."""

    def __init__(self, services: ApiServices, modified: float, address: Callable[[], str]) -> None:
        self._services = services
        self._openapi = OpenApiPages(modified, openapi.v2_document, openapi.v3_documents)
        self._modified = modified
        self._address = address

    def answer(self, request: Request) -> Response | None:
        """The page at a path; None when there is none here."""
        match [part for part in request.raw_path.split("/") if part]:
            case [name] if f"/{name}" in _HEALTH:
                return Response(200, [("Content-Type", "text/plain; charset=utf-8")], b"ok")
            case ["version"]:
                return _json(200, VERSION)
            case ["openapi", *page]:
                return self._document("/".join(page), request)
            case ["api" | "apis" as root, *names]:
                return self._discovery(root, names, request)
        return None

    def _document(self, page: str, request: Request) -> Response | None:
        if page == "v3":
            return self._index()
        if page == "v2" or page.removeprefix("v3/") in self._openapi.index["paths"]:
            return self._openapi.respond(page, _call(request))
        return None

    def _discovery(self, root: str, names: list[str], request: Request) -> Response | None:
        match root, names:
            case _, []:
                return self._root(request, root)
            case "api", [version]:
                return self._resources("", version)
            case "apis", [name]:
                found = discovery.group(name, self._services.versions())
                return _json(200, found) if found else None
            case "apis", [group, version]:
                return self._resources(group, version)
        return None

    def _root(self, request: Request, root: str) -> Response:
        versions = [
            each for each in self._services.versions() if bool(each.group) == (root == "apis")
        ]
        if discovery.wants_aggregated(request.header("accept") or ""):
            body = jsontext.dump(discovery.aggregated(versions)).encode()
            etag = etag_of(body)
            headers = [("ETag", etag), ("Vary", "Accept"), ("Cache-Control", "public")]
            code = precondition(request, etag, self._modified)
            if code != 200:
                return Response(code, headers)
            typed = ("Content-Type", discovery.AGGREGATED_TYPE)
            return Response(200, [*headers, typed], body)
        if root == "api":
            return _json(200, discovery.core_versions(self._address()))
        return _json(200, discovery.group_list(versions))

    def _resources(self, group: str, version: str) -> Response | None:
        for each in discovery.own_versions():
            if (each.group, each.version) == (group, version):
                return _json(200, discovery.resource_list(each))
        return None

    def _index(self) -> Response:
        """Our own documents, and those of aggregated versions, which their servers hold."""
        paths = dict(self._openapi.index["paths"])
        for version in self._services.versions():
            page = f"apis/{version.name}"
            if version.group and page not in paths and version.fresh:
                paths[page] = {"serverRelativeURL": f"/openapi/v3/{page}"}
        return _json(200, {"paths": paths})


def _call(request: Request) -> Call:
    return Call(request, parse_query(request.raw_query))


def _json(code: int, value: Any) -> Response:
    headers = [("Cache-Control", "no-cache, private"), ("Content-Type", JSON)]
    return Response(code, headers, jsontext.dump(value).encode() + b"\n")
