"""The serving certificate that replicas share in a Secret, and its way into the APIServices.

Each replica looks at the Secret once a minute and does what is next to be done (see
security/sharing.py). Whoever loses a race finds the winner's pair at his next look, at once.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from tidegauge.cluster.backoff import Backoff
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Conflict
from tidegauge.cluster.secrets import change_secret, read_secret
from tidegauge.console.registrations import Registrations
from tidegauge.security.certificates import Pair
from tidegauge.security.sharing import Shared, advanced, from_secret, make_pair, to_secret
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

LOOK_SECONDS = 60.0
"""So late a replica serves a renewed pair, for which there are months; so late somebody's change
of an APIService is mended, after which kube-apiserver needs half a minute to look again itself."""

_log = get_logger("certificates")


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
        self._published = False

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
            shared = await self._advance()
        except ClusterError as error:
            self._problem = self._problem and f"the serving certificate is not shared yet: {error}"
            raise
        if shared.pair and shared.pair != self._pair:
            self._pair = shared.pair
            _log.info("serving a certificate from the Secret", secret="/".join(self._secret))
        self._problem = None
        self._published = not self._registrations or await self._registrations.publish(
            shared.bundle
        )
        return self._published

    async def _advance(self) -> Shared:
        """What is shared from now on: what we wrote, or what another replica was first to write."""
        while True:
            secret = await read_secret(self._client, *self._secret)
            shared = from_secret(secret.data)
            after = advanced(shared, self._names, self._clock.now(), published=self._published)
            if after == shared:
                return shared
            try:
                await change_secret(self._client, secret, to_secret(after))
            except Conflict:
                continue
            return after


async def keep(what: str, look: Callable[[], Awaitable[bool]], clock: Clock) -> NoReturn:
    """Look once a minute, for ever; sooner when not all was done. Errors are logged on change."""
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
