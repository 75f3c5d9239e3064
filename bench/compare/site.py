"""Where servers are compared: a real control plane, and the kubelets of all its nodes."""

import os
import platform
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.compare.asking import Door
from tests.realcluster import servers
from tests.realcluster import versions as pins
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fleet import Fleet
from tests.realcluster.process import Process, free_port
from tests.realcluster.servers import MetricsServer
from tidegauge import __version__

PERIOD = 15.0

_FLAGS = (
    "--metric-resolution=15s",
    "--kubelet-request-timeout=10s",
    "--kubelet-insecure-tls",
)
"""One certificate serves all fake nodes, so neither server can verify their names."""

_READY_SECONDS = 120.0
"""Ten thousand kubelets take half a minute to be made."""

_CLEAR_PEAK = "5"
"""To /proc/PID/clear_refs: forget the highest resident memory so far (proc(5))."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Site:
    plane: ControlPlane
    fleet: Fleet
    kubelets: Process
    port: int
    """Of all kubelets."""

    def ours(self) -> MetricsServer:
        return servers.tidegauge(self.plane, *_FLAGS)

    def theirs(self) -> MetricsServer:
        return servers.incumbent(self.plane, *_FLAGS)

    def door(self, server: MetricsServer) -> Door:
        """For a client that may do everything."""
        folder = self.plane.folder / "pki"
        pair = self.plane.authority.client("bench", ["system:masters"])
        certificate, key = pair.write(folder, "bench")
        return Door(server.url, str(folder / "ca.crt"), str(certificate), str(key))

    def turn_hanging(self) -> None:
        """Let a hundredth of the nodes hang, or no longer."""
        os.kill(self.kubelets.pid, signal.SIGUSR1)


@contextmanager
def site(fleet: Fleet, say: Say) -> Iterator[Site]:
    """Ends and removes all of it, however the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="tidegauge-bench-") as folder,
        ControlPlane(Path(folder), controllers=(), say=say) as plane,
    ):
        port = free_port()
        say(f"creating {fleet.nodes} nodes with {fleet.pods} pods each")
        fleet.create_objects(plane, port)
        pair = plane.authority.server("localhost").write(plane.folder, "kubelets")
        kubelets = start_kubelets(fleet, port, pair, plane.folder)
        try:
            yield Site(plane, fleet, kubelets, port)
        finally:
            kubelets.stop()


def start_kubelets(fleet: Fleet, port: int, pair: tuple[Path, Path], folder: Path) -> Process:
    """The kubelets of all nodes, ready. `pair` are their certificate's files; `folder` gets a log.

    Raises ProcessError.
    """
    certificate, key = pair
    sizes = [f"--{name}={value}" for name, value in vars(fleet).items()]
    command: list[str | Path] = [sys.executable, "-m", "tests.realcluster.fleet", *sizes]
    # Each answer with a stamp of its own, so that no server may reuse its last figures.
    command += [f"--port={port}", f"--cert={certificate}", f"--key={key}", "--housekeeping=0"]
    process = Process("kubelets", command, folder / "logs" / "kubelets.log")
    process.start()
    try:
        process.wait_until(lambda: "\nready " in f"\n{process.tail()}", "ready", _READY_SECONDS)
    except BaseException:
        process.stop()
        raise
    return process


def busy_seconds(server: Process) -> float:
    """CPU time to the nanosecond (proc(5), schedstat): /proc/PID/stat counts in hundredths. It is
    that of the threads there are; neither server ends any while it serves.
    """
    tasks = Path(f"/proc/{server.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def forget_peak(server: Process) -> None:
    Path(f"/proc/{server.pid}/clear_refs").write_text(_CLEAR_PEAK)


def peak_megabytes(server: Process) -> float:
    """The highest resident memory since the last `forget_peak`."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6  # the kernel's kB are KiB


def setup(fleet: Fleet, minutes: float) -> dict[str, Any]:
    """All that a reader must know to make sense of the figures."""
    versions = {"metrics-server": pins.METRICS_SERVER, "kube-apiserver": pins.KUBERNETES}
    return {**vars(fleet), "minutes": minutes, **versions, **machine()}


def machine() -> dict[str, Any]:
    """What our server runs on, and which one it is."""
    model = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0]
    return {
        "tidegauge": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.python_compiler()}",
        "openssl": ssl.OPENSSL_VERSION,
        "kernel": platform.release(),
        "cpu": f"{os.cpu_count()} of {model}",
        "load_before": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
    }
