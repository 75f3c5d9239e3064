"""Which objects a list holds, looked at in chunks so that nobody waits long."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.options import ListOptions
from tidegauge.serving.source import Entry, Source
from tidegauge.units.selectors import LabelSelector

_T = TypeVar("_T")

CHUNK = 256
"""Objects looked at in one step: about a millisecond of work."""


def pod_chunks(
    source: Source, namespace: str | None, options: ListOptions
) -> Iterator[list[Entry]]:
    """The pods that are selected and have usage."""
    matches = _label_test(source, [options.labels])
    fields = options.fields
    named = not fields.empty
    labelled = not options.labels.empty

    def called_so(pod: Pod) -> bool:
        return fields.matches({"metadata.name": pod.name, "metadata.namespace": pod.namespace})

    # What was not asked for is not looked at: skipping a pod by its labels takes a quarter of the
    # time, and HPA's list 5 % less.
    for pods in _chunked(source.pods(namespace)):
        yield [
            Entry(pod.namespace, pod.name, pod.labels, usage)
            for pod in pods
            if (not labelled or matches(pod.labels))
            and (not named or called_so(pod))
            and (usage := source.pod_usage(pod)) is not None
        ]


def node_chunks(
    source: Source, node_selector: LabelSelector, options: ListOptions
) -> Iterator[list[Entry]]:
    """The nodes that are selected, by the request and by the server's own selector."""
    matches = _label_test(source, [options.labels, node_selector])

    def selected(node: Node) -> bool:
        return options.fields.matches({"metadata.name": node.name}) and matches(node.labels)

    for nodes in _chunked(source.nodes()):
        yield [
            Entry("", node.name, node.labels, usage)
            for node in nodes
            if selected(node) and (usage := source.node_usage(node.name)) is not None
        ]


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
