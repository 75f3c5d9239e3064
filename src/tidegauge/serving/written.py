"""Pods as they stand in lists, written once for each answer of their nodes.

Lists come more often than answers where many clients read: then a list is little more than putting
together what is there, in a twentieth of the time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from tidegauge.cluster.records import Pod
from tidegauge.serving.source import Entry, Source

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

T = TypeVar("T")


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
        known = self._shelf.made()
        try:
            return [known[pod.node][id(pod)] for pod in pods]
        except KeyError:
            return [item for pod in pods if (item := self._item(known, pod)) is not None]

    def _item(self, known: Mapping[str, Mapping[int, Written[T]]], pod: Pod) -> Written[T] | None:
        items = known.get(pod.node)
        found = items.get(id(pod)) if items else None
        if found is None and (usage := self._source.pod_usage(pod)) is not None:
            item = self._write(Entry(pod.namespace, pod.name, pod.labels, usage))
            found = self._shelf.of(pod.node)[id(pod)] = Written(pod, usage.stamp_ms, item)
        return found
