"""Who we are towards an API server, always the newest: token, client certificate, TLS context.

Tokens, certificates and authorities in files are read again while we run (security.files); an exec
plugin is run again when what it gave expires or is refused. Nothing of this needs a restart.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress

from tidegauge.cluster.access import Access
from tidegauge.cluster.errors import CredentialError
from tidegauge.cluster.execplugin import ExecPlugin
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.security.files import (
    Bearer,
    FileError,
    Inline,
    Report,
    TokenBearer,
    WatchedFile,
    unreported,
)
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

LOOK_SECONDS = 1.0
"""Between two looks whether a plugin has to be run: not longer than the shortest scrape period."""


class NoBearer:
    """For an identity without a token."""

    def current(self) -> str:
        return ""

    def refused(self) -> None:
        """There is no other."""


class ExecBearer:
    """The token that an exec plugin gave last."""

    def __init__(self, plugin: ExecPlugin) -> None:
        self._plugin = plugin

    def current(self) -> str:
        return self._plugin.credential.token if self._plugin.credential else ""

    def refused(self) -> None:
        self._plugin.refused()


class Credentials:
    """The identity of `access`. Raises CredentialError when its files can't be read at first.

    `bearer` and `trust` may serve other connections of the same identity, such as to kubelets.
    """

    def __init__(
        self,
        access: Access,
        clock: Clock,
        environ: Mapping[str, str],
        report: Report = unreported,
    ) -> None:
        if access.insecure_skip_tls_verify:
            get_logger("cluster").warning(
                "the API server's certificate is not verified: whoever stands in between can read "
                "our credentials and change every answer",
                server=access.server,
                source=access.source,
            )
        self._access = access
        self._clock = clock
        self._report = report
        self._plugin = (
            ExecPlugin(access, access.exec, clock, environ)
            if access.exec and not (access.token or access.token_file)
            else None
        )
        try:
            self.bearer = self._make_bearer()
            self._trust = self.trust
            self._contexts = ClientContexts(self._trust, clock, report)
        except FileError as error:
            raise CredentialError(f"{access.source}: {error}") from error

    @property
    def trust(self) -> ClientTrust:
        """Whom we trust and the certificate we show."""
        access, given = self._access, self._plugin and self._plugin.credential
        authority = access.certificate_authority
        return ClientTrust(
            authorities=() if authority is None else (authority,),
            verify=not access.insecure_skip_tls_verify,
            certificate=(given and given.certificate) or access.client_certificate,
            key=(given and given.key) or access.client_key,
        )

    async def refresh(self) -> None:
        """To be awaited before each request. Raises CredentialError when a plugin fails."""
        if self._plugin:
            await self._plugin.refresh()

    async def keep_fresh(self) -> None:
        """Run the plugin when needed, until cancelled; for who uses `bearer` without `refresh`."""
        while self._plugin:
            with suppress(CredentialError):  # whoever asks the API server is told
                await self._plugin.refresh()
            await asyncio.sleep(LOOK_SECONDS)

    def context(self) -> ssl.SSLContext:
        """The context for a connection that is opened now. Raises CredentialError."""
        trust = self.trust
        if trust != self._trust:
            try:
                self._contexts = ClientContexts(trust, self._clock, self._report)
            except FileError as error:
                raise CredentialError(f"{self._access.source}: {error}") from error
            self._trust = trust
        return self._contexts.current()

    def refused(self) -> None:
        """The API server answered 401: look for newer credentials at once."""
        self.bearer.refused()
        self._contexts.check()

    def _make_bearer(self) -> Bearer:
        access = self._access
        if access.token_file:
            file = WatchedFile(access.token_file, self._clock, report=self._report)
            return TokenBearer(file, self._report)
        if access.token:
            return TokenBearer(Inline(f"{access.source}: token", access.token.encode()))
        return ExecBearer(self._plugin) if self._plugin else NoBearer()
