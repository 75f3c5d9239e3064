"""Our server and the Go metrics-server in the same minutes, on the same nodes, as ratios.

`python -m bench.scrape --help`. It builds and starts a real kube-apiserver, fills it with nodes and
pods, serves all their kubelets from one process, and lets both servers scrape them every 15 s over
TLS. The machine should have nothing else to do: what counts is CPU time, not elapsed time.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.realcluster import servers
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fleet import Fleet
from tests.realcluster.process import Process, free_port
from tests.realcluster.servers import MetricsServer

PERIOD = 15.0
KUBELET_FLAGS = (
    "--metric-resolution=15s",
    "--kubelet-request-timeout=10s",
    "--kubelet-insecure-tls",
)
"""One certificate serves all fake nodes, so neither server can verify their names."""

PROTOBUF = "application/vnd.kubernetes.protobuf"
LISTS = {
    "all pods, JSON": ("/pods", "application/json"),
    "all pods, protobuf": ("/pods", PROTOBUF),
    "one namespace, JSON": ("/namespaces/fleet-1/pods", "application/json"),
    "HPA's list, protobuf": ("/namespaces/fleet-1/pods?labelSelector=app%3Dweb", PROTOBUF),
    "nodes, JSON": ("/nodes", "application/json"),
    "one pod, JSON": ("/namespaces/fleet-1/pods/web-00001-000", "application/json"),
}
REPEATS = {"/pods": 5}
MANY_REPEATS = 100
"""CPU time is counted in hundredths of a second, so what is quick is asked often."""


@dataclass(frozen=True)
class Figure:
    name: str
    unit: str
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else math.inf


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; exit code 1 when a promise of the README is not kept."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.scrape", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=30, help="per node")
    parser.add_argument("--containers", type=int, default=2, help="per pod")
    parser.add_argument("--minutes", type=float, default=2, help="of steady state to measure")
    parser.add_argument("-o", choices=["table", "json"], default="table", dest="output")
    args = parser.parse_args(argv)
    fleet = Fleet(args.nodes, args.pods, args.containers)
    figures = measure(fleet, args.minutes * 60)
    if args.output == "json":
        print(json.dumps([{**vars(figure), "ratio": figure.ratio} for figure in figures]))
    else:
        print_table(fleet, figures)
    return 0 if all(figure.ratio < 1 for figure in figures[:2]) else 1


def measure(fleet: Fleet, seconds: float) -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="tidegauge-bench-") as folder,
        ControlPlane(Path(folder), controllers=(), say=say) as plane,
    ):
        port = free_port()
        say(f"creating {fleet.nodes} nodes with {fleet.pods} pods each")
        fleet.create_objects(plane, port)
        kubelets = start_kubelets(fleet, plane, port)
        try:
            return compare(plane, seconds)
        finally:
            kubelets.stop()


def compare(plane: ControlPlane, seconds: float) -> list[Figure]:
    theirs = servers.incumbent(plane, *KUBELET_FLAGS)
    ours = servers.tidegauge(plane, *KUBELET_FLAGS)
    with theirs, ours:
        both = (ours, theirs)
        for server in both:
            server.wait_ready(4 * PERIOD)
        say("warming up for three periods")
        time.sleep(3 * PERIOD)
        say(f"steady state for {seconds:.0f} s")
        before = [server.cpu_seconds() for server in both]
        time.sleep(seconds)
        used = [(s.cpu_seconds() - b) / seconds * 1000 for s, b in zip(both, before, strict=True)]
        resident = [server.resident_bytes() / 1e6 for server in both]
        figures = [Figure("steady CPU", "mCPU", *used), Figure("resident memory", "MB", *resident)]
        say("lists")
        return (
            figures
            + [figure for name in LISTS for figure in compare_list(name, *both)]
            + [
                Figure(
                    "resident memory after the lists",
                    "MB",
                    *(s.resident_bytes() / 1e6 for s in both),
                )
            ]
        )


def compare_list(name: str, ours: MetricsServer, theirs: MetricsServer) -> list[Figure]:
    (our_time, our_cpu), (their_time, their_cpu) = (cost(name, each) for each in (ours, theirs))
    return [
        Figure(f"{name}: time", "ms", our_time, their_time),
        Figure(f"{name}: CPU", "ms", our_cpu, their_cpu),
    ]


def cost(name: str, server: MetricsServer) -> tuple[float, float]:
    """Median time of a request, and mean CPU time, in milliseconds; CPU less the steady part."""
    path, accept = LISTS[name]
    times = []
    before = server.cpu_seconds()
    repeats = REPEATS.get(path, MANY_REPEATS)
    for _ in range(repeats):
        started = time.perf_counter()
        answer = server.admin.send(
            "GET", f"/apis/metrics.k8s.io/v1beta1{path}", headers={"Accept": accept}
        )
        times.append(time.perf_counter() - started)
        assert answer.status == 200, (name, answer.status, answer.body[:500])
    return median(times) * 1000, (server.cpu_seconds() - before) / repeats * 1000


def start_kubelets(fleet: Fleet, plane: ControlPlane, port: int) -> Process:
    certificate, key = plane.authority.server("localhost").write(plane.folder, "kubelets")
    sizes = [f"--{name}={value}" for name, value in vars(fleet).items()]
    command: list[str | Path] = [sys.executable, "-m", "tests.realcluster.fleet", *sizes]
    # Each answer with a stamp of its own, so that no server may reuse its last figures.
    command += [f"--port={port}", f"--cert={certificate}", f"--key={key}", "--housekeeping=0"]
    process = Process("kubelets", command, plane.folder / "logs" / "kubelets.log")
    process.start()
    process.wait_until(lambda: "ready" in process.tail(), "ready", 60)
    return process


def print_table(fleet: Fleet, figures: Sequence[Figure]) -> None:
    print(
        f"{fleet.nodes} nodes, {fleet.pods} pods each, {fleet.containers} containers a pod, 15 s\n"
    )
    print("| | Tidegauge | metrics-server 0.9.0 | ratio |\n|---|---|---|---|")
    for figure in figures:
        print(
            f"| {figure.name} | {figure.ours:.1f} {figure.unit} | {figure.theirs:.1f} {figure.unit}"
            f" | {figure.ratio:.2f} |"
        )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
