"""Nodes and pods as they stand in lists, written once for each answer of their nodes.

Lists come more often than answers where many clients read: then a list is little more than putting
together what is there, in a tenth of the time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

from tidegauge.cluster.records import Node, Pod
from tidegauge.kubelet.samples import Layout
from tidegauge.serving.source import Entry, Source, node_entry, pod_entry
from tidegauge.usage.readings import NodeUsages

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

R = TypeVar("R", Node, Pod)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_IDLE_ANSWERS = 6
"""After which a node's template goes: some recommenders of resources list all once a minute."""


class Written(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One item. It holds the record, so that nothing else can have that one's id meanwhile."""

    record: Node | Pod
    stamp_ms: int
    item: T


class Writer(Generic[R, T]):
    """Writes the items of one format.

    Written items are found by the record's identity: of whatever anything changes is a new record.
    """

    def __init__(self, source: Source, write: Callable[[Entry], T]) -> None:
        self._source = source
        self._write = write
        self._shelf: Shelf[Written[T]] = source.shelf()

    def written(self, records: Sequence[R]) -> list[Written[T]]:
        """The items of those records that have usage."""
        found = self._found(records)
        return self._gathered(records) if found is None else found

    def _found(self, records: Sequence[R]) -> list[Written[T]] | None:
        """The items, if all are written."""
        try:
            return list(map(self._shelf.made().__getitem__, map(id, records)))
        except KeyError:
            return None

    def _gathered(self, records: Sequence[R]) -> list[Written[T]]:
        """Those that are written, and the others made."""
        known = self._shelf.made()
        return [
            item
            for record in records
            if (item := known.get(id(record)) or self._new(record)) is not None
        ]

    def _new(self, record: R) -> Written[T] | None:
        entry = self._entry(record)
        if entry is None:
            return None
        written = Written(record, entry.stamp_ms, self._write(entry))
        self._shelf.put(self._node(record), {id(record): written})
        return written

    def _entry(self, record: R) -> Entry | None:
        """What is to be written, if there is usage."""
        raise NotImplementedError

    def _node(self, record: R) -> str:
        """The name of the node whose next answer ends what was written."""
        raise NotImplementedError


class NodeWriter(Writer[Node, T]):
    def _entry(self, record: Node) -> Entry | None:
        return node_entry(self._source, record)

    def _node(self, record: Node) -> str:
        return record.name


class Template(Protocol[T_co]):
    """All pods of a node in one format, with gaps for what changes from answer to answer."""

    @property
    def layout(self) -> Layout: ...

    @property
    def pods(self) -> Sequence[Pod]: ...

    @property
    def places(self) -> Sequence[int]:
        """Where each pod stands in the layout."""

    def filled(self, usages: NodeUsages) -> Sequence[T_co]:
        """The items of `pods`."""


NewTemplate = Callable[[Layout, Sequence[tuple[int, Pod]]], Template[T]]
"""Of the pods that are to be written, at least one: its place in the layout, and its record."""


class PodWriter(Writer[Pod, T]):
    """A list of all pods has those of a node written at once, by a template.

    Templates stay until no such list came for some answers: they take 400 bytes a pod.
    """

    def __init__(
        self, source: Source, write: Callable[[Entry], T], template: NewTemplate[T]
    ) -> None:
        super().__init__(source, write)
        self._template = template
        self._templates: dict[str, Template[T]] = {}
        self._idle: dict[str, int] = {}
        """How often a node with a template has answered since that was used."""
        self._filled: set[str] = set()
        """Nodes that have not answered since all of their pods were written."""
        source.subscribe(self._answered, self._gone)

    def all_written(self, chunks: Iterable[Sequence[Pod]]) -> Iterator[list[Written[T]]]:
        """The items of chunks that hold all pods; empty while nodes are written."""
        empty: set[str] = set()
        for pods in chunks:
            found = self._found(pods)
            if found is None:
                for node in {pod.node for pod in pods} - self._filled - empty:
                    if not self._write_all(node):
                        empty.add(node)  # for this list only: it may be gone, and never answer
                    yield []
                found = self.written(pods)
            yield found

    def _write_all(self, node: str) -> bool:
        """Whether the node has usage that can be written at once."""
        usages = self._source.pod_usages(node)
        if usages is None:
            return False
        self._filled.add(node)
        template = self._templates.get(node)
        if template is None or template.layout is not usages.layout:
            if not (pods := self._pods_of(node, usages.layout)):
                return True
            template = self._templates[node] = self._template(usages.layout, pods)
        self._idle[node] = 0
        items = zip(template.pods, template.places, template.filled(usages), strict=True)
        stamps = usages.stamps_ms
        written = {id(pod): Written(pod, stamps[place], item) for pod, place, item in items}
        self._shelf.put(node, written)
        return True

    def _new(self, record: Pod) -> Written[T] | None:
        """As it is; what is missing after a template was used, is in that as it was."""
        written = super()._new(record)
        if written is not None and record.node in self._filled:
            self._forget(record.node)
        return written

    def _entry(self, record: Pod) -> Entry | None:
        return pod_entry(self._source, record)

    def _node(self, record: Pod) -> str:
        return record.node

    def _pods_of(self, node: str, layout: Layout) -> list[tuple[int, Pod]]:
        found = enumerate(self._source.pod(*key) for key in layout.pods)
        return [(place, pod) for place, pod in found if pod is not None and pod.node == node]

    def _answered(self, node: str) -> None:
        self._filled.discard(node)
        if node in self._templates:
            self._idle[node] += 1
            if self._idle[node] > _IDLE_ANSWERS:
                self._forget(node)

    def _gone(self, node: str) -> None:
        self._filled.discard(node)
        self._forget(node)

    def _forget(self, node: str) -> None:
        if self._templates.pop(node, None) is not None:
            del self._idle[node]
