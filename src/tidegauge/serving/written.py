"""Nodes and pods as they stand in lists, written once for each answer of their nodes.

Lists come more often than answers where many clients read: then a list is little more than putting
together what is there, in a tenth of the time.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.source import Entry, Source, node_entry

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

R = TypeVar("R", Node, Pod)
T = TypeVar("T")


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
