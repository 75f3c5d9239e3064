"""Each way in which a kubeconfig can say who we are: to the API server, and so to kubelets."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.realcluster import aggregation, pki, servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer

NAMESPACE = "credentials"
NODE = "credentials-node"
POD = f"{API}/v1/namespaces/{NAMESPACE}/pods/web"
SEEN_SECONDS = 30.0

# Prints the token in a file, good for two seconds.
PLUGIN = """
import datetime, json, os, sys
version = json.loads(os.environ["KUBERNETES_EXEC_INFO"])["apiVersion"]
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
status = {"token": open(sys.argv[1]).read(), "expirationTimestamp": until.isoformat()}
print(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
"""


@pytest.fixture(scope="module")
def kubelet(control_plane: ControlPlane) -> Iterator[FakeKubelet]:
    """A node with a pod; its kubelet asks for client certificates too."""
    authority = control_plane.authority
    control_plane.create_metrics_rbac()
    control_plane.create_namespace(NAMESPACE)
    with (
        Kubelets(authority, client_authority=authority.certificate) as kubelets,
        node(control_plane.admin, kubelets, NODE) as kubelet,
    ):
        run_pod(control_plane.admin, kubelet, NAMESPACE, "web")
        yield kubelet


def _token(plane: ControlPlane) -> str:
    """A new one each time, of the account with a metrics server's rights."""
    return plane.service_account_token(aggregation.NAMESPACE, aggregation.ACCOUNT)


def _server(plane: ControlPlane, folder: Path, user: dict[str, Any]) -> MetricsServer:
    """Our server with that user in its kubeconfig."""
    data = pki.kubeconfig(plane.url, plane.authority.certificate, user)
    config = pki.replace_file(folder / "kubeconfig", data)
    flags = [f"--{prefix}kubeconfig={config}" for prefix in ("", *_REVIEWERS)]
    return servers.tidegauge(plane, "--metric-resolution=1s", *flags, name=folder.name)


_REVIEWERS = ("authentication-", "authorization-")


def _wait_seen(server: MetricsServer, kubelet: FakeKubelet, who: str) -> None:
    """Until a kubelet was shown that token, or a certificate of that user."""

    def seen() -> bool:
        return any(who in (request.token, request.user) for request in kubelet.requests)

    server.wait_until(seen, "a scrape", SEEN_SECONDS)


def _wait_served(server: MetricsServer) -> None:
    """Until the pod's usage can be read: all that needs the API server works."""
    client = server.client("admin", ["system:masters"])
    server.wait_until(lambda: client.send("GET", POD).status == 200, POD, SEEN_SECONDS)


@pytest.mark.parametrize("form", ["token", "tokenFile"])
def test_a_token(
    control_plane: ControlPlane, kubelet: FakeKubelet, tmp_path: Path, form: str
) -> None:
    """Written down or in a file."""
    token = _token(control_plane)
    file = pki.replace_file(tmp_path / "token", token.encode())
    user = {"token": token} if form == "token" else {"tokenFile": str(file)}

    with _server(control_plane, tmp_path, user) as server:
        _wait_seen(server, kubelet, token)
        _wait_served(server)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_an_exec_plugin(
    control_plane: ControlPlane, kubelet: FakeKubelet, tmp_path: Path, version: str
) -> None:
    """What it gives is used until it expires, and then what it gives anew."""
    first, second = _token(control_plane), _token(control_plane)
    file = pki.replace_file(tmp_path / "token", first.encode())
    plugin = pki.replace_file(tmp_path / "plugin.py", PLUGIN.encode())
    user = {
        "exec": {
            "apiVersion": f"client.authentication.k8s.io/{version}",
            "command": sys.executable,
            "args": [str(plugin), str(file)],
            "interactiveMode": "Never",
        }
    }

    with _server(control_plane, tmp_path, user) as server:
        _wait_seen(server, kubelet, first)
        _wait_served(server)
        pki.replace_file(file, second.encode())
        _wait_seen(server, kubelet, second)


@pytest.mark.parametrize("form", ["inline", "files"])
def test_a_client_certificate(
    control_plane: ControlPlane, kubelet: FakeKubelet, tmp_path: Path, form: str
) -> None:
    """Written down or in files; shown to kubelets as well."""
    name = f"scraper-with-{form}"
    pair = control_plane.authority.client(name, ["system:masters"])
    certificate, key = pair.write(tmp_path, "client")
    user = {"client-certificate": str(certificate), "client-key": str(key)}

    with _server(
        control_plane, tmp_path, pki.certificate_user(pair) if form == "inline" else user
    ) as server:
        _wait_seen(server, kubelet, name)
        _wait_served(server)
