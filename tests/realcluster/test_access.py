"""Who may read metrics: through kube-apiserver, as its proxy says, and asking us directly."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.realcluster import pki
from tests.realcluster.aggregation import cluster_role, rule, user_binding
from tests.realcluster.client import Answer, Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer

NAMESPACE = "access"
NODE = "access-node"
ACCOUNT = "scraper"
ACCOUNT_USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"

PATHS = {
    "list": f"{API}/v1/namespaces/{NAMESPACE}/pods",
    "get": f"{API}/v1beta1/namespaces/{NAMESPACE}/pods/web",
    "list elsewhere": f"{API}/v1/namespaces/kube-system/pods",
    "list everywhere": f"{API}/v1beta1/pods",
    "list nodes": f"{API}/v1/nodes",
    "get node": f"{API}/v1/nodes/{NODE}",
}

MAY = {
    # By a role of one namespace made for metrics.
    "reader": {"list", "get"},
    # By `view` in one namespace, to which the incumbent's role for readers is aggregated.
    "viewer": {"list", "get"},
    # By that role itself, in the whole cluster.
    "overseer": set(PATHS),
    "stranger": set[str](),
}

Ask = Callable[[str, str], Answer]


@pytest.fixture(scope="module", autouse=True)
def world(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[None]:
    """A node with a pod, and the roles of those who ask."""
    assert metrics_api.running
    control_plane.create_namespace(NAMESPACE)
    pods = rule(["metrics.k8s.io"], ["pods"], ["get", "list"])
    control_plane.apply(
        cluster_role("access-pods", pods),
        user_binding("reader", "access-pods", "reader", NAMESPACE),
        user_binding("viewer", "view", "viewer", NAMESPACE),
        user_binding("access-overseer", "system:aggregated-metrics-reader", "overseer"),
        user_binding("account", "access-pods", ACCOUNT_USER, NAMESPACE),
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        },
    )
    with node(control_plane.admin, kubelets, NODE) as kubelet:
        run_pod(control_plane.admin, kubelet, NAMESPACE, "web")
        for path in (PATHS["get"], PATHS["get node"]):
            control_plane.wait_for(path, bool)
        # A refusal that came too early would be remembered.
        users = ("reader", "viewer", "overseer", ACCOUNT_USER)
        wait_until(lambda: all(_may_list(control_plane, user) for user in users), "roles", 30)
        yield


def _may_list(plane: ControlPlane, user: str) -> bool:
    attributes = {"verb": "list", "group": "metrics.k8s.io", "resource": "pods"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": {**attributes, "namespace": NAMESPACE}},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(plane.request("POST", path, review)["status"]["allowed"])


@pytest.fixture(params=["through kube-apiserver", "as its proxy says", "directly"])
def ask(
    request: pytest.FixtureRequest, control_plane: ControlPlane, metrics_api: MetricsServer
) -> Ask:
    """One way for a user to GET a path."""

    def proxied(user: str, path: str) -> Answer:
        headers = {"X-Remote-User": user, "X-Remote-Group": "system:authenticated"}
        return metrics_api.proxy_client().send("GET", path, headers=headers)

    ways: Mapping[str, Ask] = {
        "through kube-apiserver": lambda user, path: control_plane.client(user).send("GET", path),
        "as its proxy says": proxied,
        "directly": lambda user, path: metrics_api.client(user).send("GET", path),
    }
    return ways[request.param]


@pytest.mark.parametrize("user", list(MAY))
def test_rbac_decides(ask: Ask, user: str) -> None:
    """Each gets what its roles allow and 403 for all else, whichever way it asks."""
    statuses = {name: ask(user, path).status for name, path in PATHS.items()}

    assert statuses == {name: 200 if name in MAY[user] else 403 for name in PATHS}


def test_a_refusal_says_who_may_not_do_what(ask: Ask) -> None:
    """As Kubernetes puts it."""
    assert ask("reader", PATHS["list everywhere"]).json()["message"] == (
        'pods.metrics.k8s.io is forbidden: User "reader" cannot list resource "pods" '
        'in API group "metrics.k8s.io" at the cluster scope'
    )


def test_the_token_of_a_service_account(
    control_plane: ControlPlane, metrics_api: MetricsServer
) -> None:
    """Shown to us directly, it is reviewed and stands for its account."""
    token = control_plane.service_account_token(NAMESPACE, ACCOUNT)
    client = Client(metrics_api.url, control_plane.authority.certificate, token=token)

    allowed, refused = (client.send("GET", PATHS[name]) for name in ("list", "list nodes"))

    assert [item["metadata"]["name"] for item in allowed.json()["items"]] == ["web"]
    assert refused.status == 403
    assert f'User "{ACCOUNT_USER}" cannot list' in refused.json()["message"]


def test_a_token_that_nobody_issued(
    control_plane: ControlPlane, metrics_api: MetricsServer
) -> None:
    """Is not anonymous but refused."""
    client = Client(metrics_api.url, control_plane.authority.certificate, token="made-up")

    assert client.send("GET", PATHS["list"]).status == 401
    assert client.send("GET", "/livez").status == 401


def test_kubectl_straight_to_our_port(
    control_plane: ControlPlane, metrics_api: MetricsServer, tmp_path: Path
) -> None:
    """With a kubeconfig that names us as the server and holds a token, without kube-apiserver."""
    token = control_plane.service_account_token(NAMESPACE, ACCOUNT)
    config = pki.kubeconfig(metrics_api.url, control_plane.authority.certificate, {"token": token})
    file = pki.replace_file(tmp_path / "kubeconfig", config)

    shown = control_plane.kubectl("get", "podmetrics", "-n", NAMESPACE, "-o=name", kubeconfig=file)

    assert shown.code == 0, shown.stderr
    assert shown.stdout == "podmetrics.metrics.k8s.io/web\n"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/livez", 200),
        ("/readyz", 200),
        ("/healthz", 200),
        ("/version", 200),
        (f"{API}/v1", 403),
        (PATHS["list"], 403),
        (PATHS["list nodes"], 403),
        ("/metrics", 403),
    ],
)
def test_anonymous_requests(
    control_plane: ControlPlane, metrics_api: MetricsServer, path: str, status: int
) -> None:
    """Whoever shows nothing may probe our health and read the version, as by RBAC's defaults."""
    answer = Client(metrics_api.url, control_plane.authority.certificate).send("GET", path)

    assert answer.status == status
    assert status == 200 or 'User "system:anonymous" cannot' in answer.json()["message"]


def test_nobody_is_believed_who_says_to_be_somebody_else(metrics_api: MetricsServer) -> None:
    """The proxy's headers count for nothing from anyone but the proxy."""
    headers = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}

    answer = metrics_api.client("stranger").send("GET", PATHS["list"], headers=headers)

    assert answer.status == 403
    assert 'User "stranger" cannot list' in answer.json()["message"]
