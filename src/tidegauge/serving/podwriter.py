"""Pods as they stand in lists: one by one, or all of a node at once for a list of all pods."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

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


@dataclass(slots=True)
class _Kept(Generic[T]):
    template: Template[T]
    idle: int = 0
    """How often the node has answered since it was used."""


class PodWriter(Writer[Pod, T]):
    """A list of all pods has those of a node written at once, by a template.

    Templates stay until no such list came for some answers: in JSON they take 400 bytes a pod.
    """

    def __init__(
        self, source: Source, write: Callable[[Entry], T], template: NewTemplate[T]
    ) -> None:
        super().__init__(source, write, pod_entry, attrgetter("node"))
        self._new_template = template
        self._kept: dict[str, _Kept[T]] = {}
        self._filled: set[str] = set()
        """Nodes that have not answered since all of their pods were written."""
        source.subscribe(self._answered, self._gone)

    def all_written(self, chunks: Iterable[Sequence[Pod]]) -> Iterator[list[Written[T]]]:
        """The items of chunks that hold all pods; empty while nodes are written."""
        looked_at: set[str] = set()
        for pods in chunks:
            found = self._found(pods)
            if found is None:
                for node in {pod.node for pod in pods} - looked_at:
                    looked_at.add(node)
                    if node not in self._filled:  # another list may have come between
                        self._write_all(node)
                        yield []
                found = self.written(pods)
            yield found

    def _write_all(self, node: str) -> None:
        """Write what the node has, if that can be done at once."""
        usages = self._source.pod_usages(node)
        if usages is None:
            return
        self._filled.add(node)
        if (template := self._template(node, usages.layout)) is None:
            return
        stamps = usages.stamps_ms
        items = zip(template.pods, template.places, template.filled(usages), strict=True)
        written = {id(pod): Written(pod, stamps[place], item) for pod, place, item in items}
        self._shelf.put(node, written)

    def _template(self, node: str, layout: Layout) -> Template[T] | None:
        """None for a node without pods that we know."""
        kept = self._kept.get(node)
        if kept is None or kept.template.layout is not layout:
            if not (pods := self._pods_of(node, layout)):
                return None
            kept = self._kept[node] = _Kept(self._new_template(layout, pods))
        kept.idle = 0
        return kept.template

    def _new(self, record: Pod) -> Written[T] | None:
        """As it is; what is missing after a template was used, is in that as it was."""
        written = super()._new(record)
        if written is not None and record.node in self._filled:
            self._kept.pop(record.node, None)
        return written

    def _pods_of(self, node: str, layout: Layout) -> list[tuple[int, Pod]]:
        found = enumerate(self._source.pod(*key) for key in layout.pods)
        return [(place, pod) for place, pod in found if pod is not None and pod.node == node]

    def _answered(self, node: str) -> None:
        self._filled.discard(node)
        if kept := self._kept.get(node):
            kept.idle += 1
            if kept.idle > _IDLE_ANSWERS:
                del self._kept[node]

    def _gone(self, node: str) -> None:
        self._filled.discard(node)
        self._kept.pop(node, None)
