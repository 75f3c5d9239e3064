"""What CPU time lists of pods take, in every shape, and how long one step is at most.

    python -m bench.lists [PODS]

Pods have two containers and labels shared by twenty, thirty pods are on a node. The store has two
answers of every node, made up and never parsed; the slices are thrown away.
"""

import gc
import random
import sys
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from tests.clock import ManualClock
from tidegauge.cluster.records import Node, Pod
from tidegauge.kubelet.samples import Answer, Layout, PodKey
from tidegauge.serving.api import Api
from tidegauge.serving.messages import Request
from tidegauge.units.selectors import LabelSelector
from tidegauge.usage.readings import Usage
from tidegauge.usage.shelf import Shelf
from tidegauge.usage.store import Store

_NOON_MS = 1_795_435_200_000
_PERIOD = 15.0
_CONTAINERS = ("main", "sidecar")
_PODS_A_NODE = 30

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

_PROTOBUF = "application/vnd.kubernetes.protobuf"

_CASES = {
    "JSON": ("application/json", "", ""),
    "JSON, gzip": ("application/json", "gzip", ""),
    "JSON, indented": ("application/json", "", "?pretty=1"),
    "JSON, none selected": ("application/json", "", "?labelSelector=x%3Dy"),
    "protobuf": (_PROTOBUF, "", ""),
    "protobuf, all selected": (_PROTOBUF, "", "?labelSelector=app%3Dweb"),
    "Table": (_TABLE, "", ""),
    "metadata": (_PARTIAL, "", ""),
    "YAML": ("application/yaml", "", ""),
}


class Pods:
    """A `Source` of made-up pods."""

    def __init__(self, count: int, clock: ManualClock) -> None:
        self._pods = [_pod(number, count) for number in range(count)]
        self._store = Store(clock, period=_PERIOD)
        self._answer_all(clock)

    def nodes(self) -> Sequence[Node]:
        return []

    def node(self, _name: str) -> Node | None:
        return None

    def node_usage(self, _name: str) -> Usage | None:
        return None

    def pods(self, _namespace: str | None) -> Sequence[Pod]:
        return self._pods

    def pod(self, _namespace: str, _name: str) -> Pod | None:
        return None

    def pod_usage(self, pod: Pod) -> Usage | None:
        return self._store.pod_usage(pod.namespace, pod.name, pod.node)

    def shelf(self) -> Shelf[Any]:
        return self._store.shelf()

    def labels(self, _raw: bytes) -> Mapping[str, str]:
        return {"app": "web"}

    def _answer_all(self, clock: ManualClock) -> None:
        placed: dict[str, list[PodKey]] = {}
        for pod in self._pods:
            placed.setdefault(pod.node, []).append(pod.key)
        layouts = {node: _layout(tuple(pods)) for node, pods in placed.items()}
        chance = random.Random(1)
        for number in range(2):
            for node, layout in layouts.items():
                self._store.record(node, _answer(layout, number, chance))
            clock.advance(_PERIOD)


def _pod(number: int, count: int) -> Pod:
    """The pods of a namespace are spread over the nodes, as a scheduler does it."""
    app, template = f"app-{number // 20}", f"{number // 20:08x}"
    labels = f'{{"app":"{app}","pod-template-hash":"{template}","tier":"front"}}'.encode()
    node = f"node-{number % max(1, count // _PODS_A_NODE)}"
    return Pod(f"ns-{number // 300:04}", f"{app}-{template}-{number:05}", node, labels)


def _layout(pods: tuple[PodKey, ...]) -> Layout:
    step = len(_CONTAINERS)
    firsts = array("I", range(1, len(pods) * step + 2, step))
    return Layout(pods, firsts, ("", *_CONTAINERS * len(pods)), {p: i for i, p in enumerate(pods)})


def _answer(layout: Layout, number: int, chance: random.Random) -> Answer:
    """The first and, `number` being 1, the second answer of a node."""
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


def _measure(api: Api, accept: str, encoding: str, query: str) -> tuple[float, float, int]:
    """CPU seconds in all, of the longest step, and bytes; what else runs does not count."""
    target = f"/apis/metrics.k8s.io/v1/pods{query}"
    request = Request("GET", target, [("accept", accept), ("accept-encoding", encoding)])
    started = mark = time.process_time()
    body = api.respond(request).body
    longest, size = time.process_time() - mark, 0
    for piece in [body] if isinstance(body, bytes) else body:
        size += len(piece)
        now = time.process_time()
        longest, mark = max(longest, now - mark), now
    return time.process_time() - started, longest, size


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] else 30_000
    clock = ManualClock()
    api = Api(
        Pods(count, clock),
        clock,
        node_selector=LabelSelector(()),
        observe_freshness=lambda _ages: None,
        server_address=":10250",
    )
    gc.collect()
    gc.freeze()  # as the server does
    print(f"{count} pods of two containers          total    longest step        size")
    for name, case in _CASES.items():
        seconds, longest, size = min(_measure(api, *case) for _ in range(3))
        print(f"{name:36} {seconds * 1e3:6.0f} ms  {longest * 1e3:9.1f} ms  {size / 1e6:7.2f} MB")


if __name__ == "__main__":
    main()
