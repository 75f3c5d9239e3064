"""The state machine of an informer: pages and events in, changes of a store out. No I/O.

    state      what comes            what it does                               next
    listing    a record              put it, and note that it still exists      listing
    listing    the list's end        remove what was not noted, remember        watching
                                     the list's version
    watching   added, modified       put it, remember its version               watching
    watching   deleted               remove it, remember its version            watching
    watching   a bookmark            remember its version                       watching
    any        begin a list          forget the version                         listing

While listing, versions of single objects mean nothing: they come in no order. Objects stay in the
store until a whole list has shown that they are gone, so readers keep what was last known.
"""

from collections.abc import Hashable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from tidegauge.cluster.events import BOOKMARK, DELETED, Event, R, Record

Kept_contra = TypeVar("Kept_contra", bound=Record, contravariant=True)


class Store(Protocol[Kept_contra]):
    """Where the objects are kept, by their record's key."""

    synced: bool
    """Set once the first list is complete."""

    def keys(self) -> Iterable[Hashable]: ...

    def put(self, record: Kept_contra, /) -> None: ...

    def remove(self, key: Any, /) -> None: ...


class Reflection(Generic[R]):
    """Keeps `store` equal to what the API server says."""

    def __init__(self, store: Store[R]) -> None:
        self._store = store
        self._unseen: set[Hashable] | None = None
        self.version = ""
        """Where to go on watching; empty when a list is needed."""

    @property
    def listing(self) -> bool:
        return self._unseen is not None

    def begin_list(self) -> None:
        self.version = ""
        self._unseen = set(self._store.keys())

    def put(self, records: Iterable[R]) -> None:
        """Objects that exist."""
        for record in records:
            self._store.put(record)
            if self._unseen:
                self._unseen.discard(record.key)

    def end_list(self, version: str) -> None:
        for key in self._unseen or ():
            self._store.remove(key)
        self._unseen = None
        self.version = version
        self._store.synced = True

    def apply(self, event: Event[R]) -> None:
        """Any event but an error."""
        if event.initial_end and self.listing:
            self.end_list(event.version)
        elif event.kind == DELETED and event.record:
            self._store.remove(event.record.key)
        elif event.kind != BOOKMARK and event.record:
            self.put((event.record,))
        if not self.listing:
            self.version = event.version
