"""The serving certificate that replicas share in a Secret, and its way into the APIServices.

Each replica looks at the Secret every quarter of a minute and does what is next to be done (see
security/sharing.py). Whoever loses a race finds the winner's pair at his next look, at once.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn

from tidegauge.cluster.backoff import Backoff
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError
from tidegauge.cluster.patching import raced
from tidegauge.cluster.secrets import change_secret, read_secret
from tidegauge.console.registrations import Registrations
from tidegauge.security.certificates import Pair
from tidegauge.security.sharing import (
    Shared,
    advanced,
    from_secret,
    make_pair,
    stranger,
    to_secret,
)
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

LOOK_SECONDS = 15.0
"""So late somebody's change of an APIService is mended, and a replica serves what another had to
make when somebody emptied the Secret: until then requests to it fail. A look is three reads."""

_log = get_logger("certificates")


class ForeignPair(ClusterError):  # noqa: N818  (names what was found)
    """The Secret holds what somebody's own authority signed; its key must not be lost."""

    cause = "foreign"


class SharedCertificate:
    """The pair in the Secret `namespace`/`name`, as `security.serving_context.PairSource`.

    Until it was read, a pair of our own is served, that probes accept and nobody else.
    """

    def __init__(
        self,
        client: Client,
        secret: tuple[str, str],
        names: Sequence[str],
        clock: Clock,
        registrations: Registrations | None,
    ) -> None:
        self._client = client
        self._secret = secret
        self._names = tuple(names)
        self._clock = clock
        self._registrations = registrations
        self._pair = make_pair(self._names, clock.now())
        self._problem: str | None = "the serving certificate is not shared yet"
        self._published: bytes | None = None  # the bundle that all who verify us have

    def current(self) -> Pair:
        """The pair to serve with."""
        return self._pair

    def problem(self) -> str | None:
        """Why nobody can verify us; None from the first read on, for good."""
        return self._problem

    async def look(self) -> bool:
        """Bring pair, Secret and APIServices to what they should be; whether all are. ApiError.

        What was shared is served whether or not it could be published: others may have done that.
        """
        try:
            shared = await raced(self._advance)
        except ClusterError as error:
            self._problem = self._problem and f"the serving certificate is not shared yet: {error}"
            raise
        if shared.pair and shared.pair != self._pair:
            self._pair = shared.pair
            _log.info("serving a certificate from the Secret", secret="/".join(self._secret))
        self._problem = None
        done = not self._registrations or await self._registrations.publish(shared.bundle)
        self._published = shared.bundle if done else None
        return done

    async def _advance(self) -> Shared:
        """What is shared from now on. Raises ApiError; Conflict where another wrote before us."""
        secret = await read_secret(self._client, *self._secret)
        self._refuse_foreign(secret.data)
        shared = from_secret(secret.data)
        published = self._published == shared.bundle
        after = advanced(shared, self._names, self._clock.now(), published=published)
        if after != shared:
            await change_secret(self._client, secret, to_secret(after))
        return after

    def _refuse_foreign(self, data: Mapping[str, bytes]) -> None:
        if issuer := stranger(data):
            raise ForeignPair(
                f"Secret {'/'.join(self._secret)} holds a certificate that {issuer} signed, so it "
                "is neither served nor overwritten; name another by --cert-secret, or mount it "
                "and give --tls-cert-file and --tls-private-key-file"
            )


async def keep(what: str, look: Callable[[], Awaitable[bool]], clock: Clock) -> NoReturn:
    """Look again and again, for ever; sooner when not all was done. Errors are logged on change."""
    changes, backoff = OnChange(_log, what, clock), Backoff(random.random)
    while True:
        try:
            done = await look()
        except ClusterError as error:
            changes.failed(what, error.cause, error=str(error))
            done = False
        else:
            changes.succeeded(what)
        if done:
            backoff.reset()
        await asyncio.sleep(LOOK_SECONDS if done else backoff.next())
