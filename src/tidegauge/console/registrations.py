"""The APIServices that lead to us: they are told by which authorities to verify our certificate.

Whom somebody else serves is left alone: a wrong bundle there would end his service.
"""

from collections.abc import Sequence

from tidegauge.cluster.apiservices import ServiceReference, read_api_service, trust
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Conflict, NotFound
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

_log = get_logger("certificates")


class Registrations:
    """Writes a bundle of authorities into the APIServices of these names."""

    def __init__(
        self, client: Client, names: Sequence[str], ours: ServiceReference, clock: Clock
    ) -> None:
        """`ours` is the Service that clients reach us by."""
        self._client = client
        self._names = names
        self._ours = ours
        self._changes = OnChange(_log, "publishing the authority", clock)

    async def publish(self, bundle: bytes) -> bool:
        """Whether all that lead to us have the bundle now. One that fails keeps no other back."""
        done = [await self._publish(name, bundle) for name in self._names]
        return all(done)

    async def _publish(self, name: str, bundle: bytes) -> bool:
        try:
            problem = await self._write(name, bundle)
        except ClusterError as error:
            hint = "; create it, or take it out of --inject-ca-bundle"
            told = f"{error}{hint if isinstance(error, NotFound) else ''}"
            self._changes.failed(name, error.cause, error=told)
            return False
        if problem:
            self._changes.failed(name, "elsewhere", error=problem)
        else:
            self._changes.succeeded(name)
        return True

    async def _write(self, name: str, bundle: bytes) -> str | None:
        """Why there is nothing to write to; None when the bundle is there. Raises ApiError."""
        while True:
            found = await read_api_service(self._client, name)
            if found.spec.service != self._ours:
                return self._elsewhere(name)
            if found.spec.ca_bundle == bundle:
                return None
            try:
                await trust(self._client, found, bundle)
            except Conflict:  # kube-apiserver itself writes its condition there
                continue
            _log.info("authority published", api_service=name)
            return None

    def _elsewhere(self, name: str) -> str:
        return (
            f"APIService {name} does not lead to Service {self._ours.namespace}/"
            f"{self._ours.name}, so its caBundle is left alone; change its spec.service, or "
            "--service-name and --service-namespace, or take it out of --inject-ca-bundle"
        )
