"""Our server and `tidegauge node` on the same machine, with a process that burns a known share."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.realcluster import servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.placing import create_pod, node_manifest, pod_manifest
from tests.realcluster.process import Process, free_port, wait_until
from tests.realcluster.reading import API, quantity
from tests.realcluster.servers import TIDEGAUGE
from tests.sandbox.thismachine.burning import GROUP, burner, move, own_groups

NODE = "this-machine"
SERVER = "of-this-machine"
SHARE = 0.3


@contextmanager
def node(plane: ControlPlane) -> Iterator[int]:
    """The stand-in kubelet on a port, with its Node object; opened by the server's own token."""
    port = free_port()
    folder = plane.folder / NODE
    certificate, key = plane.authority.server("127.0.0.1").write(folder, "kubelet")
    command = [
        *(str(TIDEGAUGE[0]), "node", "--address=127.0.0.1", f"--port={port}", f"--name={NODE}"),
        *("--housekeeping=1s", f"--cert-dir={folder}", f"--tls-cert-file={certificate}"),
        f"--tls-private-key-file={key}",
        f"--token-file={plane.server_token_file(SERVER)}",
    ]
    process = Process(NODE, command, plane.folder / "logs" / f"{NODE}.log")
    process.start()
    manifest = node_manifest(NODE, "127.0.0.1", port, labels={"apart": NODE})
    plane.admin.request("POST", "/api/v1/nodes", manifest)
    try:
        yield port
    finally:
        plane.admin.request("DELETE", f"/api/v1/nodes/{NODE}")
        assert process.stop() == 0, process.tail()


def test_a_known_burn_is_what_the_api_serves(control_plane: ControlPlane) -> None:
    """From the kernel's accounts by way of the node and the server to metrics.k8s.io."""
    server = servers.tidegauge(
        control_plane,
        "--metric-resolution=1s",
        f"--node-selector=apart={NODE}",
        name=SERVER,
    )
    control_plane.create_namespace(GROUP)
    with own_groups() as groups, burner(SHARE) as burning:
        for group in groups:
            move(burning.pid, group)
        burning.start()
        create_pod(control_plane.admin, pod_manifest(GROUP, "burner", NODE, ("service",)))
        with node(control_plane), server:
            server.wait_ready()
            time.sleep(2)  # so that the window lies within the burn as a whole

            def served() -> Any:
                path = f"{API}/v1/namespaces/{GROUP}/pods/burner"
                answer = server.admin.send("GET", path)
                return answer.json() if answer.status == 200 else None

            pod = wait_until(served, "usage of the burner", 20)
            of_node = server.admin.request("GET", f"{API}/v1/nodes/{NODE}")
            time.sleep(0.5)
            burning.stop()

    (container,) = pod["containers"]
    began, ended = burning.accounts[0], burning.accounts[-1]
    own = (ended[1] - began[1]) / (ended[0] - began[0])
    assert container["name"] == "service"
    # One window of a second among some: neither kernel nor burner is even within a second.
    assert float(quantity(container["usage"]["cpu"])) == pytest.approx(own, abs=0.1)
    assert quantity(container["usage"]["memory"]) > 1 << 20
    assert quantity(of_node["usage"]["cpu"]) >= quantity(container["usage"]["cpu"]) / 2
