"""Changes of single fields by JSON merge patch, of the version that was read and no other."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import Conflict
from tidegauge.cluster.jsonform import ObjectMeta

MERGE_PATCH = "application/merge-patch+json"
FIELD_MANAGER = {"fieldManager": "tidegauge"}

RACES = 10
"""So often a change is made anew at once: replicas are few, and each loses to each other once.
Whoever says Conflict for ever is asked again later, at the pace of any other failure."""

T = TypeVar("T")


async def merge(
    client: Client, path: str, read: ObjectMeta, change: Mapping[str, Any], kind: type[T]
) -> T:
    """The object as it is after the change. `read` are the metadata that the change goes by.

    Raises ApiError; Conflict where somebody else has changed the object since it was read.
    """
    version = {"metadata": {"resourceVersion": read.resource_version}}
    return await client.write(
        "PATCH",
        path,
        {**version, **change},
        type=kind,
        content_type=MERGE_PATCH,
        params=FIELD_MANAGER,
    )


async def raced(change: Callable[[], Awaitable[T]]) -> T:
    """What the change gives, which reads before it writes; made anew when another was faster.

    Raises what the change raises; Conflict when another was faster each time.
    """
    for _race in range(RACES - 1):
        with suppress(Conflict):
            return await change()
    return await change()
