"""Writes the statuses of HPAs."""

from collections.abc import Mapping
from typing import Any

from tidegauge.autoscale.controller.patience import patiently
from tidegauge.autoscale.controller.watched import AUTOSCALERS, Hpa
from tidegauge.autoscale.controller.writing import Writer
from tidegauge.autoscale.engine.status import Status
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.written import status_json
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import Conflict

TRIES = 3
"""Of a status that somebody else was faster than, such as a user who edits the HPA. Upstream has
one, says FailedUpdateStatus, and is without the status for a period."""


class Statuses:
    def __init__(self, client: Client, writer: Writer) -> None:
        self._client = client
        self._writer = writer

    async def write(self, hpa: Hpa, status: Status) -> str:
        """The HPA's version after it. Raises ClusterError."""
        namespace, _, name = hpa.key.partition("/")
        path = AUTOSCALERS.path(namespace, name)
        body = {**hpa.written_as, "status": status_json(status)}
        for _ in range(TRIES - 1):
            try:
                return await self._put(path, body)
            except Conflict:
                newest = await patiently(lambda: self._client.get(path, type=dict[str, Any]))
                if newest.get("metadata", {}).get("uid") != hpa.uid:
                    raise
                body = {**newest, "status": body["status"]}
        return await self._put(path, body)

    async def _put(self, path: str, body: Mapping[str, Any]) -> str:
        kind = objects.AutoscalerObject
        written = await self._writer.write("PUT", f"{path}/status", body, type=kind)
        return written.metadata.resource_version
