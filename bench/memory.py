"""Where the memory goes, per pod and node: `python -m bench.memory [NODES]`.

Each part is made in turn, and what the process then has more of resident memory is counted: this
holds what allocators waste, which sums of sizes do not.
"""

import asyncio
import gc
import sys
import tempfile
from pathlib import Path

from bench.compare.site import start_kubelets
from bench.lists import PROTOBUF, Cluster, api_of, read
from tests.kubelet import bodies
from tests.realcluster.fleet import Fleet
from tests.realcluster.pki import Authority
from tests.realcluster.process import free_port
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import KubeletTransport
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.units.clock import SystemClock

NODES = 1000
PODS = 30
_TIMEOUT = 10.0
_PAGE = 4096


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


class Ledger:
    """What each part has added."""

    def __init__(self) -> None:
        self._last = resident()

    def enter(self, what: str, count: int, unit: str) -> None:
        now = resident()
        print(f"{what:52} {(now - self._last) / count:9.0f} B/{unit}", flush=True)
        self._last = now


def main() -> None:
    nodes = int(sys.argv[1]) if sys.argv[1:] else NODES
    print(f"{nodes} nodes, {PODS} pods a node, two containers a pod")
    ledger = Ledger()
    layouts = [_layout_with_plan(number) for number in range(nodes)]
    ledger.enter("layout and the parser's plan", nodes, "node")
    del layouts
    ledger = Ledger()
    cluster = Cluster(nodes * PODS)
    ledger.enter("records of pods, layouts, one answer", nodes * PODS, "pod")
    cluster.answer_all()
    ledger.enter("the second answer: a pair of readings", nodes * PODS, "pod")
    api = api_of(cluster)
    for name, accept in (
        ("items kept of a list in protobuf", PROTOBUF),
        ("items and texts kept of a list in JSON", "application/json"),
    ):
        read(api, "/pods", accept)
        ledger.enter(name, nodes * PODS, "pod")
    cluster.answer_all()
    ledger.enter("given back with the next answers", nodes * PODS, "pod")
    with tempfile.TemporaryDirectory(prefix="tidegauge-bench-") as folder:
        _enter_connections(Fleet(nodes, 1, 1), Path(folder))


def _enter_connections(fleet: Fleet, folder: Path) -> None:
    """Of TLS connections to kubelets, each of which has carried an answer."""
    port = free_port()
    pair = Authority("bench").server("localhost").write(folder, "kubelets")
    kubelets = start_kubelets(fleet, port, pair, folder)
    try:
        asyncio.run(_connect(fleet, port))
    finally:
        kubelets.stop()


async def _connect(fleet: Fleet, port: int) -> None:
    clock = SystemClock()
    transport = KubeletTransport(ClientContexts(ClientTrust(verify=False), clock), clock)
    targets = [
        Target(fleet.node_name(index), (fleet.address(index),), port)
        for index in range(fleet.nodes)
    ]
    await transport.get(targets[0], _TIMEOUT)  # takes what is needed once
    ledger = Ledger()
    for target in targets[1:]:
        await transport.get(target, _TIMEOUT)
    ledger.enter("a connection", len(targets) - 1, "node")
    transport.close()


def _layout_with_plan(number: int) -> object:
    containers = [
        bodies.Container(each.name, each.namespace, f"{each.pod}-{number}")
        for each in bodies.fleet(PODS, 2)
    ]
    return parse(bodies.body(containers), 0, None).layout


if __name__ == "__main__":
    main()
