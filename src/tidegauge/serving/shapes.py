"""The shapes a list can have: the objects themselves, a Table, or their metadata alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidegauge.serving import objects, table
from tidegauge.serving.objects import KINDS, api_version
from tidegauge.serving.source import Entry

WriteItem = Callable[[Entry], str]

ITEM_JSON: Mapping[str, WriteItem] = {"nodes": objects.node_json, "pods": objects.pod_json}
ITEM_MESSAGE: Mapping[str, Callable[[Entry], bytes]] = {
    "nodes": objects.node_message,
    "pods": objects.pod_message,
}


class Opened(NamedTuple):
    """What the first object decides: the fields before the list, and how items are written."""

    head: Mapping[str, Any]
    item: WriteItem


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of list. `key` names the list itself, `empty` is what stands for it without items.

    `message` writes an item as protobuf, where a Table has none; `item_field` is the number of the
    items' field, and the list's own metadata has the other of 1 and 2.
    """

    api_version: str
    kind: str
    key: str
    empty: Mapping[str, Any]
    open: Callable[[Entry], Opened]
    message: Callable[[Entry], bytes] | None = None
    item_field: int = 2


def object_list(resource: str, version: str) -> Shape:
    opened = Opened({}, ITEM_JSON[resource])
    return Shape(
        api_version(version),
        f"{KINDS[resource]}List",
        "items",
        {"items": []},
        lambda _first: opened,
        ITEM_MESSAGE[resource],
    )


def metadata_list(meta_version: str) -> Shape:
    opened = Opened({}, lambda entry: table.partial_json(entry, meta_version))
    return Shape(
        meta_version,
        "PartialObjectMetadataList",
        "items",
        {"items": None},
        lambda _first: opened,
        objects.partial_message,
        item_field=1 if meta_version == "meta.k8s.io/v1beta1" else 2,
    )


def table_of(resource: str, version: str, meta_version: str, include: str) -> Shape:
    """A Table whose rows carry no object, its metadata, or all of it."""
    carried: Mapping[str, WriteItem] = {
        "None": lambda _entry: "null",
        "Metadata": lambda entry: table.partial_json(entry, meta_version),
        "Object": lambda entry: object_json(resource, version, entry),
    }
    carry = carried[include]

    def opened(first: Entry) -> Opened:
        resources = table.resource_columns(first)

        def row(entry: Entry) -> str:
            return f'{{"cells":{table.cells_json(entry, resources)},"object":{carry(entry)}}}'

        return Opened({"columnDefinitions": table.column_definitions(resources)}, row)

    return Shape(meta_version, "Table", "rows", {"columnDefinitions": None, "rows": None}, opened)


def object_json(resource: str, version: str, entry: Entry) -> str:
    """One object as it stands alone."""
    return objects.typed(KINDS[resource], api_version(version), ITEM_JSON[resource](entry))
