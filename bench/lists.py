"""What CPU time lists of all pods take, in every shape, and how long one step is at most.

    python -m bench.lists [PODS]

Pods have two containers and labels shared by twenty. Only the serving side is measured: usage comes
from a dict, and the slices are thrown away.
"""

import random
import sys
import time
from collections.abc import Mapping, Sequence

from tests.clock import ManualClock
from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.api import Api
from tidegauge.serving.messages import Request
from tidegauge.units.selectors import LabelSelector
from tidegauge.usage.readings import ContainerUsage, Usage

_NOON_MS = 1_795_435_200_000

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

_CASES = {
    "JSON": ("application/json", "", ""),
    "JSON, gzip": ("application/json", "gzip", ""),
    "JSON, indented": ("application/json", "", "?pretty=1"),
    "JSON, none selected": ("application/json", "", "?labelSelector=x%3Dy"),
    "protobuf": ("application/vnd.kubernetes.protobuf", "", ""),
    "Table": (_TABLE, "", ""),
    "metadata": (_PARTIAL, "", ""),
    "YAML": ("application/yaml", "", ""),
}


class Pods:
    """A `Source` of made-up pods."""

    def __init__(self, count: int) -> None:
        chance = random.Random(1)
        self._pods = [_pod(number) for number in range(count)]
        self._usage = {(pod.namespace, pod.name): _usage(chance) for pod in self._pods}

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
        return self._usage[pod.namespace, pod.name]

    def labels(self, _raw: bytes) -> Mapping[str, str]:
        return {"app": "web"}


def _pod(number: int) -> Pod:
    app, template = f"app-{number // 20}", f"{number // 20:08x}"
    labels = f'{{"app":"{app}","pod-template-hash":"{template}","tier":"front"}}'.encode()
    return Pod(f"ns-{number // 300:04}", f"{app}-{template}-{number:05}", "node", labels)


def _usage(chance: random.Random) -> Usage:
    containers = [
        ContainerUsage(name, chance.randrange(10**9), chance.randrange(2**20) * 4096, None)
        for name in ("main", "sidecar")
    ]
    stamp = _NOON_MS + chance.randrange(15_000)
    return Usage(stamp, 15_000_000_000 + chance.randrange(100) * 10**6, stamp / 1000, containers)


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
    api = Api(
        Pods(count),
        ManualClock(),
        node_selector=LabelSelector(()),
        observe_freshness=lambda _ages: None,
        server_address=":10250",
    )
    print(f"{count} pods of two containers          total    longest step        size")
    for name, case in _CASES.items():
        seconds, longest, size = min(_measure(api, *case) for _ in range(3))
        print(f"{name:36} {seconds * 1e3:6.0f} ms  {longest * 1e3:9.1f} ms  {size / 1e6:7.2f} MB")


if __name__ == "__main__":
    main()
