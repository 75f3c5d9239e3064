"""A cluster in which nothing stays: its pods, nodes and labels, and how its kubelets are doing."""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.cluster import wire
from tidegauge.kubelet.addressing import PORT, SCRAPE
from tidegauge.sandbox.resourcetext import Key, PodKey, go_float, template

CONTAINERS = ("main", "sidecar")
NAMESPACES = 8

LOGGED_PERIODS = 5
"""As far back a watch may begin; who was away for longer has to list anew."""

NODE_CHANGE_PERIODS = 8
"""A node goes, and two minutes later its pods go and another one comes."""

ILL_PERIODS = 20
"""At most; longer than usage stays fresh, so that there is silence."""

ILLNESSES = ("refuses", "hangs", "garbles", "cuts", "repeats", "is another")
_ODD: tuple[dict[str, str], ...] = ({SCRAPE: "false"}, {PORT: "none"}, {}, {}, {})
"""Annotations of new nodes: one is left out, one can't be asked until somebody mends it."""

_SIZES = [go_float(4096.0 * pages).encode() for pages in range(1_000, 200_000, 2_000)]


@dataclass(slots=True)
class _Pod:
    namespace: str
    name: str
    labels: dict[str, str]
    born: float
    share: float
    """Of a core, that each of its containers uses."""

    @property
    def key(self) -> PodKey:
        return self.namespace, self.name


@dataclass(slots=True)
class Node:
    name: str
    annotations: dict[str, str]
    pods: list[_Pod] = field(default_factory=list)
    ills: str = ""
    ill_periods: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    gaps: bytes | None = None
    """Its body without figures, until its pods change."""
    order: list[tuple[Key, _Pod]] = field(default_factory=list)


class Logged(NamedTuple):
    version: int
    resource: str
    frame: bytes


class World:
    """Changes once a period, and tells it as an API server's watches and kubelets' bodies do."""

    def __init__(self, nodes: int, pods: int, now: float, seed: int = 1) -> None:
        self.chance = Random(seed)
        self.log: deque[Logged] = deque()
        self._begins: deque[int] = deque(maxlen=LOGGED_PERIODS)
        self.version = 1
        self.nodes: dict[str, Node] = {}
        self._lost: Node | None = None
        self.gone_pods = self.gone_nodes = 0
        self._pods = pods
        self._serial = itertools.count(1)
        for _ in range(nodes):
            self._node_comes(now, {})

    def change(
        self, period: int, now: float, *, replaced: int, scattered: bool = False
    ) -> list[PodKey]:
        """One period's changes; `replaced` pods, `scattered` each into a namespace of its own.

        Returns the pods that have come in place of others.
        """
        come = []
        if period % NODE_CHANGE_PERIODS == 0:
            self._node_changes(now)
        for _ in range(replaced):
            node = self._any()
            self._pod_goes(node, self.chance.choice(node.pods))
            come.append(self._pod_comes(node, now, scattered=scattered))
        for _ in range(1 + replaced // 8):
            self._pod_changes(now)
        for _ in range(replaced if scattered else 1):
            self._node_says()
        self._health()
        return come

    def heal(self, now: float) -> None:
        """All nodes are there, and all is well."""
        if self._lost:
            self._node_changes(now)
        for node in self.nodes.values():
            node.ills = ""
            if node.annotations:
                node.annotations = {}
                self._tell_node("MODIFIED", node)

    def bookmark(self) -> None:
        """A period ends: what keeps a watch from looking dead, and what is forgotten."""
        self._begins.append(self.version)
        while self.log and self.log[0].version <= self._begins[0]:
            self.log.popleft()
        self.version += 1
        version = str(self.version)
        self._log("pods", wire.pod_bookmark(version))
        self._log("nodes", wire.line("BOOKMARK", wire.node_object(version=version)))

    def initial(self, resource: str) -> Iterator[bytes]:
        """All there is, as the events that begin a watch."""
        version = str(self.version)
        if resource == "pods":
            for node in (*self.nodes.values(), *filter(None, [self._lost])):
                for pod in node.pods:
                    yield self._pod_frame("ADDED", node, pod)
            yield wire.pod_bookmark(version, initial_end=True)
        else:
            for node in self.nodes.values():
                yield self._node_frame("ADDED", node)
            end = wire.node_object(
                version=version, annotations={"k8s.io/initial-events-end": "true"}
            )
            yield wire.line("BOOKMARK", end)

    def namespace(self) -> str:
        """One that lasts."""
        return f"team-{self.chance.randrange(NAMESPACES)}"

    def any_pod(self) -> PodKey:
        return self.chance.choice(self._any().pods).key

    def body(self, name: str, now: float) -> bytes:
        """What the kubelet of a node says; each look sees new figures and stamps."""
        node = self.nodes[name]
        if node.gaps is None:
            node.order = sorted(
                ((container, *pod.key), pod) for pod in node.pods for container in CONTAINERS
            )
            pods = sorted(pod.key for pod in node.pods)
            node.gaps = template([key for key, _ in node.order], (), pods, swap=False)
        return node.gaps % tuple(self._figures(node, now))

    def _figures(self, node: Node, now: float) -> Iterator[bytes | int]:
        """In the order of the gaps: of containers CPU, memory and start, then node and pods."""
        stamps = [int(now * 1000) - self.chance.randrange(2_000) for _ in node.order]
        last = int(now * 1000)
        for (_, pod), stamp in zip(node.order, stamps, strict=True):
            yield from (_cpu(pod, stamp), stamp)
        for stamp in stamps:
            yield from (self.chance.choice(_SIZES), stamp)
        for _, pod in node.order:
            yield go_float(pod.born).encode()
        yield from (go_float(round(now % 1e6, 6)).encode(), last, _SIZES[-1], last)
        pods = sorted(node.pods, key=lambda pod: pod.key)
        for pod in pods:
            yield from (_cpu(pod, last), last)
        for _ in pods:
            yield from (_SIZES[0], last)
        yield b"0"

    def _any(self) -> Node:
        return self.chance.choice(list(self.nodes.values()))

    def _node_changes(self, now: float) -> None:
        if self._lost is None:
            node = self._lost = self._any()
            del self.nodes[node.name]
            self.gone_nodes += 1
            self._tell_node("DELETED", node)
            return
        for pod in list(self._lost.pods):
            self._pod_goes(self._lost, pod)
        self._lost = None
        self._node_comes(now, self.chance.choice(_ODD))

    def _node_comes(self, now: float, annotations: dict[str, str]) -> None:
        name = f"node-{next(self._serial):08}"
        node = Node(name, annotations, labels={"kubernetes.io/hostname": name})
        self.nodes[name] = node
        self._tell_node("ADDED", node)
        for _ in range(self._pods):
            self._pod_comes(node, now)

    def _node_says(self) -> None:
        """A heartbeat of which we see nothing, or a new label."""
        node = self._any()
        node.labels["tidegauge.test/rev"] = str(self.chance.randrange(10**9))
        self._tell_node("MODIFIED", node)

    def _health(self) -> None:
        """About one node in twenty is ill."""
        for node in self.nodes.values():
            node.ill_periods -= 1
            if node.ill_periods <= 0:
                ill = self.chance.random() < 1 / (2 * ILL_PERIODS)
                node.ills = self.chance.choice(ILLNESSES) if ill else ""
                node.ill_periods = self.chance.randrange(1, ILL_PERIODS) if ill else 1

    def _pod_comes(self, node: Node, now: float, *, scattered: bool = False) -> PodKey:
        """A job's: its labels are its own."""
        number = next(self._serial)
        namespace = f"run-{number:08}" if scattered else self.namespace()
        labels = {"app": f"app-{number % 50}", "controller-uid": f"uid-{number:08}"}
        born = now - self.chance.randrange(3)
        pod = _Pod(namespace, f"job-{number:08}", labels, born, self.chance.uniform(0.001, 0.5))
        node.pods.append(pod)
        self._tell_pod("ADDED", node, pod)
        return pod.key

    def _pod_goes(self, node: Node, pod: _Pod) -> None:
        node.pods.remove(pod)
        self.gone_pods += 1
        self._tell_pod("DELETED", node, pod)

    def _pod_changes(self, now: float) -> None:
        """One restarts, another one gets a new label."""
        self.chance.choice(self._any().pods).born = now - 1
        node = self._any()
        pod = self.chance.choice(node.pods)
        pod.labels = {**pod.labels, "rev": str(self.chance.randrange(10**9))}
        self._tell_pod("MODIFIED", node, pod)

    def _tell_pod(self, kind: str, node: Node, pod: _Pod) -> None:
        if kind != "MODIFIED":
            node.gaps = None
        self.version += 1
        self._log("pods", self._pod_frame(kind, node, pod))

    def _tell_node(self, kind: str, node: Node) -> None:
        self.version += 1
        self._log("nodes", self._node_frame(kind, node))

    def _log(self, resource: str, frame: bytes) -> None:
        self.log.append(Logged(self.version, resource, frame))

    def _pod_frame(self, kind: str, node: Node, pod: _Pod) -> bytes:
        version = str(self.version)
        return wire.pod_event(
            kind, pod.name, pod.namespace, version=version, node=node.name, labels=pod.labels
        )

    def _node_frame(self, kind: str, node: Node) -> bytes:
        found = wire.node_object(
            node.name,
            version=str(self.version),
            labels=node.labels,
            annotations=node.annotations,
            addresses=[{"type": "InternalIP", "address": "10.0.0.1"}],
        )
        return wire.line(kind, found)


def _cpu(pod: _Pod, stamp: int) -> bytes:
    return go_float(round(max(0.0, stamp / 1000 - pod.born) * pod.share, 6)).encode()
