"""Answers written by hand: CPU and times in seconds, memory in bytes."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from tests.clock import ManualClock
from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.usage.readings import Usage
from tidegauge.usage.store import Store

EPOCH = 1_795_435_200
"""Second 0 of every test on the node's own clock."""

NODE = "node-a"
POD = ("shop", "web")


@dataclass(frozen=True)
class Said:
    """What a kubelet said of one series: None where the line is missing."""

    at: float
    cpu: float | None
    memory: int | None = 1 << 20
    memory_at: float | None = None
    start: float | None = None
    swap: int | None = None


def answer(
    containers: Mapping[tuple[str, str, str], Said], node: Said | None = None, *, whole: bool = True
) -> Answer:
    keys = sorted(containers)
    said = [node or Said(0, None, None), *(containers[key] for key in keys)]
    return Answer(
        layout=layout(keys),
        cpu=array("Q", [round((s.cpu or 0) * 1e9) for s in said]),
        cpu_stamp=array("q", [MISSING if s.cpu is None else _ms(s.at) for s in said]),
        memory=array("Q", [s.memory or 0 for s in said]),
        memory_stamp=array("q", [MISSING if s.memory is None else _memory_ms(s) for s in said]),
        swap=array("q", [MISSING if s.swap is None else s.swap for s in said]),
        start=array("q", [0 if s.start is None else round((EPOCH + s.start) * 1e9) for s in said]),
        whole=whole,
    )


def layout(keys: list[tuple[str, str, str]]) -> Layout:
    sizes = Counter(key[:2] for key in keys)
    pods = sorted(sizes)
    firsts = array("I", accumulate((sizes[pod] for pod in pods), initial=1))
    names = ("", *(name for _, _, name in keys))
    return Layout(tuple(pods), firsts, names, {pod: i for i, pod in enumerate(pods)})


def _ms(seconds: float) -> int:
    return EPOCH * 1000 + round(seconds * 1000)


def _memory_ms(said: Said) -> int:
    return _ms(said.at if said.memory_at is None else said.memory_at)


class Bench:
    """A store, a clock, and one pod's usage in round figures."""

    def __init__(self, period: float = 15) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock, period=period)

    def hear(self, *, whole: bool = True, node: Said | None = None, **containers: Said) -> None:
        """The node says this of the containers of POD."""
        named = {(*POD, name): said for name, said in containers.items()}
        self.store.record(NODE, answer(named, node, whole=whole))

    def usage(self) -> Usage | None:
        return self.store.pod_usage(*POD, NODE)

    def shown(self) -> dict[str, tuple[float, float, float]] | None:
        """For each container its millicores, and the pod's stamp and window in seconds."""
        return rounded(self.usage())

    def node_shown(self) -> dict[str, tuple[float, float, float]] | None:
        return rounded(self.store.node_usage(NODE))


def rounded(usage: Usage | None) -> dict[str, tuple[float, float, float]] | None:
    if usage is None:
        return None
    stamp, window = usage.stamp_ms / 1000 - EPOCH, usage.window_ns / 1e9
    return {c.name: (round(c.cpu / 1e6, 3), round(stamp, 3), window) for c in usage.containers}
