"""What lists and watches say, whatever the wire format: pages of records, and events."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec

from tidegauge.cluster.errors import Status

ADDED, MODIFIED, DELETED, BOOKMARK, ERROR = "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""Annotation of the bookmark after the last of the initial events (KEP-3157)."""


DAMAGED = (ValueError, IndexError, msgspec.MsgspecError)
"""What reading damaged bytes raises."""


class Record(Protocol):
    """What is kept of an object."""

    @property
    def key(self) -> Hashable: ...


R = TypeVar("R", bound=Record)


class Event(msgspec.Struct, Generic[R], gc=False):
    """One event of a watch. `record` is None for bookmarks and errors, `status` else."""

    kind: str
    version: str
    """The resource version to go on from."""
    record: R | None = None
    initial_end: bool = False
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of a list; `next_token` is empty on the last."""

    records: Sequence[R]
    version: str
    next_token: str = ""


class Splitter(Protocol):
    """Cuts a stream's chunks into whole frames. Raises ValueError for one that is too long."""

    def feed(self, chunk: bytes) -> list[bytes]: ...


class Form(Protocol[R]):
    """How one kind of object is asked for, and read. Reading raises one of DAMAGED."""

    list_type: str
    watch_type: str

    def splitter(self) -> Splitter: ...

    def event(self, frame: bytes) -> Event[R]: ...

    def page(self, body: bytes) -> Page[R]: ...


@dataclass(frozen=True, slots=True)
class Resource(Generic[R]):
    """A kind of object: where it is found, and how it is read."""

    name: str
    path: str
    form: Form[R]
    params: Mapping[str, str] = field(default_factory=dict)
    fallback: Form[R] | None = None
    """Read too, for servers that do not have the form we like best."""

    @property
    def forms(self) -> tuple[Form[R], ...]:
        return (self.form, self.fallback) if self.fallback else (self.form,)

    def form_of(self, content_type: str) -> Form[R] | None:
        """The form of an answer, or None when it is none that was asked for."""
        fitting = (form for form in self.forms if content_type.startswith(form.list_type))
        return next(fitting, None)
