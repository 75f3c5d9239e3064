"""What a path names."""

import pytest

from tidegauge.serving.routing import Collection, OpenApi, Page, ResourceList, Single, route

GROUP = "/apis/metrics.k8s.io"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", Page.INDEX),
        ("/?pretty=1", Page.INDEX),
        ("//", Page.NO_PATH),
        ("*", Page.NO_PATH),
        ("/apis", Page.GROUPS),
        ("/apis/", Page.GROUPS),
        ("/apis//", Page.NO_PATH),
        ("/api", Page.NO_PATH),
        (GROUP, Page.GROUP),
        (f"{GROUP}//", Page.GROUP),
        ("/apis/metrics.k8s.io.example", Page.NO_PATH),
        (f"{GROUP}/v1", ResourceList("v1")),
        (f"{GROUP}/v1beta1/", ResourceList("v1beta1")),
        (f"{GROUP}/v1beta2", Page.NO_RESOURCE),
        (f"{GROUP}/v1/nodes", Collection("v1", "nodes")),
        (f"{GROUP}/v1beta1/pods", Collection("v1beta1", "pods")),
        (f"{GROUP}/v1/pods/", Collection("v1", "pods")),
        (f"{GROUP}/v1/services", Page.NO_RESOURCE),
        (f"{GROUP}/v1/nodes/node-a", Single("v1", "nodes", "", "node-a")),
        (f"{GROUP}/v1/nodes/%6eode-a", Single("v1", "nodes", "", "node-a")),
        (f"{GROUP}/v1/nodes/..", Single("v1", "nodes", "", "..")),
        (f"{GROUP}/v1/nodes//node-a", Page.NO_RESOURCE),
        (f"{GROUP}/v1/nodes/node-a/status", Page.NO_RESOURCE),
        (f"{GROUP}/v1/pods/web", Page.NO_RESOURCE),
        (f"{GROUP}/v1/namespaces/ns", Page.NO_RESOURCE),
        (f"{GROUP}/v1/namespaces/ns/nodes", Page.NO_RESOURCE),
        (f"{GROUP}/v1/namespaces/ns/pods", Collection("v1", "pods", "ns")),
        (f"{GROUP}/v1/namespaces/ns%2Fpods", Collection("v1", "pods", "ns")),
        (f"{GROUP}/v1/namespaces//pods", Collection("v1", "pods")),
        (f"{GROUP}/v1/namespaces/ns/pods/web", Single("v1", "pods", "ns", "web")),
        (f"{GROUP}/v1/namespaces/ns/pods/a%2Fb", Page.NO_RESOURCE),
        (f"{GROUP}/v1/watch/nodes", Page.NO_RESOURCE),
        ("/version", Page.VERSION),
        ("/version/", Page.VERSION),
        ("/version/x", Page.NO_RESOURCE),
        ("/versions", Page.NO_PATH),
        ("/openapi/v2", OpenApi("v2")),
        ("/openapi/v2/", Page.NO_PATH),
        ("/openapi/v3", OpenApi("v3")),
        (f"/openapi/v3{GROUP}/v1", OpenApi("v3/apis/metrics.k8s.io/v1")),
    ],
    ids=str,
)
def test_a_path_names_one_thing(target, expected):
    """Escapes are resolved before a path is matched; slashes at its end do not count."""
    assert route(target) == expected
