"""Objects as JSON, decoded by msgspec into only the fields that are declared."""

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

from tidegauge.cluster.errors import Status
from tidegauge.cluster.events import BOOKMARK, ERROR, INITIAL_EVENTS_END, Event, Page, R
from tidegauge.cluster.frames import LineSplitter


class ObjectMeta(msgspec.Struct, rename="camel"):
    """A `meta/v1` ObjectMeta, as far as somebody reads it."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = ""
    labels: msgspec.Raw = msgspec.Raw(b"{}")
    annotations: dict[str, str] = {}


class JsonObject(msgspec.Struct):
    """To be extended by the fields of a kind, all with defaults: bookmarks have none of them."""

    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)


class Metadata(Protocol):
    @property
    def resource_version(self) -> str: ...

    @property
    def annotations(self) -> Mapping[str, str]: ...


class Versioned(Protocol):
    """What lists and watches need of an object; all of it with defaults, as in `JsonObject`."""

    @property
    def metadata(self) -> Metadata: ...


O = TypeVar("O", bound=Versioned)  # noqa: E741  (an object, beside R for its record)


class _Event(msgspec.Struct):
    """What the object is, the type says: an ERROR's is a Status, whose `status` is a text."""

    type: str
    object: msgspec.Raw


_EVENTS = msgspec.json.Decoder(_Event)


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct, Generic[O]):
    metadata: _ListMeta
    items: list[O] | None = None


class JsonForm(Generic[O, R]):
    """Lists and watches of objects of `kind`, each kept as the record that `keep` makes of it."""

    list_type = "application/json"
    watch_type = "application/json"

    def __init__(self, kind: type[O], keep: Callable[[O], R]) -> None:
        self._keep = keep
        self._objects = msgspec.json.Decoder(kind)
        self._lists = msgspec.json.Decoder(_List[kind])  # type: ignore[valid-type]  # a variable

    def splitter(self) -> LineSplitter:
        return LineSplitter()

    def event(self, frame: bytes) -> Event[R]:
        event = _EVENTS.decode(frame)
        if event.type == ERROR:
            return Event(ERROR, "", status=msgspec.json.decode(event.object, type=Status))
        found = self._objects.decode(event.object)
        meta = found.metadata
        if event.type == BOOKMARK:
            end = meta.annotations.get(INITIAL_EVENTS_END) == "true"
            return Event(BOOKMARK, meta.resource_version, initial_end=end)
        return Event(event.type, meta.resource_version, self._keep(found))

    def page(self, body: bytes) -> Page[R]:
        page: _List[O] = self._lists.decode(body)
        records = [self._keep(item) for item in page.items or ()]
        return Page(records, page.metadata.resource_version, page.metadata.continue_)
