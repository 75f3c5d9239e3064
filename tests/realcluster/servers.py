"""Metrics servers against a control plane: the Go one and ours, started with the same flags."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.realcluster import aggregation, build, pki
from tests.realcluster import versions as pins
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.process import Process, free_port

# As installed beside the running Python.
TIDEGAUGE = (Path(sys.executable).with_name("tidegauge"), "serve")
# The shortest period that the Go server takes, with the longest timeout that goes with it.
INCUMBENT_PERIOD = ("--metric-resolution=10s", "--kubelet-request-timeout=9s")
# Time enough for informers to sync on a busy machine.
LISTENING_SECONDS = 60.0
# Two scrapes of the longest period that tests use, and some.
READY_SECONDS = 60.0


class ServingProcess(Process):
    """One that `admin` may ask; a context manager, within which it listens."""

    admin: Client

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_listening()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.close()
        self.stop()

    def wait_listening(self) -> None:
        """Until it answers at all; it may not be ready."""
        self.wait_until(
            lambda: self.admin.send("GET", "/livez").status > 0, "listening", LISTENING_SECONDS
        )


class MetricsServer(ServingProcess):
    """A running metrics server; a context manager.

    Its serving certificate is signed by the cluster's CA for the Service's name and for localhost,
    so that kube-apiserver can verify it. The pair lies at `certificate_files`.
    """

    def __init__(
        self, name: str, program: Sequence[str | Path], plane: ControlPlane, flags: Sequence[str]
    ) -> None:
        self.plane = plane
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.folder = plane.folder / name
        self.token_file = plane.server_token_file(name)
        pair = plane.authority.server(aggregation.SERVICE_HOST, "localhost", "127.0.0.1")
        self.certificate_files = pair.write(self.folder, "serving")
        self.admin = self.client("admin", ["system:masters"])
        plane.create_metrics_rbac()
        config = plane.server_kubeconfig(name)
        own = own_flags(config, self.certificate_files, self.port)
        super().__init__(name, [*program, *own, *flags], plane.folder / "logs" / f"{name}.log")

    def client(self, user: str, groups: Sequence[str] = ()) -> Client:
        """Requests straight to the server, as a user with a client certificate of the cluster."""
        pair = self.plane.authority.client(user, groups)
        return Client(self.url, self.plane.authority.certificate, pair)

    def proxy_client(self) -> Client:
        """Requests as kube-apiserver's aggregation layer makes them; add X-Remote-* headers."""
        return Client(self.url, self.plane.authority.certificate, self.plane.proxy_pair())

    def replace_certificate(self) -> pki.Pair:
        """Put a new serving certificate where the server reads it, as a rotation does."""
        pair = self.plane.authority.server(aggregation.SERVICE_HOST, "localhost", "127.0.0.1")
        pair.write(self.folder, "serving")
        return pair

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until /readyz is green, so data was collected."""
        self.wait_until(lambda: self.admin.send("GET", "/readyz").status == 200, "ready", seconds)

    def register(self, versions: Sequence[str] = aggregation.VERSIONS) -> None:
        """Make it the cluster's metrics server, its certificate verified, and wait for that."""
        self.plane.register_metrics_api(self.port, self.plane.authority.certificate, versions)
        self.plane.wait_metrics_api(versions)


def own_flags(config: Path, certificate_files: tuple[Path, Path], port: int) -> list[str]:
    """What every metrics server is told: its kubeconfig, and where and as whom it serves."""
    certificate, key = certificate_files
    return [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
        "--kubelet-use-node-status-port",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
    ]


def incumbent(
    plane: ControlPlane, *flags: str, name: str = "incumbent", say: build.Say | None = None
) -> MetricsServer:
    """The Go metrics-server, every 10 s unless flags say otherwise; serves v1beta1 only."""
    binary = build.find("metrics-server", pins.METRICS_SERVER)
    program = build.ensure([binary], say)[binary.label]
    return MetricsServer(name, [program], plane, [*INCUMBENT_PERIOD, *flags])


def tidegauge(plane: ControlPlane, *flags: str, name: str = "tidegauge") -> MetricsServer:
    """Our server, every 15 s unless flags say otherwise; serves v1 and v1beta1."""
    return MetricsServer(name, TIDEGAUGE, plane, flags)
