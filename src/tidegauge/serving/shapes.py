"""The shapes a list can have: the objects themselves, a Table, or their metadata alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from tidegauge.serving import objectmessages, objects, protobuf, table
from tidegauge.serving.objects import KINDS, api_version
from tidegauge.serving.source import Entry
from tidegauge.serving.written import Written

T = TypeVar("T")
WriteItem = Callable[[T], bytes]
"""An item's JSON, or its message as a field of a list."""

ITEM_JSON: Mapping[str, Callable[[Entry], str]] = {
    "nodes": objects.node_json,
    "pods": objects.pod_json,
}
ITEM_MESSAGE: Mapping[str, WriteItem[Entry]] = {
    "nodes": objectmessages.node_message,
    "pods": objectmessages.pod_message,
}


class Opened(NamedTuple, Generic[T]):
    """What the first object decides: the fields before the list, and how items are written."""

    head: Mapping[str, Any]
    item: WriteItem[T]


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """One kind of list. `key` names the list itself, `empty` is what stands for it without items.

    `message` writes an item as a field of the protobuf list, where a Table has none; `item_field`
    is its number, and the list's own metadata has the other of 1 and 2.
    """

    api_version: str
    kind: str
    key: str
    empty: Mapping[str, Any]
    open: Callable[[T], Opened[T]]
    message: WriteItem[T] | None = None
    item_field: int = 2


def object_list(resource: str, version: str) -> Shape[Entry]:
    return _objects(resource, version, encoded(ITEM_JSON[resource]), ITEM_FIELD[resource])


def encoded(write: Callable[[Entry], str]) -> WriteItem[Entry]:
    return lambda entry: write(entry).encode()


def written_list(resource: str, version: str) -> Shape[Written]:
    """Objects whose items are written already, in the list's format."""
    return _objects(resource, version, _item, _item)


def node_field(entry: Entry) -> bytes:
    """A node as a field of a list."""
    return protobuf.chunk(2, objectmessages.node_message(entry))


def pod_field(entry: Entry) -> bytes:
    """A pod as a field of a list."""
    return protobuf.chunk(2, objectmessages.pod_message(entry))


ITEM_FIELD: Mapping[str, WriteItem[Entry]] = {"nodes": node_field, "pods": pod_field}
_item = attrgetter("item")


def _objects(resource: str, version: str, item: WriteItem[T], message: WriteItem[T]) -> Shape[T]:
    opened = Opened({}, item)
    kind = f"{KINDS[resource]}List"
    empty: dict[str, Any] = {"items": []}
    return Shape(api_version(version), kind, "items", empty, lambda _first: opened, message)


def metadata_list(meta_version: str) -> Shape[Entry]:
    opened = Opened[Entry]({}, encoded(lambda entry: table.partial_json(entry, meta_version)))
    item_field = 1 if meta_version == "meta.k8s.io/v1beta1" else 2
    return Shape(
        meta_version,
        "PartialObjectMetadataList",
        "items",
        {"items": None},
        lambda _first: opened,
        lambda entry: protobuf.chunk(item_field, objectmessages.partial_message(entry)),
        item_field,
    )


def table_of(resource: str, version: str, meta_version: str, include: str) -> Shape[Entry]:
    """A Table whose rows carry no object, its metadata, or all of it."""
    carried: Mapping[str, Callable[[Entry], str]] = {
        "None": lambda _entry: "null",
        "Metadata": lambda entry: table.partial_json(entry, meta_version),
        "Object": lambda entry: object_json(resource, version, entry),
    }
    carry = carried[include]

    def opened(first: Entry) -> Opened[Entry]:
        resources = table.resource_columns(first)

        def row(entry: Entry) -> str:
            return f'{{"cells":{table.cells_json(entry, resources)},"object":{carry(entry)}}}'

        return Opened({"columnDefinitions": table.column_definitions(resources)}, encoded(row))

    return Shape(meta_version, "Table", "rows", {"columnDefinitions": None, "rows": None}, opened)


def object_json(resource: str, version: str, entry: Entry) -> str:
    """One object as it stands alone."""
    return objects.typed(KINDS[resource], api_version(version), ITEM_JSON[resource](entry))
