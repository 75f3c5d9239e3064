"""What the API reads: the caches of the API server's objects and the store, as one view."""

from collections.abc import Mapping, Sequence

from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.labels import decode_labels
from tidegauge.cluster.records import Node, Pod
from tidegauge.usage.readings import Usage
from tidegauge.usage.store import Store


class View:
    """Implements `serving.source.Source`."""

    def __init__(self, nodes: Nodes, pods: Pods, store: Store) -> None:
        self._nodes = nodes
        self._pods = pods
        self.node = nodes.get
        self.pod = pods.get
        self.node_usage = store.node_usage
        self.pod_usages = store.pod_usages
        self.shelf = store.shelf
        self.subscribe = store.subscribe
        self._store = store

    def nodes(self) -> Sequence[Node]:
        return self._nodes.all()

    def pods(self, namespace: str | None) -> Sequence[Pod]:
        return self._pods.all() if namespace is None else self._pods.namespace(namespace)

    def pod_usage(self, pod: Pod) -> Usage | None:
        return self._store.pod_usage(pod.namespace, pod.name, pod.node)

    def labels(self, raw: bytes) -> Mapping[str, str]:
        return decode_labels(raw)
