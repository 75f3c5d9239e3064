"""Both lines of the real kubectl work on the sandbox's API server, as users type them."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.realcluster.process import Process, wait_until
from tests.sandbox.cluster_with_metrics import cluster_with_metrics
from tests.sandbox.running import Running
from tidegauge.sandbox.apiserver.identities import ADMIN, NOBODY, VIEWER
from tidegauge.sandbox.apiserver.server import ApiServer

pytestmark = pytest.mark.realcluster

Kubectl = Callable[..., str]

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {app: app}}
spec:
  replicas: REPLICAS
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: app, image: "none.invalid/app:1", resources: {requests: {cpu: 100m}}}
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {selector: {app: app}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Process]]:
    with cluster_with_metrics(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(world: tuple[Running, Process]) -> Running:
    return world[0]


@pytest.fixture(params=["1.37", "1.32"])
def version(request: pytest.FixtureRequest) -> str:
    """Of kubectl."""
    return str(request.param)


@pytest.fixture
def namespace(sandbox: Running, request: pytest.FixtureRequest) -> str:
    """A new one for each test, whose name has the version of kubectl in it."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    body = {"metadata": {"name": name}}
    sandbox.client().request("POST", "/api/v1/namespaces", body)
    return name


@pytest.fixture
def kubectl(sandbox: Running, version: str, namespace: str) -> Kubectl:
    """What a command prints, run in the test's own namespace; it must not fail."""

    def run(*args: str, stdin: str = "") -> str:
        done = sandbox.kubectl(*args, f"--namespace={namespace}", version=version, stdin=stdin)
        assert done.code == 0, done.stderr
        return done.stdout

    return run


def make_available(sandbox: Running, namespace: str, name: str, replicas: int) -> None:
    """What a controller would say of a Deployment that has rolled out."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    generation = sandbox.client().request("GET", path)["metadata"]["generation"]
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    status = dict.fromkeys(counts, replicas) | {"observedGeneration": generation}
    merge = {"Content-Type": "application/merge-patch+json"}
    sandbox.client().request("PATCH", f"{path}/status", {"status": status}, merge)


def test_create_get_describe(kubectl: Kubectl) -> None:
    """What is created is listed, shown in full in both formats, and described."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web:1", "--replicas=2")

    assert kubectl("get", "deploy", "web").split()[-5:-1] == ["web", "0/2", "0", "0"]
    wide = kubectl("get", "deploy", "-o", "wide", "--no-headers").split()
    assert wide[-3:] == ["web", "none.invalid/web:1", "app=web"]
    assert "replicas: 2" in kubectl("get", "deploy", "web", "-o", "yaml")
    shown: Any = json.loads(kubectl("get", "deploy", "web", "-o", "json"))
    assert shown["spec"]["strategy"]["type"] == "RollingUpdate"
    assert re.search(r"Replicas: +2 desired", kubectl("describe", "deploy", "web"))


def test_scale(kubectl: Kubectl) -> None:
    """Scaling changes the replicas that are wanted."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web")

    kubectl("scale", "deployment/web", "--replicas=5")

    assert kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}") == "5"


@pytest.mark.parametrize("how", [[], ["--server-side"]], ids=["client", "server"])
def test_apply(kubectl: Kubectl, how: list[str]) -> None:
    """Applying creates, then changes what differs and nothing else."""
    first, second = (APP.replace("REPLICAS", number) for number in "13")

    kubectl("apply", *how, "-f", "-", stdin=first)
    again = kubectl("apply", *how, "-f", "-", stdin=first)
    kubectl("apply", *how, "-f", "-", stdin=second)

    assert how or again.splitlines() == ["deployment.apps/app unchanged", "service/app unchanged"]
    assert kubectl("get", "deploy", "app", "-o", "jsonpath={.spec.replicas}") == "3"


def test_apply_of_an_unknown_field(sandbox: Running, namespace: str, version: str) -> None:
    """A field that nobody knows is refused by the server, which names it."""
    manifest = APP.replace("replicas: REPLICAS", "replicaz: 1")

    done = sandbox.kubectl("apply", "-n", namespace, "-f", "-", version=version, stdin=manifest)

    assert done.code == 1
    assert 'unknown field "spec.replicaz"' in done.stderr


@pytest.mark.parametrize(
    ("args", "path", "expected"),
    [
        (
            ["-p", '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"b"}]}}}}'],
            "{.spec.template.spec.containers[*].image}",
            "b",
        ),
        (["--type=merge", "-p", '{"metadata":{"labels":{"a":"b"}}}'], "{.metadata.labels.a}", "b"),
        (
            ["--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":4}]'],
            "{.spec.replicas}",
            "4",
        ),
    ],
    ids=["strategic", "merge", "json"],
)
def test_patch(kubectl: Kubectl, args: list[str], path: str, expected: str) -> None:
    """Each kind of patch changes what it says."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web")

    kubectl("patch", "deployment", "web", *args)

    assert kubectl("get", "deploy", "web", "-o", f"jsonpath={path}") == expected


STATUS = json.dumps(
    {
        "status": {
            "currentReplicas": 2,
            "desiredReplicas": 3,
            "currentMetrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "current": {"averageUtilization": 92, "averageValue": "92m"},
                    },
                }
            ],
            "conditions": [
                {
                    "type": "AbleToScale",
                    "status": "True",
                    "reason": "SucceededRescale",
                    "message": "the HPA controller was able to update the target scale to 3",
                }
            ],
        }
    }
)


def test_autoscale(sandbox: Running, kubectl: Kubectl, namespace: str) -> None:
    """Both lines make an HPA, list it with its target, and describe conditions and events."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web")

    kubectl("autoscale", "deployment", "web", "--min=2", "--max=5", "--cpu-percent=60")

    line = kubectl("get", "hpa", "web", "--no-headers").split()
    assert line[:7] == ["web", "Deployment/web", "cpu:", "<unknown>/60%", "2", "5", "0"]
    kubectl("patch", "hpa", "web", "--subresource=status", "--type=merge", "-p", STATUS)
    assert kubectl("get", "hpa", "web", "--no-headers").split()[3:7] == ["92%/60%", "2", "5", "2"]
    sandbox.do(lambda server: tell_of_rescaling(server, namespace))
    described = kubectl("describe", "hpa", "web")
    assert re.search(r"resource cpu on pods .*: +92% \(92m\) / 60%", described)
    assert re.search(r"Deployment pods: +2 current / 3 desired", described)
    assert re.search(r"AbleToScale +True +SucceededRescale +the HPA controller", described)
    assert re.search(r"Normal +SuccessfulRescale .*New size: 3", described)


def tell_of_rescaling(server: ApiServer, namespace: str) -> None:
    """As a controller does."""
    found = server.storage.get("horizontalpodautoscalers", namespace, "web")
    assert found
    about = {key: found["metadata"][key] for key in ("name", "namespace", "uid")}
    about |= {"kind": found["kind"], "apiVersion": found["apiVersion"]}
    event = {
        "metadata": {"name": "web.1", "namespace": namespace},
        "involvedObject": about,
        "type": "Normal",
        "reason": "SuccessfulRescale",
        "message": "New size: 3; reason: All metrics below target",
        "source": {"component": "horizontal-pod-autoscaler"},
        "count": 1,
    }
    server.storage.create("events", event)


def test_rollout_status(sandbox: Running, kubectl: Kubectl, namespace: str) -> None:
    """The end of a rollout is waited for and told."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web", "--replicas=2")
    kubectl("rollout", "restart", "deployment/web")
    make_available(sandbox, namespace, "web", 2)

    shown = kubectl("rollout", "status", "deployment/web", "--timeout=20s")

    assert shown.endswith('deployment "web" successfully rolled out\n')


def test_watch(sandbox: Running, kubectl: Kubectl, namespace: str, version: str) -> None:
    """`get -w` shows what is there, and each change as it comes."""
    kubectl("create", "configmap", "one")
    watching = sandbox.start_kubectl("get", "cm", "-w", "-n", namespace, version=version)
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline().split() == ["NAME", "DATA", "AGE"]
        assert watching.stdout.readline().split()[:2] == ["one", "0"]
        kubectl("create", "configmap", "two", "--from-literal=a=b")
        assert watching.stdout.readline().split()[:2] == ["two", "1"]
    finally:
        watching.kill()
        watching.communicate()


def test_delete(kubectl: Kubectl) -> None:
    """What is deleted is gone, and what it owned with it."""
    kubectl("create", "configmap", "a")
    kubectl("create", "secret", "generic", "s", "--from-literal=a=b")

    kubectl("delete", "configmap/a", "secret/s")

    assert kubectl("get", "cm,secret", "-o", "name") == ""


def test_delete_namespace(kubectl: Kubectl, namespace: str) -> None:
    """A namespace goes with everything in it, and kubectl sees it end."""
    kubectl("run", "p", "--image=none.invalid/p")
    kubectl("create", "deployment", "web", "--image=none.invalid/web")

    assert "deleted" in kubectl("delete", "namespace", namespace)
    assert namespace not in kubectl("get", "ns", "-o", "name")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("deployment.spec.strategy", ["KIND: Deployment", "rollingUpdate"]),
        ("pod.spec.containers.resources", ["FIELD: resources <ResourceRequirements>", "limits"]),
        ("hpa.spec.metrics", ["FIELD: metrics <[]MetricSpec>", "containerResource"]),
        ("podmetrics.containers", ["KIND: PodMetrics", "usage"]),
    ],
)
def test_explain(kubectl: Kubectl, path: str, expected: list[str]) -> None:
    """Fields are explained, those of aggregated kinds too."""
    shown = re.sub(r"[ \t]+", " ", kubectl("explain", path))

    assert [text for text in expected if text not in shown] == []


def test_api_resources(kubectl: Kubectl) -> None:
    """All kinds are listed, the aggregated ones among them, with their short names."""
    rows = [line.split() for line in kubectl("api-resources", "--no-headers").splitlines()]

    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in rows
    assert ["nodes", "no", "v1", "false", "Node"] in rows
    assert any(row[-1] == "PodMetrics" for row in rows)


@pytest.mark.parametrize(
    ("verb", "resource", "answers"),
    [
        ("list", "pods", {"admin": "yes", "viewer": "yes", "nobody": "no"}),
        ("delete", "pods", {"admin": "yes", "viewer": "no", "nobody": "no"}),
        ("get", "secrets", {"admin": "yes", "viewer": "no", "nobody": "no"}),
        ("list", "pods.metrics.k8s.io", {"admin": "yes", "viewer": "yes", "nobody": "no"}),
    ],
)
def test_auth_can_i(
    sandbox: Running, version: str, verb: str, resource: str, answers: dict[str, str]
) -> None:
    """An admin may everything, a viewer may read, a nobody may nothing."""
    told = {}
    for user in (ADMIN, VIEWER, NOBODY):
        done = sandbox.kubectl("auth", "can-i", verb, resource, version=version, user=user)
        told[user.name] = done.stdout.strip()

    assert told == answers


def test_token_of_an_account(sandbox: Running, kubectl: Kubectl, namespace: str) -> None:
    """A service account's token says who it is."""
    kubectl("create", "serviceaccount", "robot")
    token = kubectl("create", "token", "robot").strip()

    review = {"spec": {"token": token}}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"

    user = sandbox.client().request("POST", path, review)["status"]["user"]

    assert user["username"] == f"system:serviceaccount:{namespace}:robot"
    assert f"system:serviceaccounts:{namespace}" in user["groups"]


def test_edit(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is changed in the editor is stored."""
    kubectl("create", "deployment", "web", "--image=none.invalid/web:1")
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/web:1/web:2/")

    kubectl("edit", "deployment", "web")

    shown = kubectl("get", "deploy", "web", "-o", "jsonpath={..image}")
    assert shown == "none.invalid/web:2"


def test_forbidden(sandbox: Running, version: str) -> None:
    """Who may not is told so in Kubernetes' words."""
    done = sandbox.kubectl("get", "pods", version=version, user=NOBODY)

    assert done.code == 1
    assert 'User "nobody" cannot list resource "pods" in API group ""' in done.stderr


@pytest.mark.parametrize(
    ("args", "row"),
    [
        (["pods", "-n", "default"], ["web", "250m", "100Mi"]),
        (["pods", "-n", "default", "--containers"], ["web", "app", "250m", "100Mi"]),
    ],
    ids=["pods", "containers"],
)
def test_top(sandbox: Running, version: str, args: list[str], row: list[str]) -> None:
    """Usage comes through the APIService's proxy from the real metrics server, for a viewer too."""
    for user in (ADMIN, VIEWER):
        done = sandbox.kubectl("top", *args, "--no-headers", version=version, user=user)

        assert done.stdout.split() == row, done.stderr


def test_top_nodes(sandbox: Running, version: str) -> None:
    """Nodes are shown with their share of what they have."""
    shown = sandbox.kubectl("top", "nodes", "--no-headers", version=version).stdout.split()

    assert shown[0] == "n1"
    assert shown[2].endswith("%")


def test_describe_node(sandbox: Running, version: str) -> None:
    """A node is described with the pods on it."""
    shown = sandbox.kubectl("describe", "node", "n1", version=version).stdout

    assert re.search(r"^  default +web ", shown, re.MULTILINE)


def available(sandbox: Running) -> bool:
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.k8s.io"
    conditions = sandbox.client().request("GET", path)["status"]["conditions"]
    return bool(conditions[0]["status"] == "True")


def test_zz_metrics_server_away(world: tuple[Running, Process], version: str) -> None:
    """Without its server an APIService says so, usage is 503, and namespaces wait to end."""
    sandbox, server = world
    server.stop()
    admin = sandbox.client()
    usage = "/apis/metrics.k8s.io/v1/nodes"
    wait_until(lambda: not available(sandbox), "v1.metrics.k8s.io unavailable", 30)
    assert admin.send("GET", usage).status == 503
    name = f"waiting-{version.replace('.', '-')}"
    sandbox.kubectl("create", "ns", name, version=version)

    done = sandbox.kubectl("delete", "ns", name, "--wait=false", version=version)

    assert done.code == 0, done.stderr
    shown = sandbox.kubectl("get", "ns", name, "-o", "yaml", version=version).stdout
    assert "phase: Terminating" in shown
    assert "NamespaceDeletionDiscoveryFailure" in shown
    listed = sandbox.kubectl("get", "apiservices", "v1.metrics.k8s.io", version=version).stdout
    assert "False (FailedDiscoveryCheck)" in listed
