"""The way of every write but the Lease's own: closed to whoever does not lead."""

from collections.abc import Callable
from typing import Any, TypeVar

from tidegauge.autoscale.controller.patience import patiently
from tidegauge.cluster.client import JSON, Client
from tidegauge.cluster.errors import ClusterError

T = TypeVar("T")


class NotLeadingError(ClusterError):
    """Nothing was written, for another controller may be writing."""

    cause = "not_leading"


class Writer:
    """Writes through `client` as long as `may` says so."""

    def __init__(self, client: Client, may: Callable[[], bool]) -> None:
        self._client = client
        self._may = may

    async def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        type: type[T],  # noqa: A002  (as msgspec names it)
        content_type: str = JSON,
    ) -> T:
        """As `Client.write`. Raises NotLeadingError, too."""

        async def send() -> T:
            if not self._may():
                raise NotLeadingError("the lease is lost, so nothing is written")
            return await self._client.write(
                method, path, body, type=type, content_type=content_type
            )

        return await patiently(send)
