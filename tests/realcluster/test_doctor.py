"""The doctor on a real control plane: what is provoked is what it finds, with its remedy."""

import json
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.realcluster import aggregation, faults, pki, servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.faults import Fault
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, pod_manifest, run_pod
from tests.realcluster.process import free_port
from tests.realcluster.servers import MetricsServer

NAMESPACE = "ward"
PERIOD = 1.0
DOCTOR = servers.TIDEGAUGE[0]
MERGE = {"Content-Type": "application/merge-patch+json"}

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


def well(_: FakeKubelet, __: pki.Authority) -> None:
    """Nothing happens to the kubelet: its Node object says what is not so."""


def stops_measuring(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """As Minikube's: every five minutes."""
    kubelet.housekeeping = 300.0


def swaps(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """A gigabyte."""
    kubelet.swap, kubelet.containers[0].swap = True, 1 << 30


def behind(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """Its clock is five minutes late."""
    kubelet.skew = -300.0


class Case(NamedTuple):
    """What happens to a node, the rule that must find it, and words that its finding must have.

    `status` is what its Node object then says.
    """

    strike: Strike
    rule: str
    words: str
    status: Mapping[str, Any] = {}


OLD = pki.Validity(timedelta(days=-335), timedelta(days=30))
"""Of a year, with a month left."""


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
    "does-not-listen": Case(
        well, "TG301", "kubelet runs", {"daemonEndpoints": {"kubeletEndpoint": {"Port": 1}}}
    ),
    "has-no-such-name": Case(
        well,
        "TG305",
        "preferred-address-types",
        {"addresses": [{"type": "Hostname", "address": "nowhere.invalid"}]},
    ),
    "has-no-address": Case(well, "TG202", "no usable address", {"addresses": []}),
    "certificate-ends": Case(
        shows(lambda kubelet, ca: ca.server(kubelet.address, "its-name", validity=OLD)),
        "TG334",
        "its-name",
    ),
    "stands-still": Case(stops_measuring, "TG330", "housekeeping-interval"),
    "swaps": Case(swaps, "TG335", "Mi in swap"),
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
            if case.status:
                patch = {"status": case.status}
                admin.request("PATCH", f"/api/v1/nodes/{name}/status", patch, MERGE)
        time.sleep(5 * PERIOD)  # until what does not answer is no longer served
        yield ask(control_plane.kubeconfig(), "--kubelets=direct", "--wait=20s")


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
    """The archive holds what was seen and found, and no credentials: not from pods' environment
    and commands, nor from the manifests that kubectl keeps in annotations.
    """
    control_plane.create_namespace("closed")
    manifest = pod_manifest("closed", "vault", "no-node")
    manifest["metadata"]["annotations"] = {"kept": "hunter2"}
    manifest["metadata"]["labels"] = {"app.kubernetes.io/name": "tidegauge"}
    manifest["spec"]["containers"][0] |= {
        "args": ["--password=hunter2"],
        "env": [{"name": "PASSWORD", "value": "hunter2"}],
    }
    control_plane.apply(manifest)
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
    assert b"vault" in text
    assert b"hunter2" not in text


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
    return _at_port(443, server, authority)


def _at_port(port: int, server: MetricsServer, authority: bytes) -> list[Mapping[str, Any]]:
    local = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"local-{port}", "namespace": aggregation.NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    }
    service = {**_elsewhere(f"local-{port}"), "port": port}
    return [local, *_with_service(server, authority, service=service)]


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
    "another name": Registration(
        lambda server, authority: _at_port(server.port, server, authority),
        "FailedDiscoveryCheck",
        "TG502",
        "for other names than the Service's",
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
    manifests = wrong.manifests(server, control_plane.authority.certificate)
    with registered(control_plane, server, manifests, wrong.reason):
        said = ask(control_plane.kubeconfig(), "--kubelets=none")
    finding = said.about(wrong.rule, "apiservice v1beta1.metrics.k8s.io")
    assert wrong.words in json.dumps(finding)


@contextmanager
def registered(
    control_plane: ControlPlane,
    server: MetricsServer,
    manifests: Sequence[Mapping[str, Any]],
    reason: str,
) -> Iterator[None]:
    """v1beta1 is registered so, and the API server says that of it; as it was afterwards."""
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
    control_plane.admin.delete(aggregation.api_service("v1beta1", 1, None))
    try:
        control_plane.apply(*manifests)
        control_plane.wait_for(path, lambda got: _reason(got) == reason)
        yield
    finally:
        control_plane.admin.delete(aggregation.api_service("v1beta1", 1, None))
        server.register()


def _reason(api_service: Mapping[str, Any]) -> str:
    conditions = api_service.get("status", {}).get("conditions", [])
    return next((one["reason"] for one in conditions if one["type"] == "Available"), "")


class _Plain(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def test_something_else_answers(control_plane: ControlPlane, server: MetricsServer) -> None:
    """Where the port belongs to a server of plain HTTP, that is what is found."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Plain) as plain:
        thread = threading.Thread(target=plain.serve_forever)
        thread.start()
        manifests = _at_port(plain.server_port, server, control_plane.authority.certificate)
        try:
            with registered(control_plane, server, manifests, "FailedDiscoveryCheck"):
                said = ask(control_plane.kubeconfig(), "--kubelets=none")
        finally:
            plain.shutdown()
            thread.join()
    finding = said.about("TG502", "apiservice v1beta1.metrics.k8s.io")
    assert "something else than a metrics server" in finding["what"], finding


def test_refused_by_the_server(control_plane: ControlPlane, server: MetricsServer) -> None:
    """A server that takes the API server's certificate for a stranger's is told from others."""
    proxies = control_plane.folder / "proxies.crt"
    proxies.write_bytes(control_plane.proxy_authority.certificate)
    flags = (
        f"--requestheader-client-ca-file={proxies}",
        "--requestheader-allowed-names=somebody-else",
    )
    with servers.tidegauge(control_plane, *flags, name="deaf") as deaf:
        authority = control_plane.authority.certificate
        manifests = aggregation.registration(deaf.port, authority, ["v1beta1"])
        with registered(control_plane, server, manifests, "FailedDiscoveryCheck"):
            said = ask(control_plane.kubeconfig(), "--kubelets=none")
    finding = said.about("TG502", "apiservice v1beta1.metrics.k8s.io")
    assert "--requestheader-allowed-names" in finding["remedy"], finding


def test_namespace_that_stays(control_plane: ControlPlane, server: MetricsServer) -> None:
    """A namespace that cannot go because of the metrics API is found."""
    control_plane.create_namespace("going")
    path = "/api/v1/namespaces/going"
    manifests = _unanswered(server, control_plane.authority.certificate)
    with registered(control_plane, server, manifests, "FailedDiscoveryCheck"):
        control_plane.request("DELETE", path)
        control_plane.wait_for(path, lambda got: "metrics.k8s.io" in json.dumps(got["status"]))
        said = ask(control_plane.kubeconfig(), "--kubelets=none")
    finding = said.about("TG511", "namespace going")
    assert "Mend the APIService" in finding["remedy"]


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
    (linted,) = said.findings["TG704"]
    assert linted["what"].startswith("HPA201: no Deployment none in this namespace")
    finding = said.about("TG702", "hpa consumers/lost")
    assert finding["what"] == "FailedGetScale"
    assert finding["remedy"] == "tidegauge hpa explain lost -n consumers"
