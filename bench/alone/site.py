"""Where our server is measured by itself: the embedded API server and the kubelets of all nodes."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.alone import apiserver
from bench.alone.apiserver import READY, Files
from bench.compare.asking import Door
from bench.compare.site import Say, start_kubelets
from tests.realcluster.client import Client
from tests.realcluster.fleet import Fleet
from tests.realcluster.pki import Pair
from tests.realcluster.process import Process, free_port
from tests.realcluster.servers import TIDEGAUGE, ServingProcess, own_flags

_LOADED_SECONDS = 180.0
"""Until the API server has all objects: it takes seconds, on a busy machine more."""


class Server(ServingProcess):
    """Our server in a process of its own; a context manager. `period` is in seconds."""

    def __init__(self, files: Files, folder: Path, period: float) -> None:
        self.port = free_port()
        self.period = period
        self.url = f"https://localhost:{self.port}"
        self.door = Door(self.url, str(files.authority), *map(str, files.client))
        certificate, key = (path.read_bytes() for path in files.client)
        self.admin = Client(self.url, files.authority.read_bytes(), Pair(certificate, key))
        # One certificate serves all fake nodes, so their names can't be verified.
        flags = [f"--metric-resolution={period:g}s", "--kubelet-insecure-tls"]
        own = own_flags(files.kubeconfig, files.serving, self.port)
        super().__init__("tidegauge", [*TIDEGAUGE, *own, *flags], folder / "logs" / "tidegauge.log")


@dataclass(frozen=True)
class Site:
    """`api` and `kubelets` are processes that are not measured, though they take the same cores."""

    fleet: Fleet
    folder: Path
    api: Process
    kubelets: Process

    def server(self, period: float) -> Server:
        return Server(apiserver.files(self.folder), self.folder, period)


@contextmanager
def site(fleet: Fleet, say: Say) -> Iterator[Site]:
    """Ends and removes all of it, however the block ends. Raises ProcessError."""
    with tempfile.TemporaryDirectory(prefix="tidegauge-alone-") as name:
        folder, port = Path(name), free_port()
        say(f"{fleet.nodes} nodes: loading {fleet.nodes * fleet.pods} pods into the API server")
        api = _api_server(fleet, port, folder)
        try:
            api.start()
            api.wait_until(lambda: READY in api.tail().splitlines(), READY, _LOADED_SECONDS)
            say(f"{fleet.nodes} nodes: starting their kubelets")
            kubelets = start_kubelets(fleet, port, apiserver.files(folder).serving, folder)
            try:
                yield Site(fleet, folder, api, kubelets)
            finally:
                kubelets.stop()
        finally:
            api.stop()


def _api_server(fleet: Fleet, kubelet_port: int, folder: Path) -> Process:
    command: list[str | Path] = [sys.executable, "-m", apiserver.__name__]
    command += [f"--{name}={value}" for name, value in vars(fleet).items()]
    command += [f"--kubelet-port={kubelet_port}", f"--folder={folder}"]
    return Process("API server", command, folder / "logs" / "apiserver.log")
