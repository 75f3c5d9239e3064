"""kubectl of both lines through a real kube-apiserver: 1.37 asks for v1, 1.32 for v1beta1."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import yaml

from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import create_pod, node, pod_manifest
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API, millicores, rows, rows_of
from tests.realcluster.servers import MetricsServer

NAMESPACE = "kubectl"
FAST, SLOW = "kubectl-fast", "kubectl-slow"
POD = f"namespaces/{NAMESPACE}/pods"
MIB = 1 << 20
# kube-aggregator asks a new server for its OpenAPI at once, and again a minute after a failure.
OPENAPI_SECONDS = 90.0

pytestmark = pytest.mark.usefixtures("world")

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def world(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[None]:
    """`api` on a node with swap uses more CPU, `db` on one without uses more memory."""
    assert metrics_api.running
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with ExitStack() as stack:
        fast = stack.enter_context(
            node(admin, kubelets, FAST, swap=64 * MIB, labels={"pool": "fast"})
        )
        slow = stack.enter_context(node(admin, kubelets, SLOW))
        fast.add(NAMESPACE, "api", "app", cpu=0.25, memory=100 * MIB, swap=8 * MIB)
        fast.add(NAMESPACE, "api", "side", cpu=0.05, memory=20 * MIB)
        slow.add(NAMESPACE, "db", cpu=0.2, memory=1024 * MIB)
        api = pod_manifest(NAMESPACE, "api", FAST, ["app", "side"], labels={"app": "api"})
        create_pod(admin, api)
        create_pod(admin, pod_manifest(NAMESPACE, "db", SLOW, labels={"app": "db"}))
        for path in (f"nodes/{FAST}", f"nodes/{SLOW}", f"{POD}/api", f"{POD}/db"):
            control_plane.wait_for(f"{API}/v1/{path}", bool)
        yield


@pytest.fixture(params=["1.37", "1.32"])
def version(request: pytest.FixtureRequest) -> str:
    """Of kubectl."""
    return str(request.param)


@pytest.fixture
def kubectl(control_plane: ControlPlane, version: str) -> Kubectl:
    """What a kubectl command prints, run in our namespace; it must not fail."""

    def run(*args: str) -> str:
        done = control_plane.kubectl(*args, f"--namespace={NAMESPACE}", version=version)
        assert done.code == 0, done.stderr
        return done.stdout

    return run


def test_each_kubectl_asks_for_its_own_version(control_plane: ControlPlane, version: str) -> None:
    """What the other tests see is v1 by the one and v1beta1 by the other."""
    asked = {"1.37": "v1", "1.32": "v1beta1"}[version]

    shown = control_plane.kubectl("top", "nodes", "--v=6", version=version)

    assert set(re.findall(rf"{API}/(\w+)/nodes", shown.stderr)) == {asked}


FAST_ROW = [FAST, "400m", "5%", "632Mi", "1%"]
SLOW_ROW = [SLOW, "300m", "3%", "1536Mi", "4%"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["nodes"], [FAST_ROW, SLOW_ROW]),
        (["nodes", "--sort-by=cpu"], [FAST_ROW, SLOW_ROW]),
        (["nodes", "--sort-by=memory"], [SLOW_ROW, FAST_ROW]),
        (["nodes", "--selector=pool=fast"], [FAST_ROW]),
        (["node", SLOW], [SLOW_ROW]),
        (["node", SLOW, "--use-protocol-buffers=false"], [SLOW_ROW]),
    ],
    ids=["all", "by cpu", "by memory", "selected", "one", "as JSON"],
)
def test_top_nodes(kubectl: Kubectl, args: list[str], expected: list[list[str]]) -> None:
    """The node's own figures, what runs outside of pods included, and their share of the node."""
    shown = kubectl("top", *args)

    assert rows(shown)[0] == ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    assert rows_of(shown, [FAST, SLOW]) == expected


HEADER = ["NAME", "CPU(cores)", "MEMORY(bytes)"]
API_ROW = ["api", "300m", "120Mi"]
DB_ROW = ["db", "200m", "1024Mi"]
BY_CONTAINER = [
    ["POD", *HEADER],
    ["api", "app", "250m", "100Mi"],
    ["api", "side", "50m", "20Mi"],
    ["db", "app", "200m", "1024Mi"],
]
LINE = ["________", "________"]
SUM = ["500m", "1144Mi"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["pods"], [HEADER, API_ROW, DB_ROW]),
        (["pods", "--containers"], BY_CONTAINER),
        (["pods", "--sum"], [HEADER, API_ROW, DB_ROW, LINE, SUM]),
        (["pods", "--containers", "--sum"], [*BY_CONTAINER, LINE, SUM]),
        (["pods", "--sort-by=cpu"], [HEADER, API_ROW, DB_ROW]),
        (["pods", "--sort-by=memory"], [HEADER, DB_ROW, API_ROW]),
        (["pods", "--selector=app=db"], [HEADER, DB_ROW]),
        (["pods", "--field-selector=metadata.name=db"], [HEADER, DB_ROW]),
        (["pods", "--no-headers"], [API_ROW, DB_ROW]),
        (["pod", "api"], [HEADER, API_ROW]),
        (["pod", "db", "--use-protocol-buffers=false"], [HEADER, DB_ROW]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)
def test_top_pods(kubectl: Kubectl, args: list[str], expected: list[list[str]]) -> None:
    """Each way to ask prints what the kubelets said, summed, chosen and sorted as asked."""
    assert rows(kubectl("top", *args)) == expected


def test_top_pods_of_all_namespaces(kubectl: Kubectl) -> None:
    """Ours are among them, with their namespace before them."""
    shown = kubectl("top", "pods", "--all-namespaces", "--containers")

    assert rows(shown)[0] == ["NAMESPACE", *BY_CONTAINER[0]]
    assert rows_of(shown, [NAMESPACE]) == [[NAMESPACE, *row] for row in BY_CONTAINER[1:]]


@pytest.mark.parametrize("version", ["1.37"], indirect=True)
def test_top_shows_swap(kubectl: Kubectl) -> None:
    """What kubelets say of swap, as a share of the node's; kubectl's own word where nothing is."""
    nodes = kubectl("top", "nodes", "--show-swap")
    pods = kubectl("top", "pods", "--containers", "--show-swap")

    assert rows_of(nodes, [FAST, SLOW]) == [
        [*FAST_ROW, "8Mi", "12%"],
        [*SLOW_ROW, "<unknown>", "<unknown>"],
    ]
    swap = {("api", "app"): "8Mi"}
    assert rows(pods)[1:] == [[*row, swap.get((row[0], row[1]), "0Mi")] for row in BY_CONTAINER[1:]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["pod", "nobody"], 'pods "nobody" not found'),
        (["node", "nobody"], 'node "nobody" not found'),
    ],
    ids=["pod", "node"],
)
def test_top_of_what_is_not_there(
    control_plane: ControlPlane, version: str, args: list[str], message: str
) -> None:
    """An error that names it."""
    shown = control_plane.kubectl("top", *args, "-n", NAMESPACE, version=version)

    assert shown.code == 1
    assert shown.stderr == f"Error from server (NotFound): {message}\n"


@pytest.mark.parametrize("output", [[], ["--output=wide"]], ids=["plain", "wide"])
def test_get_prints_tables(kubectl: Kubectl, output: list[str]) -> None:
    """One row an object, its containers summed."""
    pods = rows(kubectl("get", "podmetrics", *output))
    ours = f"--selector=kubernetes.io/hostname in ({FAST}, {SLOW})"
    nodes, fast, slow = rows(kubectl("get", "nodemetrics", ours, *output))

    assert [row[0] for row in pods] == ["NAME", "api", "db"]
    assert [millicores(row[1]) for row in pods[1:]] == [300, 200]
    assert [row[2:4] for row in pods[1:]] == [["120Mi", "8Mi"], ["1Gi", "<unknown>"]]
    assert pods[0] == nodes == ["NAME", "CPU", "MEMORY", "SWAP", "WINDOW"]
    assert (millicores(fast[1]), fast[3]) == (400, "8Mi")
    assert (millicores(slow[1]), slow[3]) == (300, "<unknown>")


def test_get_prints_names(kubectl: Kubectl) -> None:
    """By resource and name, so that scripts can go on with them."""
    assert kubectl("get", "podmetrics", "--output=name").splitlines() == [
        "podmetrics.metrics.k8s.io/api",
        "podmetrics.metrics.k8s.io/db",
    ]


@pytest.mark.parametrize("output", ["yaml", "json"])
def test_get_prints_documents(kubectl: Kubectl, output: str) -> None:
    """The whole object, in the version that discovery prefers."""
    shown = yaml.safe_load(kubectl("get", "nodemetrics", FAST, f"--output={output}"))

    assert (shown["apiVersion"], shown["kind"]) == ("metrics.k8s.io/v1", "NodeMetrics")
    assert shown["metadata"]["name"] == FAST
    assert shown["metadata"]["labels"]["pool"] == "fast"
    assert millicores(shown["usage"].pop("cpu")) == 400
    assert shown["usage"] == {"memory": f"{632 * 1024 + 192}Ki", "swap": "8Mi"}


def test_describe_a_pod(kubectl: Kubectl) -> None:
    """Its containers with what each uses."""
    shown = kubectl("describe", "podmetrics", "api")

    assert re.search(r"^Labels: +app=api$", shown, re.MULTILINE), shown
    used = re.findall(
        r"Name: +(app|side)\s+Usage:\s+Cpu: +(\S+)\s+Memory: +(\S+)\s+Swap: +(\S+)", shown
    )
    assert [(name, millicores(cpu), *rest) for name, cpu, *rest in used] == [
        ("app", 250, "100Mi", "8Mi"),
        ("side", 50, "20Mi", "0"),
    ]


def test_describe_a_node(kubectl: Kubectl) -> None:
    """Its labels and usage; without swap where the kubelet doesn't tell."""
    shown = kubectl("describe", "nodemetrics", SLOW)

    assert re.search(r"^Kind: +NodeMetrics$", shown, re.MULTILINE), shown
    assert f"kubernetes.io/hostname={SLOW}" in shown
    assert re.search(rf"Usage:\n  Cpu: +\S+\n  Memory: +{1536 * 1024 + 192}Ki\nWindow", shown), (
        shown
    )


@pytest.mark.parametrize(
    ("asked", "kind", "fields"),
    [
        ("podmetrics", "PodMetrics", {"containers", "metadata", "timestamp", "window"}),
        ("nodemetrics", "NodeMetrics", {"usage", "metadata", "timestamp", "window"}),
        ("podmetrics.containers", "PodMetrics", {"name", "usage"}),
    ],
)
def test_explain(
    control_plane: ControlPlane, version: str, asked: str, kind: str, fields: set[str]
) -> None:
    """kube-apiserver hands on our OpenAPI, with each field and its meaning."""

    def explained() -> str:
        return control_plane.kubectl("explain", asked, version=version).stdout

    shown = wait_until(explained, f"explain {asked}", OPENAPI_SECONDS)

    assert re.search(rf"^GROUP: +metrics.k8s.io\nKIND: +{kind}\nVERSION: +v1$", shown, re.MULTILINE)
    described = dict(re.findall(r"^  (\w+)\t<\S+>.*\n    (\S.*)$", shown, re.MULTILINE))
    assert fields <= set(described)


@pytest.mark.parametrize("api", ["v1", "v1beta1"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "APIResourceList"),
        ("/nodes", "NodeMetricsList"),
        (f"/nodes/{FAST}", "NodeMetrics"),
        ("/pods", "PodMetricsList"),
        (f"/{POD}", "PodMetricsList"),
        (f"/{POD}/api", "PodMetrics"),
    ],
)
@pytest.mark.parametrize("version", ["1.37"], indirect=True)
def test_get_raw(kubectl: Kubectl, api: str, path: str, kind: str) -> None:
    """Every path of both versions answers with its own kind in its own version."""
    shown = json.loads(kubectl("get", "--raw", f"{API}/{api}{path}"))

    own = "v1" if kind == "APIResourceList" else f"metrics.k8s.io/{api}"
    assert (shown["kind"], shown["apiVersion"]) == (kind, own)


def test_both_versions_say_the_same(control_plane: ControlPlane) -> None:
    """Field for field but for apiVersion, as long as no scrape comes between the two requests."""

    def asked(api: str) -> Any:
        answer = control_plane.request("GET", f"{API}/{api}/{POD}/api")
        assert answer.pop("apiVersion") == f"metrics.k8s.io/{api}"
        return answer

    wait_until(lambda: asked("v1") == asked("v1beta1"), "equal answers", 10, every=0)


def test_discovery(kubectl: Kubectl) -> None:
    """Both versions are there, and the resources under the preferred one."""
    resources = rows(kubectl("api-resources", "--api-group=metrics.k8s.io", "--no-headers"))
    versions = kubectl("api-versions").split()

    assert resources == [
        ["nodes", "metrics.k8s.io/v1", "false", "NodeMetrics"],
        ["pods", "metrics.k8s.io/v1", "true", "PodMetrics"],
    ]
    assert {"metrics.k8s.io/v1", "metrics.k8s.io/v1beta1"} <= set(versions)
