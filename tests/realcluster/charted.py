"""Our server as the chart would run it, but outside the cluster: its arguments and its rights."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from tests.deploy.helm import RELEASE, Manifest, Rendered, render
from tests.realcluster import pki
from tests.realcluster.aggregation import NAMESPACE
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.process import Process

TIDEGAUGE = Path(sys.executable).with_name("tidegauge")
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"
SECRET = f"/api/v1/namespaces/{NAMESPACE}/secrets/{RELEASE}-tls"
# Which objects need a cluster with nodes.
_RUNS = ("Deployment", "PodDisruptionBudget")


def installed(plane: ControlPlane, port: int, values: Manifest | None = None) -> Rendered:
    """Apply what the chart renders, with a Service that leads to a port of this machine."""
    rendered = render({**(values or {}), "service": {"port": port}})
    plane.apply(*_outside(rendered, port))
    return rendered


def removed(plane: ControlPlane, rendered: Rendered) -> None:
    """Delete what `installed` applied."""
    for manifest in rendered:
        if manifest["kind"] not in _RUNS:
            plane.admin.delete(manifest)


def _outside(rendered: Iterable[Manifest], port: int) -> Iterator[Manifest]:
    for manifest in rendered:
        if manifest["kind"] == "Service":
            ports = [{"name": "https", "port": port}]
            spec = {"type": "ExternalName", "externalName": "localhost", "ports": ports}
            yield {**manifest, "spec": spec}
        elif manifest["kind"] not in _RUNS:
            yield manifest


class Replica(Process):
    """A server with the arguments of the chart's container; a context manager."""

    def __init__(self, plane: ControlPlane, rendered: Rendered, port: int, *flags: str) -> None:
        name = f"replica-{port}"
        self.plane, self.port, self.url = plane, port, f"https://localhost:{port}"
        config = plane.folder / "kubeconfigs" / f"{name}.kubeconfig"
        user = {"token": plane.service_account_token(NAMESPACE, RELEASE)}
        pki.replace_file(config, pki.kubeconfig(plane.url, plane.authority.certificate, user))
        given = [
            argument
            for argument in rendered.container["args"]
            if not argument.startswith(("--secure-port", "--shutdown-delay", "--metric-resolution"))
        ]
        outside = [
            f"--kubeconfig={config}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--metric-resolution=1s",
        ]
        log = plane.folder / "logs" / f"{name}.log"
        super().__init__(name, [TIDEGAUGE, *given, *outside, *flags], log)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, token: str | None = None) -> Client:
        """Requests straight to it, as admin or with a token; its certificate is not verified."""
        pair = None if token else self.plane.authority.client("admin", ["system:masters"])
        return Client(self.url, None, pair, token)

    def wait_ready(self) -> None:
        """Until /readyz is green."""
        client = self.client()
        self.wait_until(lambda: client.send("GET", "/readyz").status == 200, "ready", 60)
        client.close()
