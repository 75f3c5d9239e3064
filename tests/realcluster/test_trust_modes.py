"""How each node is asked: its annotations, and every mode of trust that the flags offer.

A table of nodes, each with its own kubelet; servers with different flags ask side by side.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.realcluster import pki, servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import PATH, FakeKubelet
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.looking import Log, usages
from tests.realcluster.placing import create_node
from tests.realcluster.process import free_port, wait_until
from tests.realcluster.servers import MetricsServer

OTHER_PATH = "/stats/of/mine"
# Two asks of a second each, on a machine that starts several servers at once.
OUTCOME_SECONDS = 20.0

CLUSTER, ONE, TWO, STRANGE = "cluster-ca", "one-ca", "two-ca", "strange-ca"
PLAIN = "plain HTTP"
ANYWHERE = "kubelet.example"


@dataclass(frozen=True)
class Mode:
    """A server's flags, and what its kubelets see of who asks; {folder} has the files."""

    flags: Sequence[str] = ()
    token: bool = True
    user: str | None = None


MODES = {
    "default": Mode(),
    "files": Mode(
        [f"--kubelet-certificate-authority={{folder}}/{name}.crt" for name in (ONE, TWO)]
    ),
    "certificate": Mode(
        [
            "--kubelet-client-certificate={folder}/scraper.crt",
            "--kubelet-client-key={folder}/scraper.key",
        ],
        user="scraper",
    ),
    "insecure": Mode(["--kubelet-insecure-tls"]),
    "plain": Mode(["--deprecated-kubelet-completely-insecure"], token=False),
    "node-name": Mode(["--kubelet-verify-node-name"]),
}


@dataclass(frozen=True)
class Case:
    """A node and what comes of it.

    Attributes:
        mode: of the server that asks it.
        signer: of the kubelet's certificate.
        cause: of the failure; empty when there is usage, "unasked" for a node that is left alone.
        certified: the name in the certificate; that of the node for "node", else its address.
        annotations: the node's own; {port} is the kubelet's.
        path: where the kubelet has its figures.
        status_port: in the node's status; the kubelet's own by default.

    """

    name: str
    mode: str
    signer: str = CLUSTER
    cause: str = ""
    certified: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    path: str = PATH
    status_port: int = 0


def annotated(name: str, value: str) -> dict[str, str]:
    """One of our annotations."""
    return {f"tidegauge.dev/{name}": value}


def pathed(value: str) -> dict[str, str]:
    """The incumbent's."""
    return {"metrics.k8s.io/resource-metrics-path": value}


CASES = [
    Case("good", "default"),
    Case("strange", "default", STRANGE, "tls_unknown_authority"),
    Case("other-name", "default", cause="tls_wrong_name", certified="node"),
    Case("no-tls", "default", PLAIN, "tls"),
    Case("left-out", "default", cause="unasked", annotations=annotated("scrape", "false")),
    Case("let-in", "default", annotations=annotated("scrape", "true")),
    Case(
        "server-name",
        "default",
        certified=ANYWHERE,
        annotations=annotated("kubelet-server-name", ANYWHERE),
    ),
    Case(
        "port",
        "default",
        annotations=annotated("kubelet-port", "{port}"),
        status_port=free_port(),
    ),
    Case("dead-port", "default", cause="refused", status_port=free_port()),
    Case("path", "default", annotations=pathed(OTHER_PATH), path=OTHER_PATH),
    Case("other-path", "default", cause="not_found", path=OTHER_PATH),
    Case("bad-scrape", "default", cause="bad_annotation", annotations=annotated("scrape", "no")),
    Case(
        "bad-port",
        "default",
        cause="bad_annotation",
        annotations=annotated("kubelet-port", "https"),
    ),
    Case("bad-path", "default", cause="bad_annotation", annotations=pathed("metrics")),
    # A node may not choose how well it is checked.
    Case("scheme", "default", PLAIN, "tls", annotations=annotated("kubelet-scheme", "http")),
    Case("one", "files", ONE),
    Case("two", "files", TWO),
    Case("neither", "files", cause="tls_unknown_authority"),
    Case("by-certificate", "certificate"),
    Case("anybody", "insecure", STRANGE, certified="node"),
    Case("http", "plain", PLAIN),
    Case("https", "plain", cause="connection_lost"),
    Case("by-name", "node-name", certified="node"),
    Case("by-address", "node-name", cause="tls_wrong_name"),
]


@dataclass(frozen=True)
class Stage:
    """What there is for each node and mode."""

    kubelets: Mapping[str, FakeKubelet]
    servers: Mapping[str, MetricsServer]
    logs: Mapping[str, Log]


@pytest.fixture(scope="module")
def stage(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """All nodes, and a server for each mode."""
    folder = tmp_path_factory.mktemp("trust")
    authorities = {name: pki.Authority(name) for name in (ONE, TWO, STRANGE)}
    authorities[CLUSTER] = control_plane.authority
    for name, authority in authorities.items():
        pki.replace_file(folder / f"{name}.crt", authority.certificate)
    clients = pki.Authority("kubelet-client-ca")
    clients.client("scraper").write(folder, "scraper")
    with ExitStack() as stack:
        secure = Kubelets(control_plane.authority, client_authority=clients.certificate)
        plain, secure = stack.enter_context(Kubelets()), stack.enter_context(secure)
        made = {}
        for case in CASES:
            kubelet = (plain if case.signer == PLAIN else secure).add(case.name, housekeeping=0)
            if case.signer != PLAIN:
                certified = case.name if case.certified == "node" else case.certified
                kubelet.use_certificate(
                    authorities[case.signer].server(certified or kubelet.address)
                )
            made[case.name] = kubelet
            _create(control_plane, kubelet, case)
            path = f"/api/v1/nodes/{case.name}"
            stack.callback(control_plane.request, "DELETE", path)
        running = {mode: _server(control_plane, mode, folder) for mode in MODES}
        logs = {mode: Log(server) for mode, server in running.items()}
        for server in running.values():
            stack.callback(server.stop)
            server.start()
        for server in running.values():
            server.wait_listening()
        yield Stage(made, running, logs)


def _create(plane: ControlPlane, kubelet: FakeKubelet, case: Case) -> None:
    annotations = {
        name: value.format(port=kubelet.port) for name, value in case.annotations.items()
    }
    kubelet.path = case.path
    labels = {"mode": case.mode, "apart": "true"}
    create_node(plane.admin, kubelet, labels=labels, annotations=annotations)
    if case.status_port:
        endpoints = {"kubeletEndpoint": {"Port": case.status_port}}
        _patch(plane, f"{case.name}/status", {"status": {"daemonEndpoints": endpoints}})


def _patch(plane: ControlPlane, node: str, patch: Mapping[str, Any]) -> None:
    kind = {"Content-Type": "application/merge-patch+json"}
    plane.admin.request("PATCH", f"/api/v1/nodes/{node}", patch, kind)


def _server(plane: ControlPlane, mode: str, folder: Path) -> MetricsServer:
    flags = [flag.format(folder=folder) for flag in MODES[mode].flags]
    flags += ["--metric-resolution=1s", f"--node-selector=mode={mode}"]
    return servers.tidegauge(plane, *flags, name=f"trust-{mode}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mode}: {case.name}")
def test_a_node_is_asked_as_flags_and_annotations_say(stage: Stage, case: Case) -> None:
    """It is served, and knows who asked; or the log has the cause; or it is not asked at all."""
    server, log, kubelet = (
        stage.servers[case.mode],
        stage.logs[case.mode],
        stage.kubelets[case.name],
    )
    mode = MODES[case.mode]
    told = partial(log.lines, event="scrape failed", key=case.name)

    if case.cause == "unasked":
        wait_until(lambda: usages(server, "nodes"), "usage of others", OUTCOME_SECONDS)
        assert (kubelet.connections, told()) == (0, [])
        return
    if case.cause:
        wait_until(told, "a failure", OUTCOME_SECONDS)
        assert {line["cause"] for line in told()} == {case.cause}
        assert case.name not in usages(server, "nodes")
        # Nothing was asked where the other side was not proven.
        assert not kubelet.requests or case.cause in ("not_found", "connection_lost")
        return
    wait_until(lambda: case.name in usages(server, "nodes"), "usage", OUTCOME_SECONDS)
    assert told() == []
    seen = kubelet.requests[-1]
    token = server.token_file.read_text() if mode.token else None
    assert (seen.path, seen.token, seen.user) == (case.path, token, mode.user)


def test_annotations_count_at_once(control_plane: ControlPlane, stage: Stage) -> None:
    """A node that is left out vanishes with all it said, and comes back when it is let in."""
    server, kubelet = stage.servers["default"], stage.kubelets["let-in"]

    def annotate(value: str) -> None:
        patch = {"metadata": {"annotations": annotated("scrape", value)}}
        _patch(control_plane, "let-in", patch)

    annotate("false")
    wait_until(lambda: "let-in" not in usages(server, "nodes"), "its absence", OUTCOME_SECONDS)
    asked = len(kubelet.requests)
    annotate("true")
    wait_until(lambda: "let-in" in usages(server, "nodes"), "its return", OUTCOME_SECONDS)

    assert len(kubelet.requests) >= asked + 2
