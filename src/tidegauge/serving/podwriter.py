"""Pods as they stand in lists: one by one, or all of a node at once for a list of all pods."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from tidegauge.cluster.records import Pod
from tidegauge.kubelet.samples import Layout
from tidegauge.serving.source import Entry, Source, pod_entry
from tidegauge.serving.written import Writer, Written
from tidegauge.usage.readings import NodeUsages

_IDLE_ANSWERS = 6
"""After which a node's template goes: some recommenders of resources list all once a minute."""


class Template(Protocol):
    """All pods of a node in one format, with gaps for what changes from answer to answer."""

    @property
    def layout(self) -> Layout: ...

    @property
    def pods(self) -> Sequence[Pod]: ...

    @property
    def places(self) -> Sequence[int]:
        """Where each pod stands in the layout."""

    def filled(self, usages: NodeUsages) -> Sequence[bytes]:
        """The items of `pods`."""


NewTemplate = Callable[[Layout, Sequence[tuple[int, Pod]]], Template]
"""Of the pods that are to be written, at least one: its place in the layout, and its record."""


@dataclass(slots=True)
class _Kept:
    template: Template
    idle: int = 0
    """How often the node has answered since it was used."""


class PodWriter(Writer[Pod]):
    """A list of all pods has those of a node written at once, by a template.

    Templates stay until no such list came for some answers: in JSON they take 400 bytes a pod.
    """

    def __init__(
        self, source: Source, write: Callable[[Entry], bytes], template: NewTemplate
    ) -> None:
        super().__init__(source, write, pod_entry, attrgetter("node"))
        self._new_template = template
        self._kept: dict[str, _Kept] = {}
        self._filled: set[str] = set()
        """Nodes that have not answered since all of their pods were written."""
        source.subscribe(self._answered, self._gone)

    def all_written(self, chunks: Iterable[Sequence[Pod]]) -> Iterator[list[Written]]:
        """The items of chunks that hold all pods; empty while nodes are written."""
        unwritten: set[str] = set()
        """Nodes that cannot be written at once: they are not tried again in this list."""
        for pods in chunks:
            found = self._found(pods)
            if found is None:
                known = self._shelf.made()
                missing = {pod.node for pod in pods if id(pod) not in known}
                for node in missing - self._filled - unwritten:
                    # Another list may have written it since the set was made.
                    if node not in self._filled and not self._write_all(node):
                        unwritten.add(node)
                    yield []
                found = self.written(pods)
            yield found

    def _write_all(self, node: str) -> bool:
        """Whether what the node has could be written at once."""
        usages = self._source.pod_usages(node)
        if usages is None:
            return False
        self._filled.add(node)
        if template := self._template(node, usages.layout):
            stamps = usages.stamps_ms
            items = zip(template.pods, template.places, template.filled(usages), strict=True)
            self._shelf.put(
                node,
                {id(pod): Written(pod, stamps[place] / 1000, item) for pod, place, item in items},
            )
        return True

    def _template(self, node: str, layout: Layout) -> Template | None:
        """None for a node without pods that we know."""
        kept = self._kept.get(node)
        if kept is None or kept.template.layout is not layout:
            if not (pods := self._pods_of(node, layout)):
                return None
            kept = self._kept[node] = _Kept(self._new_template(layout, pods))
        kept.idle = 0
        return kept.template

    def _new(self, record: Pod) -> Written | None:
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
