"""From a path to what it names: the paths of the API are few, so they are matched by hand.

The path is matched after its percent escapes are resolved, so `namespaces/ns-0%2Fpods` is a list,
as it is for the Go server; slashes at the end do not count, those inside do.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from tidegauge.serving.query import unescape

GROUP = "metrics.k8s.io"

VERSIONS = ("v1", "v1beta1")
"""In order of preference. Both have the same fields, so nothing is converted."""

_GROUP_PATH = f"/apis/{GROUP}"


class Page(Enum):
    """Paths that name one page of their own, and those that name nothing."""

    INDEX = "/"
    GROUPS = "/apis"
    GROUP = _GROUP_PATH
    VERSION = "/version"
    NO_RESOURCE = "nothing, under a path of the API"
    NO_PATH = "nothing, anywhere else"


@dataclass(frozen=True, slots=True)
class ResourceList:
    """What one version of the group offers."""

    version: str


@dataclass(frozen=True, slots=True)
class Collection:
    """All objects of a resource, or those of a namespace."""

    version: str
    resource: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """One object; `namespace` is empty for a node."""

    version: str
    resource: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class OpenApi:
    """A page under `/openapi/`, by what follows that."""

    page: str


Route: TypeAlias = Page | ResourceList | Collection | Single | OpenApi


def route(target: str) -> Route:
    """What a request target names; the transport has seen to it that its escapes are whole."""
    path = unescape(target.partition("?")[0])
    if path in ("/", "/apis", "/apis/"):
        return Page(path.rstrip("/") or "/")
    if path == _GROUP_PATH or path.startswith(_GROUP_PATH + "/"):
        return _route_group(path.strip("/").split("/")[2:])
    if path == "/version" or path.startswith("/version/"):
        return Page.VERSION if path.rstrip("/") == "/version" else Page.NO_RESOURCE
    if path in ("/openapi/v2", "/openapi/v3") or path.startswith("/openapi/v3/"):
        return OpenApi(path.removeprefix("/openapi/"))
    return Page.NO_PATH


def _route_group(names: list[str]) -> Route:  # noqa: PLR0911 -- a table of paths
    if not names:
        return Page.GROUP
    version, *rest = names
    if version not in VERSIONS:
        return Page.NO_RESOURCE
    match rest:
        case []:
            return ResourceList(version)
        case ["nodes" | "pods" as resource]:
            return Collection(version, resource)
        case ["nodes", name]:
            return Single(version, "nodes", "", name)
        case ["namespaces", namespace, "pods"]:
            return Collection(version, "pods", namespace or None)
        case ["namespaces", namespace, "pods", name]:
            return Single(version, "pods", namespace, name)
    return Page.NO_RESOURCE
