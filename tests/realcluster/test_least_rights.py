"""The chart's rights are exactly those that the server uses, by kube-apiserver's own audit log.

The server does all it can do: it scrapes, lists in both ways, reviews tokens and access, makes its
certificate and publishes its authority. No request may be refused, and no right lie idle.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.helm import Rendered
from tests.realcluster import charted
from tests.realcluster.charted import ACCOUNT, Replica
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import Seen
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import free_port

NODE, NAMESPACE = "audited-node", "audited"
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata", "users": [ACCOUNT]}, {"level": "None"}],
}
# Roles of Kubernetes' own, by which every aggregated server learns who is asking.
DELEGATED = {
    ("create", "tokenreviews", None),
    ("create", "subjectaccessreviews", None),
    ("watch", "configmaps", "extension-apiserver-authentication"),
    ("list", "configmaps", "extension-apiserver-authentication"),
}
REVIEWS = {
    "TokenReview": "/apis/authentication.k8s.io/v1/tokenreviews",
    "SubjectAccessReview": "/apis/authorization.k8s.io/v1/subjectaccessreviews",
}

Right = tuple[str, str, str | None]


class Kubelet:
    """Asks as a real one does whose authentication and authorization are by webhook."""

    def __init__(self, admin: Client) -> None:
        self._admin = admin
        self.asked: set[Right] = set()

    def authorize(self, seen: Seen) -> int:
        review = self._review("TokenReview", {"token": seen.token or ""})
        if not review.get("authenticated"):
            return 401
        user = review["user"]
        resource = {"verb": "get", "resource": "nodes", "subresource": "metrics", "name": NODE}
        spec = {"user": user["username"], "groups": user["groups"], "resourceAttributes": resource}
        self.asked.add(("get", "nodes/metrics", None))
        return 200 if self._review("SubjectAccessReview", spec)["allowed"] else 403

    def _review(self, kind: str, spec: Mapping[str, Any]) -> Any:
        group = REVIEWS[kind].split("/")[2]
        body = {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}
        return self._admin.request("POST", REVIEWS[kind], body)["status"]


@dataclass(frozen=True)
class Audited:
    """A server that ran, and what kube-apiserver says that it did."""

    rendered: Rendered
    used: set[Right]
    refused: list[str]
    log: str


@pytest.fixture(scope="module", params=["WatchList", "pages"])
def audited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """With an API server that streams lists, and with one that doesn't, as older ones."""
    folder = tmp_path_factory.mktemp("audited")
    streams = str(request.param == "WatchList").lower()
    policy, log = folder.with_name("policy.json"), folder.with_name("audit.jsonl")
    policy.write_text(json.dumps(POLICY))
    log.unlink(missing_ok=True)
    plane = ControlPlane(
        folder,
        controllers=(),
        without_admission=("ServiceAccount",),
        apiserver_flags=(
            f"--audit-policy-file={policy}",
            f"--audit-log-path={log}",
            f"--feature-gates=WatchList={streams}",
        ),
    )
    with plane, Kubelets(plane.authority) as kubelets:
        rendered, kubelet, said = _run(plane, kubelets)
    events = list(_events(log))
    refused = [
        event["requestURI"] for event in events if event["responseStatus"]["code"] in (401, 403)
    ]
    return Audited(rendered, kubelet.asked | {_right(event) for event in events}, refused, said)


def _run(plane: ControlPlane, kubelets: Kubelets) -> tuple[Rendered, Kubelet, str]:
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    port = free_port()
    kubelet = Kubelet(plane.client("kubelet", ["system:masters"]))
    rendered = charted.installed(plane, port)
    with ExitStack() as stack:
        one = stack.enter_context(node(plane.admin, kubelets, NODE))
        one.authorize = kubelet.authorize
        run_pod(plane.admin, one, NAMESPACE, "web", cpu=0.25)
        replica = stack.enter_context(Replica(plane, rendered, port))
        replica.wait_ready()
        plane.wait_metrics_api()
        token = plane.service_account_token("kube-system", "tidegauge")
        by_token = replica.client(token)
        # Neither open nor for admins: this takes a review of the token and one of the access.
        assert by_token.send("GET", "/apis/metrics.k8s.io/v1/nodes").status == 403
        by_token.close()
    return rendered, kubelet, replica.log.read_text()


def _events(log: Path) -> Iterator[Mapping[str, Any]]:
    for line in log.read_text().splitlines():
        yield json.loads(line)


def _right(event: Mapping[str, Any]) -> Right:
    """What a role must name for it; a list or watch of one object names it in its selector."""
    what = event["objectRef"]
    resource = "/".join(filter(None, (what["resource"], what.get("subresource"))))
    return event["verb"], resource, what.get("name")


def granted(rendered: Rendered) -> set[Right]:
    """Every right of the chart's own roles for its server."""
    roles = [rendered.of("ClusterRole")[0], *rendered.of("Role")]
    return {
        (verb, resource, name)
        for role in roles
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [None])
    }


def test_no_request_is_refused(audited: Audited) -> None:
    """The server may all that it tries, so nothing fails that nobody sees."""
    assert audited.refused == []
    assert "forbidden" not in audited.log


def test_nothing_beyond_is_asked(audited: Audited) -> None:
    """Each request is covered by a rule of the chart's, or by Kubernetes' own for such servers."""
    assert audited.used - DELEGATED <= granted(audited.rendered)


def test_no_right_lies_idle(audited: Audited, request: pytest.FixtureRequest) -> None:
    """What is granted is used; `list` only where an API server can't stream lists."""
    lists = {right for right in granted(audited.rendered) if right[0] == "list"}
    idle = lists if "WatchList" in request.node.name else set()

    assert granted(audited.rendered) - audited.used == idle
