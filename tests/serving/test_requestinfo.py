"""What a request asks for, as authorizers see it."""

from typing import Any

import pytest

from tidegauge.serving.requestinfo import resolve

G = "/apis/metrics.k8s.io/v1beta1"

RESOURCES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", f"{G}/nodes", {"verb": "list", "resource": "nodes"}),
    ("GET", f"{G}/nodes/", {"verb": "list", "resource": "nodes"}),
    ("GET", f"{G}/nodes/n", {"verb": "get", "resource": "nodes", "name": "n"}),
    ("HEAD", f"{G}/nodes/n", {"verb": "get", "resource": "nodes", "name": "n"}),
    ("GET", f"{G}/pods", {"verb": "list", "resource": "pods"}),
    ("GET", f"{G}/namespaces/a/pods", {"verb": "list", "resource": "pods", "namespace": "a"}),
    (
        "GET",
        f"{G}/namespaces/a/pods/p",
        {"verb": "get", "resource": "pods", "namespace": "a", "name": "p"},
    ),
    (
        "GET",
        f"{G}/namespaces/a/pods/p/log/x",
        {"verb": "get", "resource": "pods", "namespace": "a", "name": "p", "subresource": "log"},
    ),
    ("GET", f"{G}/namespaces/a%2Fpods", {"verb": "list", "resource": "pods", "namespace": "a"}),
    ("GET", f"{G}/nodes?watch=true", {"verb": "watch", "resource": "nodes"}),
    ("GET", f"{G}/nodes?watch", {"verb": "watch", "resource": "nodes"}),
    ("GET", f"{G}/nodes?watch=0", {"verb": "list", "resource": "nodes"}),
    ("GET", f"{G}/nodes?watch=False", {"verb": "list", "resource": "nodes"}),
    ("GET", f"{G}/watch/nodes", {"verb": "watch", "resource": "nodes"}),
    (
        "GET",
        f"{G}/proxy/nodes/n/a/b",
        {"verb": "proxy", "resource": "nodes", "name": "n", "subresource": ""},
    ),
    ("POST", f"{G}/nodes", {"verb": "create", "resource": "nodes"}),
    ("PUT", f"{G}/nodes/n", {"verb": "update", "resource": "nodes", "name": "n"}),
    ("PATCH", f"{G}/nodes/n", {"verb": "patch", "resource": "nodes", "name": "n"}),
    ("DELETE", f"{G}/nodes/n", {"verb": "delete", "resource": "nodes", "name": "n"}),
    ("DELETE", f"{G}/nodes", {"verb": "deletecollection", "resource": "nodes"}),
    ("FOO", f"{G}/nodes", {"verb": "", "resource": "nodes"}),
    ("get", f"{G}/nodes", {"verb": "", "resource": "nodes"}),
    (
        "GET",
        f"{G}/nodes?fieldSelector=metadata.name%3Dn",
        {"verb": "list", "resource": "nodes", "name": "n", "field_selector": "metadata.name=n"},
    ),
    (
        "GET",
        f"{G}/nodes?fieldSelector=metadata.name!%3Dn",
        {"verb": "list", "resource": "nodes", "name": "", "field_selector": "metadata.name!=n"},
    ),
    (
        "GET",
        f"{G}/nodes?fieldSelector=metadata.name%3Da%2Fb",
        {"verb": "list", "resource": "nodes", "name": "", "field_selector": "metadata.name=a/b"},
    ),
    (
        "GET",
        f"{G}/pods?labelSelector=a%3Db&fieldSelector=nonsense",
        {
            "verb": "list",
            "resource": "pods",
            "name": "",
            "label_selector": "a=b",
            "field_selector": "nonsense",
        },
    ),
    (
        "GET",
        f"{G}/nodes/n?labelSelector=a%3Db",
        {"verb": "get", "resource": "nodes", "name": "n", "label_selector": ""},
    ),
    (
        "GET",
        f"{G}/namespaces",
        {"verb": "list", "resource": "namespaces", "namespace": ""},
    ),
    (
        "GET",
        f"{G}/namespaces/a",
        {"verb": "get", "resource": "namespaces", "namespace": "a", "name": "a"},
    ),
    (
        "GET",
        f"{G}/namespaces/a/status",
        {
            "verb": "get",
            "resource": "namespaces",
            "namespace": "a",
            "name": "a",
            "subresource": "status",
        },
    ),
    ("GET", f"{G}//pods", {"verb": "get", "resource": "", "name": "pods"}),
]

EMPTY = {
    "group": "metrics.k8s.io",
    "version": "v1beta1",
    "namespace": "",
    "name": "",
    "subresource": "",
    "label_selector": "",
    "field_selector": "",
}


@pytest.mark.parametrize(("method", "target", "expected"), RESOURCES, ids=str)
def test_resource(method: str, target: str, expected: dict[str, Any]) -> None:
    """A path under a version of a group is a request for a resource."""
    info = resolve(method, target)

    seen = {name: getattr(info, name) for name in (*EMPTY, "verb", "resource", "is_resource")}
    assert seen == EMPTY | {"is_resource": True} | expected


@pytest.mark.parametrize(
    ("method", "target", "verb", "path"),
    [
        ("GET", "/", "get", "/"),
        ("GET", "*", "get", "*"),
        ("GET", "/apis", "get", "/apis"),
        ("GET", "/apis/metrics.k8s.io/v1beta1", "get", "/apis/metrics.k8s.io/v1beta1"),
        ("GET", "/apis/metrics.k8s.io/v1beta1/", "get", "/apis/metrics.k8s.io/v1beta1/"),
        ("GET", "/api/v1", "get", "/api/v1"),
        ("GET", "/healthz/a%20b?verbose", "get", "/healthz/a b"),
        ("POST", "/metrics", "post", "/metrics"),
        ("FOO", "/x/y/z/w", "foo", "/x/y/z/w"),
        ("GET", "/apis/g/v/watch", "get", "/apis/g/v/watch"),
    ],
)
def test_path(method: str, target: str, verb: str, path: str) -> None:
    """Anything else is judged by its path, and its verb is the method."""
    info = resolve(method, target)

    assert (info.is_resource, info.verb, info.path) == (False, verb, path)


def test_core_group() -> None:
    """The core group stands under /api and has no name."""
    info = resolve("GET", "/api/v1/namespaces/a/pods/p")

    assert (info.group, info.version, info.namespace, info.resource, info.name) == (
        ("", "v1", "a", "pods", "p")
    )
