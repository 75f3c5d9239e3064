"""The Table that `kubectl get` prints: a row an object, usage summed over the containers of a pod.

The first object says which resources have a column; a later one may not have all of them.
"""

from collections.abc import Sequence
from typing import Any

from tidegauge.serving import jsontext
from tidegauge.serving.objects import metadata_json, typed, window_text
from tidegauge.serving.query import Query
from tidegauge.serving.source import Entry
from tidegauge.serving.status import StatusError, bad_request
from tidegauge.units.gotext import quote
from tidegauge.units.quantity import format_cpu, format_memory

UNKNOWN = "<unknown>"
"""As kubectl top says it."""

INCLUDES = ("None", "Metadata", "Object")
"""What a row carries beside its cells."""


def included_object(query: Query) -> str:
    asked = query.get("includeObject") or "Metadata"
    if asked not in INCLUDES:
        reason = "must be 'Metadata', 'Object', 'None', or empty"
        message = f"includeObject: Invalid value: {quote(asked)}: {reason}"
        raise StatusError(bad_request(f"Unable to convert to Table as requested: {message}"))
    return asked


def resource_columns(entry: Entry) -> list[str]:
    swap = any(container.swap is not None for container in entry.usage.containers)
    return ["cpu", "memory", "swap"] if swap else ["cpu", "memory"]


def column_definitions(resources: Sequence[str]) -> list[dict[str, Any]]:
    return [
        _column("Name", "name", "Name of the resource"),
        *(_column(resource, "quantity", "") for resource in resources),
        _column("Window", "duration", ""),
    ]


def _column(name: str, text_format: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "string",
        "format": text_format,
        "description": description,
        "priority": 0,
    }


def cells_json(entry: Entry, resources: Sequence[str]) -> str:
    containers = entry.usage.containers
    sums = [
        format_cpu(sum(container.cpu for container in containers)),
        format_memory(sum(container.memory for container in containers)),
        _swap_text([container.swap for container in containers if container.swap is not None]),
    ]
    window = window_text(entry.usage.window_ns)
    return jsontext.dump([jsontext.printable(entry.name), *sums[: len(resources)], window])


def _swap_text(swaps: Sequence[int]) -> str:
    return format_memory(sum(swaps)) if swaps else UNKNOWN


def partial_json(entry: Entry, version: str) -> str:
    """The object's metadata alone, with its type."""
    return typed("PartialObjectMetadata", version, f'{{"metadata":{metadata_json(entry)}}}')
