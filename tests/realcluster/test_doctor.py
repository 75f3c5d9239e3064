"""The doctor on a real control plane: what is provoked is what it finds, with its remedy."""

import json
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.realcluster import aggregation, faults, pki, servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.faults import Fault
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import free_port
from tests.realcluster.servers import MetricsServer

NAMESPACE = "ward"
PERIOD = 1.0
DOCTOR = servers.TIDEGAUGE[0]

Strike = Callable[[FakeKubelet, pki.Authority], None]


def gets(fault: Fault) -> Strike:
    """Misbehave like that, from the next connection on."""

    def strike(kubelet: FakeKubelet, _: pki.Authority) -> None:
        kubelet.fault = fault
        kubelet.drop_connections()

    return strike


def shows(make: Callable[[FakeKubelet, pki.Authority], pki.Pair]) -> Strike:
    """Another certificate."""
    return lambda kubelet, authority: kubelet.use_certificate(make(kubelet, authority))


def behind(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """Its clock is five minutes late."""
    kubelet.skew = -300.0


class Case(NamedTuple):
    """What happens to a node, the rule that must find it, and words that its finding must have."""

    strike: Strike
    rule: str
    words: str


KUBELETS = {
    "hangs": Case(gets(Fault(hang=True)), "TG306", "--kubelet-request-timeout"),
    "refuses": Case(gets(Fault(status=403)), "TG313", "nodes/metrics"),
    "knows-nobody": Case(gets(Fault(status=401)), "TG312", "authentication.webhook.enabled"),
    "has-no-path": Case(gets(Fault(status=404)), "TG314", "resource-metrics-path"),
    "fails": Case(gets(Fault(status=500)), "TG316", "kubelet's log"),
    "signed-by-a-stranger": Case(
        shows(lambda kubelet, _: pki.Authority("stranger").server(kubelet.address)),
        "TG307",
        "stranger",
    ),
    "has-another-name": Case(
        shows(lambda _, authority: authority.server("127.9.9.9", "somebody-else")),
        "TG308",
        "somebody-else",
    ),
    "expired": Case(
        shows(lambda kubelet, ca: ca.server(kubelet.address, validity=pki.EXPIRED)),
        "TG309",
        "rotateCertificates",
    ),
    "breaks-off": Case(gets(Fault(reset_after=200)), "TG319", "kubelet restarts"),
    "late-clock": Case(behind, "TG331", "behind the API server's clock"),
    "bad-line": Case(
        gets(Fault(transform=faults.with_lines(b"container_cpu_usage_seconds_total 1"))),
        "TG332",
        "can't read 1 line",
    ),
}


class Said(NamedTuple):
    """What the doctor said: findings by rule, as JSON."""

    code: int
    findings: Mapping[str, Sequence[Mapping[str, Any]]]
    errors: str

    def about(self, rule: str, subject: str) -> Mapping[str, Any]:
        """The finding of that rule that names the subject."""
        named = (one for one in self.findings.get(rule, ()) if subject in one["subjects"])
        found = next(named, None)
        assert found is not None, f"{rule} does not name {subject}: {self.findings.get(rule)}"
        return found


def ask(kubeconfig: Path, *flags: str) -> Said:
    """Run the doctor as a user would."""
    command = [str(DOCTOR), "doctor", f"--kubeconfig={kubeconfig}", "-o", "json", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    findings: dict[str, list[Any]] = {}
    if done.stdout:
        for one in json.loads(done.stdout)["findings"]:
            findings.setdefault(one["rule"], []).append(one)
    return Said(done.returncode, findings, done.stderr)


@pytest.fixture(scope="module")
def server(control_plane: ControlPlane) -> Iterator[MetricsServer]:
    """Our server, as the cluster's own; nobody's afterwards."""
    flags = (f"--metric-resolution={PERIOD:g}s", "--node-selector=world=ward")
    with servers.tidegauge(control_plane, *flags, name="ward") as server:
        server.register()
        yield server
        control_plane.unregister_metrics_api()


@pytest.fixture(scope="module")
def said(control_plane: ControlPlane, server: MetricsServer) -> Iterator[Said]:
    """A node for each case, each with a pod; all are well, then struck, then looked at."""
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with Kubelets(control_plane.authority) as world, ExitStack() as stack:
        nodes = {}
        for name in ("well", *KUBELETS):
            labels = {"world": "ward", "apart": "true"}
            nodes[name] = stack.enter_context(node(admin, world, name, labels=labels))
            run_pod(admin, nodes[name], NAMESPACE, f"on-{name}")
        server.wait_ready()
        time.sleep(3 * PERIOD)
        for name, case in KUBELETS.items():
            case.strike(nodes[name], control_plane.authority)
        time.sleep(5 * PERIOD)  # until what does not answer is no longer served
        yield ask(control_plane.kubeconfig(), "--kubelets=direct", "--wait=2s")


@pytest.mark.parametrize(("name", "case"), KUBELETS.items(), ids=KUBELETS)
def test_kubelets(said: Said, name: str, case: Case) -> None:
    """What is wrong with a kubelet is found by its rule, with what was seen and what to do."""
    finding = said.about(case.rule, f"node {name}")
    told = json.dumps(finding)
    assert case.words in told
    others = {rule for rule in said.findings if rule.startswith("TG3") and rule != case.rule}
    for rule in others:
        for one in said.findings[rule]:
            assert f"node {name}" not in one["subjects"], rule


def test_well(said: Said) -> None:
    """A node that is well is in no finding, and what is bad makes the exit code 1."""
    assert said.code == 1
    for found in said.findings.values():
        for one in found:
            assert "node well" not in one["subjects"], one
    assert "TG102" not in said.findings
    assert "TG103" not in said.findings


@pytest.mark.usefixtures("server")
def test_no_rights(control_plane: ControlPlane) -> None:
    """A user who may read nothing is told so, and no other finding is made up."""
    said = ask(control_plane.kubeconfig("nobody", []), "--kubelets=none")
    assert set(said.findings) == {"TG101"}


def test_unreachable(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Where no API server answers the exit code is 3, and the message says what to check."""
    text = control_plane.kubeconfig().read_text()
    address = control_plane.url
    config = tmp_path / "config"
    config.write_text(text.replace(address, f"https://127.0.0.1:{free_port()}"))
    said = ask(config)
    assert said.code == 3
    assert "check that the API server runs" in said.errors


@pytest.mark.usefixtures("server")
def test_bundle(control_plane: ControlPlane, tmp_path: Path) -> None:
    """The archive holds what was seen and found, and no credentials."""
    config = control_plane.kubeconfig()
    path = tmp_path / "bundle.tar.gz"
    ask(config, "--kubelets=none", f"--bundle={path}")
    with tarfile.open(path) as archive:
        names = [member.name for member in archive.getmembers()]
        files = [archive.extractfile(name) for name in names]
        text = b"".join(file.read() for file in files if file)
    assert [name.rpartition("/")[2] for name in names] == [
        "README.txt",
        "evidence.json",
        "findings.json",
    ]
    assert b"PRIVATE KEY" not in text
    assert b"client-key-data" not in text


class Registration(NamedTuple):
    """How an APIService is wrong, what the API server says of it, and what the doctor must."""

    manifests: Callable[[MetricsServer, bytes], Sequence[Mapping[str, Any]]]
    reason: str
    rule: str
    words: str


def _with_service(
    server: MetricsServer, authority: bytes, **changes: Any
) -> list[Mapping[str, Any]]:
    got = aggregation.api_service("v1beta1", server.port, authority)
    return [{**got, "spec": {**got["spec"], **changes}}]


def _elsewhere(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": aggregation.NAMESPACE, "port": 443}


def _without_endpoints(server: MetricsServer, authority: bytes) -> list[Mapping[str, Any]]:
    empty = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "empty", "namespace": aggregation.NAMESPACE},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 443}]},
    }
    return [empty, *_with_service(server, authority, service=_elsewhere("empty"))]


def _unanswered(server: MetricsServer, authority: bytes) -> list[Mapping[str, Any]]:
    nowhere = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "nowhere", "namespace": aggregation.NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": 443}]},
    }
    return [nowhere, *_with_service(server, authority, service=_elsewhere("nowhere"))]


REGISTRATIONS = {
    "a Service that is not there": Registration(
        lambda server, authority: _with_service(server, authority, service=_elsewhere("gone")),
        "ServiceNotFound",
        "TG502",
        "does not exist",
    ),
    "no pod behind it": Registration(
        _without_endpoints, "EndpointsNotFound", "TG502", "no pod behind its Service is ready"
    ),
    "nobody listens": Registration(
        _unanswered, "FailedDiscoveryCheck", "TG502", "cannot reach the server's pod"
    ),
    "another authority": Registration(
        lambda server, _: _with_service(
            server, b"", caBundle=pki.b64(pki.Authority("stranger").certificate)
        ),
        "FailedDiscoveryCheck",
        "TG502",
        "does not trust the server's certificate",
    ),
    "not verified": Registration(
        lambda server, _: [aggregation.api_service("v1beta1", server.port, None)],
        "Passed",
        "TG503",
        "insecureSkipTLSVerify",
    ),
}


@pytest.mark.parametrize("wrong", REGISTRATIONS.values(), ids=REGISTRATIONS)
def test_registrations(
    control_plane: ControlPlane, server: MetricsServer, wrong: Registration
) -> None:
    """What is wrong with an APIService is found, in the words of the API server and in ours."""
    authority = control_plane.authority.certificate
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
    control_plane.admin.delete(aggregation.api_service("v1beta1", 1, None))
    try:
        control_plane.apply(*wrong.manifests(server, authority))
        control_plane.wait_for(path, lambda got: _reason(got) == wrong.reason)
        said = ask(control_plane.kubeconfig(), "--kubelets=none")
        finding = said.about(wrong.rule, "apiservice v1beta1.metrics.k8s.io")
        assert wrong.words in json.dumps(finding)
    finally:
        control_plane.admin.delete(aggregation.api_service("v1beta1", 1, None))
        server.register()


def _reason(api_service: Mapping[str, Any]) -> str:
    conditions = api_service.get("status", {}).get("conditions", [])
    return next((one["reason"] for one in conditions if one["type"] == "Available"), "")


def test_one_version_missing(control_plane: ControlPlane, server: MetricsServer) -> None:
    """Without v1 the doctor says who will miss it."""
    server.register(["v1beta1"])
    said = ask(control_plane.kubeconfig(), "--kubelets=none")
    server.register()
    finding = said.about("TG501", "apiservice v1.metrics.k8s.io")
    assert "kubectl from 1.37 on" in finding["why"]


@pytest.mark.usefixtures("server")
def test_autoscalers(control_plane: ControlPlane) -> None:
    """HPAs that get nothing are found with the controller's own words, and what to ask next."""
    control_plane.create_namespace("consumers")
    control_plane.apply(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "lost", "namespace": "consumers"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
                "maxReplicas": 3,
            },
        }
    )
    path = "/apis/autoscaling/v2/namespaces/consumers/horizontalpodautoscalers/lost"
    control_plane.wait_for(path, lambda got: bool(got.get("status", {}).get("conditions")))
    said = ask(control_plane.kubeconfig(), "--kubelets=none")
    finding = said.about("TG702", "hpa consumers/lost")
    assert finding["what"] == "FailedGetScale"
    assert finding["remedy"] == "tidegauge hpa explain lost -n consumers"
