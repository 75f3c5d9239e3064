"""From a method and a target to what is asked for, as Kubernetes' authorizers see it.

The rules are those of the resolver in Kubernetes' generic API server, so that a SubjectAccessReview
asks the same question whichever server a request reaches. They know nothing of our own routes.
"""

import re
from dataclasses import dataclass

from tidegauge.serving.query import Query, parse_query, unescape
from tidegauge.units.selectors import SelectorError, parse_field_selector

_VERBS = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_PATH_VERBS = frozenset({"proxy", "watch"})
"""Verbs that old clients put into the path, before the resource."""

_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})
_SELECTING = frozenset({"list", "watch", "deletecollection"})
_NAME = re.compile(r"(?!\.\.?$)[^/%]+")
"""What may stand as one segment of a path, and so as an object's name."""

_LONGEST_READ = 4096
"""Characters of a field selector: names have 253. A megabyte, from anybody, would hold the loop."""


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A resource request has a resource; any other is judged by its path. Empty means not there."""

    path: str
    verb: str
    is_resource: bool = False
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    label_selector: str = ""
    field_selector: str = ""


def resolve(method: str, target: str) -> RequestInfo:
    raw_path, _, raw_query = target.partition("?")
    path = unescape(raw_path)
    plain = RequestInfo(path, method.lower())
    prefix, *parts = path.strip("/").split("/")
    group = ""
    if prefix == "apis" and len(parts) >= 3:
        group, *parts = parts
    elif prefix != "api" or len(parts) < 2:
        return plain
    version, *parts = parts
    verb = _VERBS.get(method, "")
    if parts[0] in _PATH_VERBS:
        verb, *parts = parts
        if not parts:
            return plain
    namespace, parts = _split_namespace(parts)
    resource, name, subresource = (*parts[:3], "", "")[:3]
    query = parse_query(raw_query)
    if verb == "get" and not name:
        verb, name = ("watch" if query.is_set("watch") else "list"), _selected_name(query)
    elif verb == "delete" and not name:
        verb = "deletecollection"
    selecting = verb in _SELECTING
    return RequestInfo(
        path=path,
        verb=verb,
        is_resource=True,
        group=group,
        version=version,
        namespace=namespace,
        resource=resource,
        subresource="" if verb == "proxy" else subresource,
        name=name,
        label_selector=query.get("labelSelector") if selecting else "",
        field_selector=query.get("fieldSelector") if selecting else "",
    )


def _split_namespace(parts: list[str]) -> tuple[str, list[str]]:
    """The namespace, and the parts from the resource on; a namespace itself is a resource too."""
    if parts[0] != "namespaces" or len(parts) < 2:
        return "", parts
    if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
        return parts[1], parts[2:]
    return parts[1], parts


def _selected_name(query: Query) -> str:
    """A list narrowed to one object counts as a request for that name."""
    text = query.get("fieldSelector")
    if len(text) > _LONGEST_READ:
        return ""
    try:
        terms = parse_field_selector(text).terms
    except SelectorError:
        return ""
    names = (value for field, value, equal in terms if equal and field == "metadata.name")
    name = next(names, "")
    return name if _NAME.fullmatch(name) else ""
