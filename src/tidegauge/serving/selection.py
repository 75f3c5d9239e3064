"""Which objects a list holds, looked at in chunks so that nobody waits long."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.options import ListOptions
from tidegauge.serving.source import Source
from tidegauge.units.selectors import FieldSelector, LabelSelector

_T = TypeVar("_T")

CHUNK = 256
"""Objects looked at in one step: about a millisecond of work."""

_REMEMBERED = 4
"""Pods in remembered selections, for each pod there is: a pod is seldom selected more often."""

_NAMESPACES = 1024
"""With remembered selections; the one that is longest unchanged makes room."""


class Selections:
    """Which pods label selectors choose, remembered until a pod comes, goes or changes.

    An HPA asks for the same ten of a namespace's thousands every fifteen seconds: to look at them
    all again takes longer than the rest of its list.
    """

    def __init__(self) -> None:
        self._known: dict[str | None, _Known] = {}

    def chunks(
        self, source: Source, namespace: str | None, selector: LabelSelector
    ) -> Iterator[Sequence[Pod]]:
        pods = source.pods(namespace)
        if selector.empty or not pods:
            return _chunked(pods)
        known = self._known.get(namespace)
        if known is None or known.pods is not pods:
            known = self._remember(namespace, pods)
        chosen = known.chosen.get(selector)
        return self._look(source, known, selector) if chosen is None else _chunked(chosen)

    def _remember(self, namespace: str | None, pods: Sequence[Pod]) -> "_Known":
        self._known.pop(namespace, None)
        while len(self._known) >= _NAMESPACES:
            del self._known[next(iter(self._known))]
        known = self._known[namespace] = _Known(pods)
        return known

    def _look(
        self, source: Source, known: "_Known", selector: LabelSelector
    ) -> Iterator[Sequence[Pod]]:
        matches = _label_test(source, [selector])
        every: list[Pod] = []
        for pods in _chunked(known.pods):
            chosen = [pod for pod in pods if matches(pod.labels)]
            every += chosen
            yield chosen
        known.add(selector, tuple(every))


class _Known:
    """What selectors choose of some pods."""

    def __init__(self, pods: Sequence[Pod]) -> None:
        self.pods = pods
        self.chosen: dict[LabelSelector, Sequence[Pod]] = {}
        self._room = _REMEMBERED * len(pods)

    def add(self, selector: LabelSelector, chosen: Sequence[Pod]) -> None:
        self._room -= len(chosen) + 1
        if self._room >= 0:
            self.chosen[selector] = chosen


def pod_chunks(
    source: Source, selections: Selections, namespace: str | None, options: ListOptions
) -> Iterator[Sequence[Pod]]:
    """The pods that are selected."""
    chunks = selections.chunks(source, namespace, options.labels)
    return _named(chunks, options.fields) if options.fields.terms else chunks


def _named(chunks: Iterator[Sequence[Pod]], fields: FieldSelector) -> Iterator[Sequence[Pod]]:
    for pods in chunks:
        yield [
            pod
            for pod in pods
            if fields.matches({"metadata.name": pod.name, "metadata.namespace": pod.namespace})
        ]


def node_chunks(
    source: Source, node_selector: LabelSelector, options: ListOptions
) -> Iterator[Sequence[Node]]:
    """The nodes that are selected, by the request and by the server's own selector."""
    fields = options.fields
    chunks = _chunked(source.nodes())
    # What was not asked for is not looked at: 15 % of a list.
    if options.labels.empty and node_selector.empty and fields.empty:
        return chunks
    matches = _label_test(source, [options.labels, node_selector])
    return (
        [
            node
            for node in nodes
            if matches(node.labels) and fields.matches({"metadata.name": node.name})
        ]
        for nodes in chunks
    )


def _label_test(source: Source, selectors: Sequence[LabelSelector]) -> Callable[[bytes], bool]:
    """A test of raw labels; equal labels, as the pods of a workload have, are looked at once."""
    asked = [selector for selector in selectors if not selector.empty]
    if not asked:
        return lambda _raw: True
    known: dict[bytes, bool] = {}

    def matches(raw: bytes) -> bool:
        verdict = known.get(raw)
        if verdict is None:
            labels = source.labels(raw)
            verdict = known[raw] = all(selector.matches(labels) for selector in asked)
        return verdict

    return matches


def _chunked(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
