"""Pods as they stand in lists, written once for each answer of their nodes.

Lists come more often than answers where many clients read: then a list is little more than putting
together what is there, in a tenth of the time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from tidegauge.cluster.records import Pod
from tidegauge.kubelet.samples import Layout
from tidegauge.serving import objects
from tidegauge.serving.nodetext import NodeText
from tidegauge.serving.source import Entry, Source

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

T = TypeVar("T")

_NONE: Mapping[int, Any] = {}

_IDLE_ANSWERS = 6
"""After which a node's text goes: some recommenders of resources list all pods once a minute."""


class Written(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One pod's item. It holds the pod, so that nothing else can have that one's id meanwhile."""

    pod: Pod
    stamp_ms: int
    item: T


class PodWriter(Generic[T]):
    """Writes the items of one format.

    Written items are found by the pod's identity: a pod of which anything changes is a new record.
    """

    def __init__(self, source: Source, write: Callable[[Entry], T]) -> None:
        self._source = source
        self._write = write
        self._shelf: Shelf[Written[T]] = source.shelf()

    def written(self, pods: Sequence[Pod]) -> list[Written[T]]:
        """The items of those pods that have usage."""
        found = self._found(pods)
        return self._gathered(pods) if found is None else found

    def _found(self, pods: Sequence[Pod]) -> list[Written[T]] | None:
        """The items, if all are written."""
        known = self._shelf.made()
        try:
            return [known[pod.node][id(pod)] for pod in pods]
        except KeyError:
            return None

    def _gathered(self, pods: Sequence[Pod]) -> list[Written[T]]:
        """Those that are written, and the others made."""
        known = self._shelf.made()
        return [
            item
            for pod in pods
            if (item := known.get(pod.node, _NONE).get(id(pod)) or self._new(pod)) is not None
        ]

    def _new(self, pod: Pod) -> Written[T] | None:
        usage = self._source.pod_usage(pod)
        if usage is None:
            return None
        item = self._write(Entry(pod.namespace, pod.name, pod.labels, usage))
        written = self._shelf.of(pod.node)[id(pod)] = Written(pod, usage.stamp_ms, item)
        return written


class JsonWriter(PodWriter[str]):
    """The same for JSON, where a list of all pods has those of a node written at once.

    The texts for that stay until no such list came for some answers: they take 400 bytes a pod.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source, objects.pod_json)
        self._texts: dict[str, NodeText] = {}
        self._filled: set[str] = set()
        """Nodes that have not answered since all of their pods were written."""
        source.subscribe(self._answered)

    def all_written(self, chunks: Iterable[Sequence[Pod]]) -> Iterator[list[Written[str]]]:
        """The items of chunks that hold all pods; empty while nodes are written."""
        for pods in chunks:
            found = self._found(pods)
            if found is None:
                for node in {pod.node for pod in pods} - self._filled:
                    self._write_all(node)
                    yield []
                found = self.written(pods)
            yield found

    def _write_all(self, node: str) -> None:
        self._filled.add(node)
        usages = self._source.pod_usages(node)
        if usages is None:
            return
        text = self._texts.get(node)
        if text is None or text.layout is not usages.layout:
            if not (pods := self._pods_of(node, usages.layout)):
                return
            text = self._texts[node] = NodeText(usages.layout, pods)
        text.idle = 0
        items = self._shelf.of(node)
        for pod, place, item in zip(text.pods, text.places, text.filled(usages), strict=True):
            items[id(pod)] = Written(pod, usages.stamps_ms[place], item)

    def _new(self, pod: Pod) -> Written[str] | None:
        """As it is; what is missing after a text was used, is in that text as it was."""
        written = super()._new(pod)
        if written is not None and pod.node in self._filled:
            self._texts.pop(pod.node, None)
        return written

    def _pods_of(self, node: str, layout: Layout) -> list[tuple[int, Pod]]:
        found = enumerate(self._source.pod(*key) for key in layout.pods)
        return [(place, pod) for place, pod in found if pod is not None and pod.node == node]

    def _answered(self, node: str) -> None:
        self._filled.discard(node)
        if text := self._texts.get(node):
            text.idle += 1
            if text.idle > _IDLE_ANSWERS:
                del self._texts[node]
