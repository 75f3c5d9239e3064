"""All that proves somebody's identity is replaced at once, while clients keep asking.

Our token, the kubelets' authorities, our serving certificate, and whom kube-apiserver tells us to
believe: nobody may notice, and nothing may need a restart.
"""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.realcluster import pki, servers
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet, Seen
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.looking import Log, usages
from tests.realcluster.placing import node
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer
from tidegauge.security.files import CHECK_SECONDS

# A kubelet whose authority's file is extended before it changes, and one whose is replaced.
EXTENDED, REPLACED = "rotation-extended", "rotation-replaced"
NODES = f"{API}/v1/nodes"
# Files are read again every 10 s, which shows within a period.
NOTICED_SECONDS = CHECK_SECONDS + 5.0
PAUSE_SECONDS = 0.02
CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
AS_ADMIN = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}


@dataclass(frozen=True)
class Node:
    """A kubelet, its authority of before and after, and the file in which we are told of them."""

    kubelet: FakeKubelet
    before: pki.Authority
    after: pki.Authority
    file: Path

    def renew(self) -> None:
        """Serve with a certificate of the authority of after, on new connections."""
        self.kubelet.use_certificate(self.after.server(self.kubelet.address))


@dataclass(frozen=True)
class Stage:
    """Our server and its two nodes."""

    server: MetricsServer
    nodes: Mapping[str, Node]
    log: Log


@pytest.fixture(scope="module")
def stage(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """All is well, with the first of everything."""
    folder = tmp_path_factory.mktemp("rotation")
    with ExitStack() as stack:
        nodes = {}
        for name in (EXTENDED, REPLACED):
            before, after = pki.Authority(name), pki.Authority(name)
            kubelets = stack.enter_context(Kubelets(before))
            labels = {"world": "rotation", "apart": "true"}
            made = node(control_plane.admin, kubelets, name, labels=labels)
            file = pki.replace_file(folder / f"{name}.crt", before.certificate)
            nodes[name] = Node(stack.enter_context(made), before, after, file)
        flags = [f"--kubelet-certificate-authority={each.file}" for each in nodes.values()]
        flags += ["--metric-resolution=1s", "--node-selector=world=rotation"]
        server = stack.enter_context(servers.tidegauge(control_plane, *flags, name="rotation"))
        server.wait_until(lambda: set(usages(server, "nodes")) == set(nodes), "data", 30)
        yield Stage(server, nodes, Log(server))


@dataclass
class Load:
    """Clients that ask all the time: on new connections, on a kept one, and as the front proxy."""

    server: MetricsServer
    asked: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def ask(
        self, name: str, client: Client, headers: Mapping[str, str] | None, *, keep: bool
    ) -> None:
        """Until `done`; each answer must have the usage of the node that was extended."""
        self.asked[name] = 0
        while not self.done.wait(PAUSE_SECONDS):
            try:
                answer = client.send("GET", NODES, headers=headers)
            except OSError as error:
                self.failures.append(f"{name}: {error!r}")
            else:
                self.asked[name] += 1
                if answer.status != 200 or EXTENDED.encode() not in answer.body:
                    self.failures.append(f"{name}: {answer.status} {answer.body[:300]!r}")
            if not keep:
                client.close()
        client.close()


@pytest.fixture(scope="module")
def load(stage: Stage) -> Iterator[Load]:
    """Begun before anything changes, ended after all tests."""
    server, load = stage.server, Load(stage.server)
    admin = [server.client("admin", ["system:masters"]) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        asking = [
            pool.submit(load.ask, "new connections", admin[0], None, keep=False),
            pool.submit(load.ask, "a kept connection", admin[1], None, keep=True),
            pool.submit(load.ask, "front proxy", server.proxy_client(), AS_ADMIN, keep=False),
        ]
        yield load
        load.done.set()
        for each in asking:
            each.result()


@dataclass(frozen=True)
class Rotated:
    """What is new, and when it came."""

    at: float
    token: str
    old_certificate: bytes
    new_certificate: bytes


@pytest.fixture(scope="module")
def rotated(control_plane: ControlPlane, stage: Stage, load: Load) -> Rotated:
    """All files replaced; the kubelets refuse the old token, but have their old certificates."""
    assert not load.failures
    server, (extended, replaced) = stage.server, stage.nodes.values()
    old_certificate = _shown(server)
    token = control_plane.service_account_token("kube-system", "metrics-server")
    pki.replace_file(server.token_file, token.encode(), mode=0o600)
    for each in (extended, replaced):
        each.kubelet.authorize = partial(_judge, token)
    pki.replace_file(extended.file, extended.before.certificate + extended.after.certificate)
    pki.replace_file(replaced.file, replaced.after.certificate)
    pair = server.replace_certificate()
    return Rotated(
        time.monotonic(),
        token,
        old_certificate,
        ssl.PEM_cert_to_DER_cert(pair.certificate.decode()),
    )


def _judge(token: str, seen: Seen) -> int:
    return 200 if seen.token == token else 401


def _shown(server: MetricsServer) -> bytes:
    """The certificate that the server shows on a new connection."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    return ssl.PEM_cert_to_DER_cert(pem)


def test_the_token(stage: Stage, rotated: Rotated) -> None:
    """A refusal makes us read the file at once, and no node is lost over it."""
    for each in stage.nodes.values():
        wait_until(partial(_shows, each.kubelet, rotated.token), "the new token", 5)
    refused = stage.log.lines(event="scrape failed", cause="unauthorized")

    assert 1 <= len(refused) <= len(stage.nodes)
    assert set(usages(stage.server, "nodes")) == set(stage.nodes)


def _shows(kubelet: FakeKubelet, token: str) -> bool:
    return kubelet.requests[-1].token == token


@pytest.mark.parametrize(
    ("key", "user", "headers"),
    [
        ("requestheader-client-ca-file", "front-proxy-client", AS_ADMIN),
        ("client-ca-file", "admin", None),
    ],
    ids=["front proxies", "clients"],
)
def test_whom_kube_apiserver_says_to_believe(
    control_plane: ControlPlane,
    stage: Stage,
    key: str,
    user: str,
    headers: Mapping[str, str] | None,
) -> None:
    """Another authority in the ConfigMap counts at once, and no longer than it is there.

    kube-apiserver itself keeps its own authority in there, and leaves ours.
    """
    authority = pki.Authority("another-ca")
    pair = authority.client(user, ["system:masters"])
    client = Client(stage.server.url, control_plane.authority.certificate, pair)
    config_map = control_plane.request("GET", CONFIG_MAP)
    original = config_map["data"][key]

    def publish(text: str) -> None:
        current: dict[str, Any] = control_plane.request("GET", CONFIG_MAP)
        current["data"][key] = text
        control_plane.request("PUT", CONFIG_MAP, current)

    assert _refused(client, headers)
    publish(original + authority.certificate.decode())
    try:
        wait_until(lambda: not _refused(client, headers), "to be believed", 5)
    finally:
        publish(original)
    # On the connection that is open already.
    wait_until(lambda: _refused(client, headers), "to be refused", 5)
    client.close()
    assert _refused(client, headers)
    assert not _refused(stage.server.proxy_client(), AS_ADMIN)


def _refused(client: Client, headers: Mapping[str, str] | None) -> bool:
    """By a status, or by an end of the handshake."""
    try:
        return client.send("GET", NODES, headers=headers).status in (401, 403)
    except OSError:
        return True


def test_the_serving_certificate(stage: Stage, rotated: Rotated) -> None:
    """New connections see the new one as soon as the file is read again, and never the old."""
    left = rotated.at + NOTICED_SECONDS - time.monotonic()
    wait_until(lambda: _shown(stage.server) != rotated.old_certificate, "a new one", left)

    assert {_shown(stage.server) for _ in range(5)} == {rotated.new_certificate}


def test_a_kubelet_with_a_new_authority(stage: Stage, rotated: Rotated) -> None:
    """With both in the file for a while, the change costs nothing: the load sees that node."""
    time.sleep(max(0.0, rotated.at + CHECK_SECONDS + 1 - time.monotonic()))
    extended = stage.nodes[EXTENDED]
    asked = len(extended.kubelet.requests)
    extended.renew()

    wait_until(lambda: len(extended.kubelet.requests) > asked + 2, "being asked", 10)
    failed = [line["cause"] for line in stage.log.lines(event="scrape failed", key=EXTENDED)]
    assert set(failed) <= {"unauthorized"}  # for the token, above


def test_a_kubelet_of_an_authority_that_is_gone(stage: Stage, rotated: Rotated) -> None:
    """It is refused, on the connection too that was open; and taken back with a new certificate."""
    replaced, line = stage.nodes[REPLACED], {"key": REPLACED, "cause": "tls_unknown_authority"}
    left = rotated.at + NOTICED_SECONDS - time.monotonic()
    wait_until(lambda: stage.log.lines(event="scrape failed", **line), "its refusal", left)
    replaced.renew()

    wait_until(lambda: stage.log.lines(event="scrape recovered", **line), "its return", 5)


@pytest.mark.usefixtures("rotated")
def test_no_client_noticed(load: Load) -> None:
    """Not one of all these requests failed."""
    assert load.failures == []
    assert len(load.asked) == 3
    assert all(count > 10 for count in load.asked.values())
