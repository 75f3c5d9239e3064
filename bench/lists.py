"""What CPU time lists of pods take, in every shape, and how long one step is at most.

    python -m bench.lists [PODS]

Pods have two containers and labels shared by twenty, thirty pods are on a node. The store has
answers of every node, made up and never parsed; the slices are thrown away. A list is asked for
right after all nodes have answered, so that nothing of it is written yet, and once more.
"""

import gc
import random
import sys
import time
from array import array
from collections import defaultdict
from typing import NamedTuple

from tests.clock import ManualClock
from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.records import Pod
from tidegauge.console.view import View
from tidegauge.kubelet.samples import Answer, Layout, PodKey
from tidegauge.serving.api import Api
from tidegauge.serving.messages import Request
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.selectors import LabelSelector
from tidegauge.usage.store import Store

_NOON_MS = 1_795_435_200_000
_PERIOD = 15.0
_CONTAINERS = ("main", "sidecar")
_PODS_A_NODE = 30

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

PROTOBUF = "application/vnd.kubernetes.protobuf"

_NAMESPACE = "/namespaces/ns-0007"
"""Of 1,500 pods, 75 workloads; HPA asks for one of its apps, twenty pods or more."""

_CASES = {
    "JSON": ("application/json", "", "/pods"),
    "JSON, gzip": ("application/json", "gzip", "/pods"),
    "JSON, indented": ("application/json", "", "/pods?pretty=1"),
    "JSON, none selected": ("application/json", "", "/pods?labelSelector=x%3Dy"),
    "JSON, one namespace": ("application/json", "", f"{_NAMESPACE}/pods"),
    "protobuf": (PROTOBUF, "", "/pods"),
    "protobuf, HPA's list": (PROTOBUF, "", f"{_NAMESPACE}/pods?labelSelector=app%3Dapp-3"),
    "Table": (_TABLE, "", "/pods"),
    "metadata": (_PARTIAL, "", "/pods"),
    "YAML": ("application/yaml", "", "/pods"),
}


class Cluster:
    """Made-up pods that the real view shows."""

    def __init__(self, count: int) -> None:
        self.clock = ManualClock()
        self._store = Store(self.clock, period=_PERIOD)
        pods, placed = Pods(), defaultdict[str, list[PodKey]](list)
        for number in range(count):
            pod = _pod(number, count)
            pods.put(pod)
            placed[pod.node].append(pod.key)
        self._layouts = {node: layout_of(tuple(sorted(keys))) for node, keys in placed.items()}
        self._answers = 0
        self._chance = random.Random(1)
        self.view = View(Nodes(), pods, self._store)
        self.answer_all()

    def answer_all(self) -> None:
        """All nodes answer a period later."""
        self.clock.advance(_PERIOD)
        self._answers += 1
        for node, layout in self._layouts.items():
            self._store.record(node, answer_of(layout, self._answers, self._chance))


def _pod(number: int, count: int) -> Pod:
    """Pods of a workload and of a namespace are spread over the nodes, as a scheduler does it."""
    workload = number // 20
    app, template = f"app-{workload // 20}", f"{workload:08x}"
    labels = f'{{"app":"{app}","pod-template-hash":"{template}","tier":"front"}}'.encode()
    node = f"node-{number % max(1, count // _PODS_A_NODE)}"
    return Pod(f"ns-{workload % 20:04}", f"{app}-{template}-{number:05}", node, labels)


def layout_of(pods: tuple[PodKey, ...]) -> Layout:
    step = len(_CONTAINERS)
    firsts = array("I", range(1, len(pods) * step + 2, step))
    return Layout(pods, firsts, ("", *_CONTAINERS * len(pods)), {p: i for i, p in enumerate(pods)})


def answer_of(layout: Layout, number: int, chance: random.Random) -> Answer:
    """A node's answer of that number, with up to two thirds of a core used since the last."""
    slots = range(layout.slots)
    stamps = [_NOON_MS + number * 15_000 + chance.randrange(2_000) for _ in slots]
    return Answer(
        layout=layout,
        cpu=array("Q", [number * 10**10 + chance.randrange(10**10) for _ in slots]),
        cpu_stamp=array("q", stamps),
        memory=array("Q", [chance.randrange(1, 2**20) * 4096 for _ in slots]),
        memory_stamp=array("q", stamps),
        swap=array("q", [-1 for _ in slots]),
        start=array("q", [0 for _ in slots]),
        whole=True,
    )


class Cost(NamedTuple):
    """CPU seconds in all and of the longest step, and bytes; what else runs does not count."""

    seconds: float
    longest: float
    size: int


def api_of(cluster: Cluster) -> Api:
    return Api(
        cluster.view,
        cluster.clock,
        node_selector=LabelSelector(()),
        observe_freshness=Metrics(_PERIOD).freshness.observe_since,
        server_address=":10250",
    )


def read(api: Api, path: str, accept: str, encoding: str = "") -> Cost:
    """Ask for a path below the version; the slices are thrown away."""
    target = f"/apis/metrics.k8s.io/v1{path}"
    request = Request("GET", target, [("accept", accept), ("accept-encoding", encoding)])
    started = mark = time.process_time()
    body = api.respond(request).body
    longest, size = time.process_time() - mark, 0
    for piece in [body] if isinstance(body, bytes) else body:
        size += len(piece)
        now = time.process_time()
        longest, mark = max(longest, now - mark), now
    return Cost(time.process_time() - started, longest, size)


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] else 30_000
    cluster = Cluster(count)
    api = api_of(cluster)
    cluster.answer_all()
    gc.collect()
    gc.freeze()  # as the server does
    print(f"{count} pods of two containers, CPU       new      again  longest step       size")
    for name, (accept, encoding, path) in _CASES.items():
        news, agains = [], []
        for _ in range(3):
            cluster.answer_all()
            news.append(read(api, path, accept, encoding))
            agains.append(read(api, path, accept, encoding))
        new, again = min(news), min(agains)
        print(
            f"{name:28} {new.seconds * 1e3:11.2f} ms {again.seconds * 1e3:7.2f} ms"
            f" {new.longest * 1e3:10.1f} ms {new.size / 1e6:7.2f} MB"
        )


if __name__ == "__main__":
    main()
