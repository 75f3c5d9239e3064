"""Our metrics server inside the embedded cluster: in the same process, over the same protocols."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tidegauge.console.demo.restarting import Restarting
from tidegauge.console.options import Options
from tidegauge.console.process import Running, serving
from tidegauge.sandbox.apiserver.identities import METRICS_USER
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.kubelets import open_port
from tidegauge.sandbox.registration import server_names
from tidegauge.security.files import replace_file

MetricsServer = Restarting[Running]


@asynccontextmanager
async def metrics_server(cluster: EmbeddedCluster) -> AsyncIterator[MetricsServer]:
    """It serves within, registered in the cluster, and can be started anew there."""
    sock = open_port()
    port: int = sock.getsockname()[1]
    options, sockets = _options(cluster, port), iter([sock])
    server = Restarting(lambda: serving(options, next(sockets, None) or open_port(port)))
    async with server:
        cluster.register_metrics_server(port)
        cluster.restart_metrics_server = server.restart
        yield server


def _options(cluster: EmbeddedCluster, port: int) -> Options:
    folder = cluster.folder
    pair = cluster.api.identities.authority.server(*server_names())
    replace_file(folder / "metrics-server.crt", pair.certificate, 0o644)
    replace_file(folder / "metrics-server.key", pair.key, 0o600)
    return Options(
        kubeconfig=str(cluster.kubeconfig(METRICS_USER)),
        metric_resolution=cluster.period,
        kubelet_preferred_address_types=("InternalIP",),  # no names here for anybody to find
        secure_port=port,
        tls_cert_file=str(folder / "metrics-server.crt"),
        tls_private_key_file=str(folder / "metrics-server.key"),
    )
