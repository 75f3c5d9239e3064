"""Many alike nodes with many pods, for benchmarks: in fake kubelets and at the API server.

`python -m tests.realcluster.fleet --help` runs the kubelets as a process of their own.
"""

import argparse
import asyncio
import ipaddress
import json
import os
import resource
import signal
import sys
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.realcluster import placing
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.faults import HEALTHY, Fault
from tests.realcluster.figures import Figures
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.pki import Pair

_FIRST = int(ipaddress.IPv4Address("127.64.0.1"))
NAMESPACES = 20
# Pods of a workload: what an HPA looks after.
REPLICAS = 10
# Of the nodes, one in so many hangs after SIGUSR1 until the next.
HANGING_ONE_IN = 100
# As many as keep two cores busy; kube-apiserver is what takes the time.
WORKERS = 8


@dataclass(frozen=True)
class Fleet:
    """`nodes` nodes with `pods` pods each, of `containers` containers each."""

    nodes: int
    pods: int
    containers: int

    def node_name(self, index: int) -> str:
        """Name of a node."""
        return f"node-{index:05d}"

    def address(self, index: int) -> str:
        """Its address, in 127.64.0.0/10."""
        return str(ipaddress.IPv4Address(_FIRST + index))

    def pod_names(self, index: int) -> Iterator[tuple[str, str]]:
        """Namespace and name of each pod of a node."""
        for pod in range(self.pods):
            yield f"fleet-{(index + pod) % NAMESPACES}", f"web-{index:05d}-{pod:03d}"

    def workload(self, index: int, pod: int) -> str:
        """Label `workload` of a node's pod, by its number on the node."""
        return _workload(pod, index // (REPLICAS * NAMESPACES))

    def workloads(self) -> list[tuple[str, str]]:
        """Namespace and label `workload` of each group of pods of the same kind."""
        groups = range(-(-self.nodes // (REPLICAS * NAMESPACES)))
        return [
            (f"fleet-{number}", _workload(pod, group))
            for group in groups
            for pod in range(self.pods)
            for number in range(NAMESPACES)
        ]

    def hanging(self) -> list[str]:
        """Names of the nodes that hang when told to."""
        return [self.node_name(index) for index in range(0, self.nodes, HANGING_ONE_IN)]

    def container_names(self) -> list[str]:
        """Names of a pod's containers."""
        return [f"c{number}" for number in range(self.containers)]

    def fill(self, index: int, figures: Figures) -> None:
        """Give a node its containers: up to 256 millicores, 8 to 519 MiB, up to a day old each."""
        for namespace, pod in self.pod_names(index):
            for name in self.container_names():
                # Any spread will do, as long as it is the same in each run.
                mixed = zlib.crc32(f"{pod}/{name}".encode())
                figures.add(
                    namespace,
                    pod,
                    name,
                    cpu=(mixed & 255) / 1000 + 0.001,
                    memory=((mixed >> 8 & 511) + 8) << 20,
                    age=3600 + (mixed >> 16) * 1.25,
                )

    def node_manifest(self, index: int, port: int) -> dict[str, Any]:
        """A node as it is created, its kubelet at that port."""
        return placing.node_manifest(self.node_name(index), self.address(index), port)

    def model_manifest(self) -> dict[str, Any]:
        """A pod as it is created; all others differ in names, node and label `workload` only."""
        return placing.pod_manifest(
            "default",
            "model",
            self.node_name(0),
            self.container_names(),
            labels={"app": "web", "pod-template-hash": "5d78c9869d", "tier": "front"},
            requests={"cpu": "100m", "memory": "128Mi"},
        )

    def create_objects(self, plane: ControlPlane, port: int) -> None:
        """Create namespaces, nodes and Running pods in a control plane.

        Nodes and one pod go through kube-apiserver. The other pods are copies of that one as the
        API server gives it, with all that it adds, written straight into etcd: that is some
        thousand a second, where kube-apiserver takes three hundred.
        """
        for number in range(NAMESPACES):
            plane.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"fleet-{number}"}}
            )
        with ThreadPoolExecutor(WORKERS) as pool:
            for _ in pool.map(partial(self._create_node, plane.admin, port), range(self.nodes)):
                pass
        plane.store(self._stored_pods(self._model_pod(plane)))

    def _create_node(self, client: Client, port: int, index: int) -> None:
        client.request("POST", "/api/v1/nodes", self.node_manifest(index, port))

    def _model_pod(self, plane: ControlPlane) -> dict[str, Any]:
        account = {"name": "default", "namespace": "default"}
        plane.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        placing.create_pod(plane.admin, self.model_manifest())
        path = "/api/v1/namespaces/default/pods/model"
        pod: dict[str, Any] = plane.request("GET", path)
        plane.request("DELETE", f"{path}?gracePeriodSeconds=0")
        del pod["metadata"]["resourceVersion"]
        return pod

    def _stored_pods(self, pod: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        for index in range(self.nodes):
            pod["spec"]["nodeName"] = self.node_name(index)
            for number, (namespace, name) in enumerate(self.pod_names(index)):
                pod["metadata"] |= {"namespace": namespace, "name": name, "uid": str(uuid.uuid4())}
                pod["metadata"]["labels"]["workload"] = self.workload(index, number)
                yield f"/registry/pods/{namespace}/{name}", json.dumps(pod).encode()


def _workload(pod: int, group: int) -> str:
    return f"web-{pod:03d}-{group}"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a fleet until SIGTERM, a hundredth of it hanging from one SIGUSR1 to the next.

    Prints `ready` and its pid, and at the end what it served.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.realcluster.fleet",
        description="Fake kubelets for benchmarks: node N at 127.64.0.N, all on one port.",
    )
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=30, help="per node")
    parser.add_argument("--containers", type=int, default=2, help="per pod")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", type=Path, required=True, help="PEM, one for all nodes")
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--housekeeping", type=float, default=10.0, help="seconds")
    parser.add_argument("--compress", action="store_true", help="gzip when asked for, as real ones")
    args = parser.parse_args(argv)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two servers connect to each node
    pair = Pair(args.cert.read_bytes(), args.key.read_bytes())
    kubelets = Kubelets(port=args.port, shared=pair)
    fleet = Fleet(args.nodes, args.pods, args.containers)
    for index in range(fleet.nodes):
        kubelet = kubelets.add(
            fleet.node_name(index), fleet.address(index), housekeeping=args.housekeeping
        )
        kubelet.compress = args.compress
        fleet.fill(index, kubelet)
    asyncio.run(_serve_until_signal(kubelets, fleet.hanging()))
    print(json.dumps({"served": kubelets.served, "cpu_seconds": time.process_time()}), flush=True)
    return 0


async def _serve_until_signal(kubelets: Kubelets, hanging: Sequence[str]) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, _turn, kubelets, hanging)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, kubelets.stop)
    await kubelets.serve(lambda: print("ready", os.getpid(), flush=True))


def _turn(kubelets: Kubelets, hanging: Sequence[str]) -> None:
    """Let those hang that do not, and the other way round."""
    for kubelet in kubelets.all():
        if kubelet.name in hanging:
            kubelet.fault = HEALTHY if kubelet.fault.hang else Fault(hang=True)
            kubelet.drop_connections()


if __name__ == "__main__":
    sys.exit(main())
