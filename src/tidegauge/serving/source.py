"""What the API reads: objects by their API server's word, usage by the store's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from tidegauge.cluster.records import Node, Pod
from tidegauge.usage.readings import NodeUsages, Usage
from tidegauge.usage.shelf import Shelf


class Source(Protocol):
    """A view that answers at once; what it returns is not changed by whoever reads it."""

    def nodes(self) -> Sequence[Node]:
        """All nodes, sorted by name."""

    def node(self, name: str) -> Node | None: ...

    def pods(self, namespace: str | None) -> Sequence[Pod]:
        """The running pods of one namespace or of all, sorted by namespace and name."""

    def pod(self, namespace: str, name: str) -> Pod | None: ...

    def node_usage(self, name: str) -> Usage | None: ...

    def pod_usage(self, pod: Pod) -> Usage | None: ...

    def pod_usages(self, node: str) -> NodeUsages | None:
        """That of all pods of a node at once, where nothing there is out of the ordinary."""

    def subscribe(self, answered: Callable[[str], None], gone: Callable[[str], None]) -> None:
        """Call these with the name of each node that has answered, or is gone."""

    def shelf(self) -> Shelf[Any]:
        """A new place for what is made of the usage of nodes and their pods."""

    def labels(self, raw: bytes) -> Mapping[str, str]:
        """Labels read from their JSON object."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One object to be served; `namespace` is empty for a node."""

    namespace: str
    name: str
    labels: bytes
    usage: Usage

    @property
    def stamp(self) -> float:
        """The kubelet's time of its usage, in seconds since the epoch."""
        return self.usage.stamp_ms / 1000


def node_entry(source: Source, node: Node) -> Entry | None:
    """None while the node has no usage."""
    usage = source.node_usage(node.name)
    return Entry("", node.name, node.labels, usage) if usage else None


def pod_entry(source: Source, pod: Pod) -> Entry | None:
    """None while the pod has no usage."""
    usage = source.pod_usage(pod)
    return Entry(pod.namespace, pod.name, pod.labels, usage) if usage else None
