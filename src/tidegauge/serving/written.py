"""Nodes and pods as they stand in lists, written once for each answer of their nodes.

Lists come more often than answers where many clients read: then a list is little more than putting
together what is there, in a tenth of the time.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from tidegauge.cluster.records import Node, Pod
from tidegauge.serving.source import Entry, Source

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

R = TypeVar("R", bound=Node | Pod)


class Written(msgspec.Struct, frozen=True, gc=False):
    """An item as it stands in a list. It holds the record: so nothing else gets that one's id."""

    record: Node | Pod
    stamp: float
    """The kubelet's time of the usage, in seconds since the epoch."""
    item: bytes


class Writer(Generic[R]):
    """Writes the items of one format.

    Written items are found by the record's identity: of whatever anything changes is a new record.
    """

    def __init__(
        self,
        source: Source,
        write: Callable[[Entry], bytes],
        entry_of: Callable[[Source, R], Entry | None],
        node_of: Callable[[R], str],
    ) -> None:
        """`entry_of` gives what is to be written of a record that has usage, `node_of` the name of
        the node whose next answer ends what was written.
        """
        self._source = source
        self._write = write
        self._entry_of = entry_of
        self._node_of = node_of
        self._shelf: Shelf[Written] = source.shelf()

    def written(self, records: Sequence[R]) -> list[Written]:
        """The items of those records that have usage."""
        found = self._found(records)
        return self._gathered(records) if found is None else found

    def _found(self, records: Sequence[R]) -> list[Written] | None:
        """The items, if all are written."""
        try:
            return list(map(self._shelf.made().__getitem__, map(id, records)))
        except KeyError:
            return None

    def _gathered(self, records: Sequence[R]) -> list[Written]:
        """Those that are written, and the others made."""
        known = self._shelf.made()
        return [
            item
            for record in records
            if (item := known.get(id(record)) or self._new(record)) is not None
        ]

    def _new(self, record: R) -> Written | None:
        entry = self._entry_of(self._source, record)
        if entry is None:
            return None
        written = Written(record, entry.stamp, self._write(entry))
        self._shelf.put(self._node_of(record), {id(record): written})
        return written
