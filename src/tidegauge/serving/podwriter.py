"""Pods as they stand in lists: one by one, or all of a node at once for a list of all pods."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from tidegauge.cluster.records import Pod
from tidegauge.kubelet.samples import Layout
from tidegauge.serving.source import Entry, Source, pod_entry
from tidegauge.serving.written import Writer, Written
from tidegauge.usage.readings import NodeUsages

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_IDLE_ANSWERS = 6
"""After which a node's template goes: some recommenders of resources list all once a minute."""


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
