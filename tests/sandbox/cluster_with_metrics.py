"""The sandbox's API server with one fake node and our metrics server behind its APIServices."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.realcluster import aggregation, pki
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import create_node, create_pod, pod_manifest
from tests.realcluster.process import Process, free_port, wait_until
from tests.sandbox.running import Running
from tidegauge.sandbox.apiserver.identities import METRICS

TIDEGAUGE = (Path(sys.executable).with_name("tidegauge"), "serve")

# Two scrapes of two seconds on a busy machine.
USAGE_SECONDS = 60.0

MIB = 1 << 20

_PATHS = {
    "APIService": "/apis/apiregistration.k8s.io/v1/apiservices",
    "Service": f"/api/v1/namespaces/{aggregation.NAMESPACE}/services",
}


@contextmanager
def cluster_with_metrics(folder: Path) -> Iterator[tuple[Running, Process]]:
    """A pod `web` on `n1` uses a quarter of a CPU; its usage is served when the block begins."""
    with Running(folder) as sandbox, Kubelets(pki.Authority("kubelets")) as kubelets:
        admin = sandbox.client()
        kubelet = kubelets.add("n1")
        create_node(admin, kubelet)
        kubelet.add("default", "web", "app", cpu=0.25, memory=100 * MIB)
        create_pod(admin, pod_manifest("default", "web", "n1"))
        port = free_port()
        server = _metrics_server(sandbox, port)
        server.start()
        try:
            authority = sandbox.server.identities.authority.certificate
            for manifest in aggregation.registration(port, authority):
                admin.request("POST", _PATHS[manifest["kind"]], manifest)
            usage = "/apis/metrics.k8s.io/v1/namespaces/default/pods/web"
            server.wait_until(
                lambda: admin.send("GET", usage).status == 200, "serving usage", USAGE_SECONDS
            )
            # Discovery learns of the group with the next check.
            wait_until(
                lambda: b"PodMetrics" in admin.send("GET", "/apis", None, _AGGREGATED).body,
                "metrics.k8s.io in discovery",
                USAGE_SECONDS,
            )
            yield sandbox, server
        finally:
            server.stop()


_AGGREGATED = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}


def _metrics_server(sandbox: Running, port: int) -> Process:
    names = (aggregation.SERVICE_HOST, "localhost", "127.0.0.1")
    pair = sandbox.server.identities.authority.server(*names)
    certificate, key = pki.Pair(pair.certificate, pair.key).write(sandbox.folder, "serving")
    config = sandbox.kubeconfig(METRICS)
    flags = [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--kubelet-insecure-tls",
        "--kubelet-use-node-status-port",
        "--metric-resolution=2s",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
    ]
    return Process("tidegauge", [*TIDEGAUGE, *flags], sandbox.folder / "tidegauge.log")
