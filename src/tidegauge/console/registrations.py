"""The APIServices that lead to us: they are told by which authorities to verify our certificate.

Whom somebody else serves is left alone: a wrong bundle there would end his service.
"""

from collections.abc import Sequence
from functools import partial

from tidegauge.cluster.apiservices import ServiceReference, read_api_service, trust
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, NotFound
from tidegauge.cluster.patching import raced
from tidegauge.security.certificates import read_certificates
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
        self._keeping = OnChange(_log, "keeping the authority", clock)
        self._seen: dict[str, bytes] = {}  # what was last known to be in which APIService

    async def publish(self, bundle: bytes) -> bool:
        """Whether all that lead to us have the bundle now. One that fails keeps no other back.

        One without a certificate is written nowhere: with it nobody at all would be believed.
        """
        if not read_certificates(bundle):
            why = "no PEM certificate is in the bundle, so every caBundle is left as it is; mend it"
            self._changes.failed("bundle", "unreadable", error=why)
            return False
        self._changes.succeeded("bundle")
        done = [await self._publish(name, bundle) for name in self._names]
        return all(done)

    async def _publish(self, name: str, bundle: bytes) -> bool:
        try:
            problem = await raced(partial(self._write, name, bundle))
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
        """Why there is nothing to write to; None when the bundle is there. Raises ApiError;
        Conflict, since kube-apiserver itself writes its condition there.
        """
        found = await read_api_service(self._client, name)
        if found.spec.service != self._ours:
            self._seen.pop(name, None)
            return self._elsewhere(name)
        if found.spec.ca_bundle == bundle:
            self._keeping.succeeded(name)
        else:
            await trust(self._client, found, bundle)
            self._tell(name, bundle)
        self._seen[name] = bundle
        return None

    def _tell(self, name: str, bundle: bytes) -> None:
        """That it was written; as a failure where it had been there and somebody took it away."""
        if self._seen.get(name) == bundle:
            why = (
                "somebody changed its caBundle, and it was put back; take caBundle out of what "
                "else writes it: manifests in a repository, or an annotation of cert-manager's"
            )
            self._keeping.failed(name, "changed", error=why)
        else:
            _log.info("authority published", api_service=name)

    def _elsewhere(self, name: str) -> str:
        return (
            f"APIService {name} does not lead to Service {self._ours.namespace}/"
            f"{self._ours.name}, so its caBundle is left alone; change its spec.service, or "
            "--service-name and --service-namespace, or take it out of --inject-ca-bundle"
        )
