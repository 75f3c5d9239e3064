"""One Secret, read and changed by its name, which is all that a Role on that name permits."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import NotFound
from tidegauge.cluster.jsonform import JsonObject
from tidegauge.cluster.patching import merge


class Secret(JsonObject):
    data: dict[str, bytes] = msgspec.field(default_factory=dict)
    """Decoded from the base64 of the wire."""

    def __repr__(self) -> str:  # a traceback may show it
        return f"Secret({self.metadata.namespace}/{self.metadata.name}: {', '.join(self.data)})"


def path_of(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{name}"


class SecretMissing(NotFound):
    remedy = "create it, without data: kubectl create secret generic"


async def read_secret(client: Client, namespace: str, name: str) -> Secret:
    """Raises ApiError; SecretMissing where there is none."""
    try:
        return await client.get(path_of(namespace, name), type=Secret)
    except NotFound as error:
        raise SecretMissing(error.url, error.code, error.status) from error


async def change_secret(client: Client, secret: Secret, data: Mapping[str, bytes | None]) -> Secret:
    """Set these data and leave all others; None takes one away.

    Raises ApiError; Conflict where the Secret is not what it was when it was read.
    """
    meta = secret.metadata
    change: dict[str, Any] = {"data": dict(data)}
    return await merge(client, path_of(meta.namespace, meta.name), meta, change, Secret)
