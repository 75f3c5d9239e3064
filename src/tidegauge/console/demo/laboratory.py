"""Our metrics server inside the embedded cluster: in the same process, over the same protocols."""

import asyncio
import contextlib
from typing import Self

from tidegauge.console.options import Options
from tidegauge.console.process import Running, serving
from tidegauge.sandbox.apiserver.identities import METRICS_USER
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.kubelets import open_port
from tidegauge.sandbox.registration import server_names
from tidegauge.security.files import replace_file


class MetricsServer:
    """An async context: serves within, registered in the cluster, and can be started anew there."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        folder = cluster.folder
        pair = cluster.api.identities.authority.server(*server_names())
        replace_file(folder / "metrics-server.crt", pair.certificate, 0o644)
        replace_file(folder / "metrics-server.key", pair.key, 0o600)
        self._socket = open_port()
        self._port: int = self._socket.getsockname()[1]
        self._options = Options(
            kubeconfig=str(cluster.kubeconfig(METRICS_USER)),
            metric_resolution=cluster.period,
            kubelet_preferred_address_types=("InternalIP",),  # no names here for anybody to find
            secure_port=self._port,
            tls_cert_file=str(folder / "metrics-server.crt"),
            tls_private_key_file=str(folder / "metrics-server.key"),
        )
        self.lives: list[Running] = []
        """The present one is the last."""

        self._up, self._again = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None]
        self._cluster = cluster

    @property
    def present(self) -> Running:
        return self.lives[-1]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live())
        await self._started()
        self._cluster.register_metrics_server(self._port)
        self._cluster.restart_metrics_server = self.restart
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def restart(self) -> None:
        """All that it knew is gone, as after every restart."""
        self._up.clear()
        self._again.set()
        await self._started()

    async def _live(self) -> None:
        sock = self._socket
        while True:
            async with serving(self._options, sock) as running:
                self.lives.append(running)
                self._up.set()
                await self._again.wait()
            self._again.clear()
            sock = open_port(self._port)

    async def _started(self) -> None:
        """Wait until it serves. Raises what kept it from that."""
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({up, self._task}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._task.done():
            self._task.result()
