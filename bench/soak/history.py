"""What the API server says: all pods or nodes that there are, and what has changed of late."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bench.soak.nodes import Node, Pod
from tests.cluster import wire

LOGGED_PERIODS = 5
"""As far back a watch may begin; who was away for longer has to list anew."""


class Logged(NamedTuple):
    version: int
    resource: str
    frame: bytes


class History:
    """Events as watches give them, the oldest first."""

    def __init__(self) -> None:
        self.version = 1
        self.log: deque[Logged] = deque()
        self._begins: deque[int] = deque(maxlen=LOGGED_PERIODS)

    def pod(self, kind: str, node: Node, pod: Pod) -> None:
        self.version += 1
        self._log("pods", self._pod_frame(kind, node, pod))

    def node(self, kind: str, node: Node) -> None:
        self.version += 1
        self._log("nodes", self._node_frame(kind, node))

    def bookmark(self) -> None:
        """A period ends: what keeps a watch from looking dead, and what is forgotten."""
        self._begins.append(self.version)
        while self.log and self.log[0].version <= self._begins[0]:
            self.log.popleft()
        self.version += 1
        version = str(self.version)
        self._log("pods", wire.pod_bookmark(version))
        self._log("nodes", wire.line("BOOKMARK", wire.node_object(version=version)))

    def pods(self, nodes: Iterable[Node]) -> Iterator[bytes]:
        """All pods of the nodes, as the events that begin a watch."""
        for node in nodes:
            for pod in node.pods:
                yield self._pod_frame("ADDED", node, pod)
        yield wire.pod_bookmark(str(self.version), initial_end=True)

    def nodes(self, nodes: Iterable[Node]) -> Iterator[bytes]:
        """The nodes, as the events that begin a watch."""
        for node in nodes:
            yield self._node_frame("ADDED", node)
        ends = {"k8s.io/initial-events-end": "true"}
        yield wire.line("BOOKMARK", wire.node_object(version=str(self.version), annotations=ends))

    def _log(self, resource: str, frame: bytes) -> None:
        self.log.append(Logged(self.version, resource, frame))

    def _pod_frame(self, kind: str, node: Node, pod: Pod) -> bytes:
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
