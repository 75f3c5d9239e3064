"""The chart's default: the server's own certificate, verified by kube-apiserver, shared, renewed.

Nobody puts anything into the Secret or the APIServices but the server, with the chart's rights.
"""

import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509

from tests.deploy.helm import Rendered
from tests.realcluster import charted, pki
from tests.realcluster.aggregation import VERSIONS
from tests.realcluster.charted import SECRET, Replica
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import free_port, wait_until
from tests.realcluster.reading import rows_of
from tidegauge.console.certificates import LOOK_SECONDS
from tidegauge.security.certificates import LEAF_LIFE, RENEW_WHEN_LEFT, service_names
from tidegauge.security.sharing import PUBLISHED_FOR, Shared, advanced, make_pair, to_secret

NODE = "certified-node"
FIRST_SECONDS = 60.0
MERGE = {"Content-Type": "application/merge-patch+json"}


@dataclass(frozen=True)
class Stage:
    """The chart, installed for servers on this machine, the first of them on `port`."""

    plane: ControlPlane
    rendered: Rendered
    port: int

    def replica(self, port: int) -> Replica:
        return Replica(self.plane, self.rendered, port, f"--node-selector=name={NODE}")

    def secret(self) -> Mapping[str, bytes]:
        data = self.plane.request("GET", SECRET).get("data") or {}
        return {name: b64decode(value) for name, value in data.items()}

    def fill(self, data: Mapping[str, bytes | None]) -> None:
        """Put these data into the Secret, and no others."""
        empty = dict.fromkeys(self.secret())
        given = {name: value and b64encode(value).decode() for name, value in data.items()}
        self.plane.admin.request("PATCH", SECRET, {"data": empty | given}, MERGE)

    def bundles(self) -> list[bytes]:
        specs = [self.plane.request("GET", _api_service(version))["spec"] for version in VERSIONS]
        assert not [spec for spec in specs if "insecureSkipTLSVerify" in spec]
        return [b64decode(spec.get("caBundle", "")) for spec in specs]

    def forget(self) -> None:
        """As freshly installed."""
        self.fill({})
        for version in VERSIONS:
            change: dict[str, Any] = {"spec": {"caBundle": None}}
            self.plane.admin.request("PATCH", _api_service(version), change, MERGE)


def _api_service(version: str) -> str:
    return f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.metrics.k8s.io"


@pytest.fixture(scope="module")
def stage(control_plane: ControlPlane, kubelets: Kubelets) -> Iterator[Stage]:
    """A node with a pod, and the chart."""
    control_plane.unregister_metrics_api()
    control_plane.create_namespace("certified")
    port = free_port()
    with node(control_plane.admin, kubelets, NODE, labels={"name": NODE, "apart": "true"}) as one:
        run_pod(control_plane.admin, one, "certified", "web", cpu=0.25)
        rendered = charted.installed(control_plane, port)
        yield Stage(control_plane, rendered, port)
        charted.removed(control_plane, rendered)
    control_plane.unregister_metrics_api()


def shown(port: int) -> x509.Certificate:
    """The certificate that a server shows."""
    return x509.load_pem_x509_certificate(
        ssl.get_server_certificate(("127.0.0.1", port), timeout=5).encode()
    )


def test_it_is_verified_from_the_first_minute(stage: Stage) -> None:
    """`kubectl top` works, in both of its versions, and no certificate went unverified."""
    stage.forget()
    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        stage.plane.wait_metrics_api()

        assert stage.bundles() == [stage.secret()["ca.crt"]] * 2
        for version in ("1.37", "1.32"):
            top = stage.plane.kubectl("top", "nodes", version=version)
            assert rows_of(top.stdout, [NODE])[0][0] == NODE, top.stderr
    assert replica.exit_code == 0


def test_replicas_that_start_together_share_one(stage: Stage) -> None:
    """From an empty Secret: one makes the certificate, all serve it."""
    stage.forget()
    with ExitStack() as stack:
        ports = [stage.port, free_port(), free_port()]
        replicas = [stack.enter_context(stage.replica(port)) for port in ports]
        for replica in replicas:
            replica.wait_ready()

        serials = {shown(port).serial_number for port in ports}

    assert serials == {x509.load_pem_x509_certificate(stage.secret()["tls.crt"]).serial_number}
    assert stage.secret()["ca.crt"].count(b"BEGIN") == 1


def test_a_restarted_replica_makes_no_new_one(stage: Stage) -> None:
    """What is in the Secret is used, so a roll-out changes nothing for kube-apiserver."""
    stage.forget()
    for _ in range(2):
        with stage.replica(stage.port) as replica:
            replica.wait_ready()
            data = stage.secret()

            assert shown(stage.port) == x509.load_pem_x509_certificate(data["tls.crt"])
    assert stage.secret() == data


class Asking:
    """Requests through kube-apiserver, all the time."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked = 0
        self.failures: list[str] = []

    def _run(self) -> None:
        while not self._done.wait(0.1):
            for version in VERSIONS:
                path = f"/apis/metrics.k8s.io/{version}/nodes"
                answer = self._plane.admin.send("GET", path)
                self.asked += 1
                if answer.status != 200 or NODE.encode() not in answer.body:
                    self.failures.append(f"{path}: {answer.status} {answer.body[:200]!r}")
        self._plane.admin.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def test_a_renewal_that_nobody_notices(stage: Stage) -> None:
    """The old certificate is served until kube-apiserver has both authorities, then the new one.

    The Secret is as a replica would have left it just before the renewal.
    """
    names = service_names("tidegauge", "kube-system")
    now = time.time()
    old = make_pair(names, now - LEAF_LIFE + RENEW_WHEN_LEFT)
    coming = make_pair(names, now - PUBLISHED_FOR)
    before = advanced(Shared(old, coming), names, now, published=False)
    stage.fill(to_secret(before))

    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        stage.plane.wait_metrics_api()
        assert shown(stage.port) == x509.load_pem_x509_certificate(old.certificate)
        with Asking(stage.plane) as asking:
            renewed = x509.load_pem_x509_certificate(coming.certificate)
            wait_until(lambda: shown(stage.port) == renewed, "a new one", LOOK_SECONDS + 10)
            already = asking.asked
            wait_until(lambda: asking.asked > already + 20, "more requests", 30)
    # kube-apiserver kept its connections until now; now it has to verify the new one.
    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        stage.plane.wait_for("/apis/metrics.k8s.io/v1/nodes", bool, 30)

    assert asking.failures == []
    assert "next.crt" not in stage.secret()
    assert stage.bundles() == [stage.secret()["ca.crt"]] * 2
    assert stage.secret()["ca.crt"].count(b"BEGIN") == 2


def test_a_new_one_at_once(stage: Stage) -> None:
    """The documented command: all serve another, nobody restarts, and the old one is worthless."""
    stage.forget()
    with ExitStack() as stack:
        ports = [stage.port, free_port()]
        for replica in [stack.enter_context(stage.replica(port)) for port in ports]:
            replica.wait_ready()
        stage.plane.wait_metrics_api()
        old = stage.secret()

        emptied = ("patch", "secret", "tidegauge-tls", "--type=merge", "--patch", '{"data":null}')
        assert stage.plane.kubectl("-n", "kube-system", *emptied).code == 0
        before = x509.load_pem_x509_certificate(old["tls.crt"])
        for port in ports:
            wait_until(lambda: shown(port) != before, "another", LOOK_SECONDS + 10)  # noqa: B023  (called at once)

        assert shown(ports[0]) == shown(ports[1])
        wait_until(lambda: stage.bundles() == [stage.secret()["ca.crt"]] * 2, "trust", 10)
        assert old["ca.crt"] not in stage.secret()["ca.crt"]
        stage.plane.wait_metrics_api()


def test_a_wrong_authority_is_refused(stage: Stage) -> None:
    """Verification is not for show: without the right bundle nothing becomes available."""
    stage.forget()
    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        stage.plane.wait_metrics_api()
        wrong = b64encode(stage.plane.proxy_authority.certificate).decode()
        change = {"spec": {"caBundle": wrong}}
        stage.plane.admin.request("PATCH", _api_service("v1"), change, MERGE)

        condition = wait_until(lambda: _failed(stage.plane), "a failed check", 45)

    assert "certificate signed by unknown authority" in condition


def _failed(plane: ControlPlane) -> str:
    condition = plane.api_service_condition("v1")
    return condition["message"] if condition.get("reason") == "FailedDiscoveryCheck" else ""


def test_a_given_secret(stage: Stage, tmp_path: Path) -> None:
    """Its certificate is served, its authority published."""
    values = {"tls": {"type": "existingSecret", "existingSecret": {"name": "mine"}}}
    rendered = charted.installed(stage.plane, stage.port, values)
    stage.forget()
    # As the kubelet would lay the Secret into the pod.
    arguments = [
        argument.replace("/certificates/", f"{tmp_path}/")
        for argument in rendered.container["args"]
    ]
    authority = pki.Authority("given-ca")
    authority.server("tidegauge.kube-system.svc").write(tmp_path, "tls")
    pki.replace_file(tmp_path / "ca.crt", authority.certificate)
    rendered.container["args"][:] = arguments

    with Replica(stage.plane, rendered, stage.port, f"--node-selector=name={NODE}") as replica:
        replica.wait_ready()
        stage.plane.wait_metrics_api()

        assert stage.bundles() == [authority.certificate] * 2
        assert "tls.crt" not in stage.secret()
    charted.installed(stage.plane, stage.port)


def test_the_documented_removal(stage: Stage) -> None:
    """APIServices first: what is left is whole. Server first: they answer 503, until they go."""
    plane, path = stage.plane, "/apis/metrics.k8s.io/v1"
    remove = ("delete", *(f"apiservice/{version}.metrics.k8s.io" for version in VERSIONS))
    stage.forget()
    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        plane.wait_metrics_api()
        assert plane.kubectl(*remove).code == 0
    assert plane.admin.send("GET", path).status == 404
    assert plane.kubectl("api-resources").code == 0

    charted.installed(plane, stage.port)
    with stage.replica(stage.port) as replica:
        replica.wait_ready()
        plane.wait_metrics_api()
    assert plane.admin.send("GET", path).status == 503
    assert plane.kubectl(*remove).code == 0
    wait_until(lambda: plane.admin.send("GET", path).status == 404, "its end", 10)
    assert plane.kubectl("api-resources").code == 0
