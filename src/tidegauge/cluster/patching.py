"""Changes of single fields by JSON merge patch, of the version that was read and no other."""

from collections.abc import Mapping
from typing import Any, TypeVar

from tidegauge.cluster.client import Client
from tidegauge.cluster.jsonform import ObjectMeta

MERGE_PATCH = "application/merge-patch+json"
FIELD_MANAGER = {"fieldManager": "tidegauge"}

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
