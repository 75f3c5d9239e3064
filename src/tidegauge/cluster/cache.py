"""The nodes and running pods of the cluster as last heard, sorted when somebody reads them.

Informers write, everybody else reads, all in one thread. What readers get is a tuple that stays as
it is while the cache goes on, so a long answer can be made in slices. It is kept until something
of it changes; an object that changes in ways we do not keep, such as a heartbeat, changes nothing.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from operator import attrgetter
from typing import TypeAlias

from tidegauge.cluster.records import Node, Pod

NodeListener: TypeAlias = Callable[[Node | None, Node | None], None]
"""Told the node before and after: None before when added, None after when removed."""

_by_name = attrgetter("name")


class Nodes:
    """All nodes. `synced` once the first list is complete; from then on it stays true."""

    def __init__(self) -> None:
        self.synced = False
        self._nodes: dict[str, Node] = {}
        self._sorted: tuple[Node, ...] | None = None
        self._listeners: list[NodeListener] = []

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, name: str) -> Node | None:
        return self._nodes.get(name)

    def all(self) -> tuple[Node, ...]:
        """Sorted by name."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self._nodes.values(), key=_by_name))
        return self._sorted

    def subscribe(self, listener: NodeListener) -> None:
        """Call `listener` for each node there is, then at each change."""
        for node in self.all():
            listener(None, node)
        self._listeners.append(listener)

    def keys(self) -> Iterable[str]:
        return self._nodes.keys()

    def put(self, node: Node) -> None:
        self._set(node.name, node)

    def remove(self, name: str) -> None:
        self._set(name, None)

    def _set(self, name: str, node: Node | None) -> None:
        before = self._nodes.get(name)
        if before == node:
            return
        if node is None:
            del self._nodes[name]
        else:
            self._nodes[name] = node
        self._sorted = None
        for listener in self._listeners:
            listener(before, node)


class Pods:
    """All running pods. `synced` once the first list is complete; from then on it stays true.

    A pod costs its record, its name and a few slots here, see bench/informer.py.
    """

    def __init__(self) -> None:
        self.synced = False
        self._pods: dict[str, dict[str, Pod]] = {}
        self._sorted: dict[str, tuple[Pod, ...]] = {}
        self._all: tuple[Pod, ...] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._pods.values()))

    def get(self, namespace: str, name: str) -> Pod | None:
        pods = self._pods.get(namespace)
        return pods.get(name) if pods else None

    def node_of(self, namespace: str, name: str) -> str | None:
        """The node that the API server placed a running pod on; None when it knows no such pod."""
        pod = self.get(namespace, name)
        return pod.node if pod else None

    def namespace(self, name: str) -> tuple[Pod, ...]:
        """The pods of one namespace, sorted by name."""
        found = self._sorted.get(name)
        if found is None:
            found = self._sort(name) if name in self._pods else ()
        return found

    def all(self) -> tuple[Pod, ...]:
        """Sorted by namespace, then name."""
        if self._all is None:
            self._all = tuple(chain.from_iterable(map(self.namespace, sorted(self._pods))))
        return self._all

    def keys(self) -> Iterable[tuple[str, str]]:
        return ((namespace, name) for namespace, pods in self._pods.items() for name in pods)

    def put(self, pod: Pod) -> None:
        pods = self._pods.setdefault(pod.namespace, {})
        if pods.get(pod.name) != pod:
            pods[pod.name] = pod
            self._changed(pod.namespace)

    def remove(self, key: tuple[str, str]) -> None:
        namespace, name = key
        pods = self._pods.get(namespace, {})
        if pods.pop(name, None):
            self._changed(namespace)
        if not pods:
            self._pods.pop(namespace, None)

    def _changed(self, namespace: str) -> None:
        self._sorted.pop(namespace, None)
        self._all = None

    def _sort(self, namespace: str) -> tuple[Pod, ...]:
        found = tuple(sorted(self._pods[namespace].values(), key=_by_name))
        # In this order the next sort has little to do: it is twenty times faster on sorted input.
        self._pods[namespace] = {pod.name: pod for pod in found}
        self._sorted[namespace] = found
        return found
