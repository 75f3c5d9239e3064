"""Asks kubelets over connections that are kept: one for each node, HTTP/1.1, TLS as a rule.

It never follows a redirect, uses a proxy from the environment, or sends a token over plain HTTP.
"""

import asyncio
import socket
import ssl
from typing import NamedTuple, Protocol

from tidegauge import __version__
from tidegauge.kubelet import diagnosis
from tidegauge.kubelet.certificates import Seen, see_certificate
from tidegauge.kubelet.connection import (
    SCRATCH_BYTES,
    Connection,
    NothingCameError,
    dial,
    wrap,
)
from tidegauge.kubelet.diagnosis import Phase
from tidegauge.kubelet.http1 import BODY_LIMIT, HttpError, ResponseReader, build_request
from tidegauge.kubelet.target import Target
from tidegauge.security.contexts import ClientContexts
from tidegauge.security.files import Bearer
from tidegauge.units.clock import Clock

USER_AGENT = f"tidegauge/{__version__}"

LOOK_AGAIN_SECONDS = 300.0
"""While a node keeps failing the same way, so that failing costs no second handshake each time."""


class Body(NamedTuple):
    data: bytes
    requested_at: float
    """Wall clock, seconds since the epoch, just before the request was sent."""


class Transport(Protocol):
    async def get(self, target: Target, timeout: float) -> Body:  # noqa: ASYNC109 (a deadline is what a transport is given)
        """The body of a 200 answer. Raises KubeletError."""

    def forget(self, name: str) -> None:
        """The node is gone: close its connection."""

    def close(self) -> None:
        """Close all."""


class _Line:
    """What is kept of a node between two asks. `first` is the address to try first: what worked."""

    __slots__ = ("connection", "first", "generation", "looked", "target")

    def __init__(self, target: Target) -> None:
        self.target = target
        self.connection: Connection | None = None
        self.generation = 0
        self.first = 0
        self.looked: tuple[str, int, float, Seen | None] | None = None

    def aim(self, target: Target) -> None:
        """Start anew when the node is to be asked differently."""
        if target is not self.target and target != self.target:
            self.drop()
            self.first = 0
        self.target = target

    def take(self, generation: int) -> Connection | None:
        """The kept connection, if it is still open and was made under the trust of now."""
        connection, self.connection = self.connection, None
        if connection is not None and (connection.closed or self.generation != generation):
            connection.close()
            return None
        return connection

    def keep(self, connection: Connection, generation: int) -> None:
        self.drop()
        self.connection, self.generation = connection, generation

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class _Ask:
    """How far one request has come, for the error if it fails."""

    __slots__ = ("deadline", "host", "phase", "reader", "requested_at", "target", "tried")

    def __init__(self, target: Target, deadline: float) -> None:
        self.target = target
        self.deadline = deadline
        self.host = target.addresses[0]
        self.tried = ""
        self.phase = Phase.CONNECT
        self.reader: ResponseReader | None = None
        self.requested_at = 0.0


class KubeletTransport:
    """The Transport in use. `contexts` None means plain HTTP, and then no credential is sent."""

    def __init__(
        self,
        contexts: ClientContexts | None,
        clock: Clock,
        *,
        bearer: Bearer | None = None,
        gzip: bool = False,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self._contexts = contexts
        self._clock = clock
        self._bearer = bearer if contexts is not None else None
        self._gzip = gzip
        self._body_limit = body_limit
        self._scheme = "http" if contexts is None else "https"
        self._lines: dict[str, _Line] = {}
        self._scratch = memoryview(bytearray(SCRATCH_BYTES))

    async def get(self, target: Target, timeout: float) -> Body:  # noqa: ASYNC109 (see the protocol)
        line = self._lines.get(target.name)
        if line is None:
            line = self._lines[target.name] = _Line(target)
        line.aim(target)
        ask = _Ask(target, asyncio.get_running_loop().time() + timeout)
        try:
            async with asyncio.timeout_at(ask.deadline):
                answer = await self._ask(line, ask)
        except ssl.SSLCertVerificationError as error:
            seen = await self._look(line, ask, error.verify_code)
            name = target.server_name or ask.host
            url = self._url(ask)
            raise diagnosis.explain_certificate(target.name, url, name, error, seen) from error
        except TimeoutError as error:
            started = ask.reader is not None and ask.reader.started
            phase = Phase.BODY if started else ask.phase
            raise diagnosis.explain_lateness(target.name, self._url(ask), phase, timeout) from error
        except (OSError, ValueError, HttpError) as error:
            raise diagnosis.explain(target.name, self._url(ask), ask.phase, error) from error
        line.looked = None
        if answer.status != 200:
            if answer.status == 401 and self._bearer is not None:
                self._bearer.refused()
            raise diagnosis.explain_status(target.name, self._url(ask), answer)
        return Body(answer.body, ask.requested_at)

    def forget(self, name: str) -> None:
        if (line := self._lines.pop(name, None)) is not None:
            line.drop()

    def close(self) -> None:
        for name in list(self._lines):
            self.forget(name)

    async def _ask(self, line: _Line, ask: _Ask) -> ResponseReader:
        context = None if self._contexts is None else self._contexts.current()
        generation = 0 if self._contexts is None else self._contexts.generation
        connection = line.take(generation)
        if connection is not None:
            try:
                return await self._exchange(line, ask, connection, generation)
            except NothingCameError:
                ask.phase = Phase.CONNECT  # it was closed while idle: once more on a new one
        connection = await self._connect(line, ask, context)
        return await self._exchange(line, ask, connection, generation)

    async def _exchange(
        self, line: _Line, ask: _Ask, connection: Connection, generation: int
    ) -> ResponseReader:
        ask.phase = Phase.ANSWER
        ask.host = connection.host
        ask.reader = ResponseReader(limit=self._body_limit, gzip=self._gzip)
        ask.requested_at = self._clock.now()
        try:
            await connection.exchange(self._request(ask), ask.reader)
        except BaseException:
            connection.close()
            raise
        if ask.reader.reusable and self._lines.get(ask.target.name) is line:
            line.keep(connection, generation)
        else:
            connection.close()
        return ask.reader

    async def _connect(self, line: _Line, ask: _Ask, context: ssl.SSLContext | None) -> Connection:
        sock = await self._dial(line, ask)
        ask.phase = Phase.HANDSHAKE
        if context is not None:
            sock = wrap(sock, context, ask.target.server_name or ask.host)
        connection = Connection(sock, ask.host, self._scratch)
        try:
            await connection.start()
        except BaseException:
            connection.close()
            raise
        return connection

    async def _dial(self, line: _Line, ask: _Ask) -> socket.socket:
        """Connect to the address that worked, or to one other with what is left of the time."""
        addresses = ask.target.addresses
        hosts = [addresses[(line.first + turn) % len(addresses)] for turn in range(2)]
        if len(addresses) == 1:
            hosts.pop()
        earlier: OSError | None = None
        for host in hosts:
            ask.host = host
            line.first = (line.first + 1) % len(addresses)  # move on, unless this one works
            try:
                async with asyncio.timeout_at(self._connect_deadline(ask, last=host is hosts[-1])):
                    sock = await dial(host, ask.target.port)
            except OSError as error:
                if host is not hosts[-1]:
                    earlier = error
                    ask.tried = f" (before that {host}: {diagnosis.describe(error)})"
                elif earlier is not None and isinstance(error, socket.gaierror):
                    # That a name is not known tells less of the node than why the first one failed.
                    ask.host = hosts[0]
                    ask.tried = f" (after that {host}: {diagnosis.describe(error)})"
                    raise earlier from error
                else:
                    raise
            else:
                line.first = addresses.index(host)
                return sock
        raise AssertionError("the last host returned or raised")

    def _connect_deadline(self, ask: _Ask, *, last: bool) -> float:
        """Half of the time is for the other address."""
        now = asyncio.get_running_loop().time()
        return ask.deadline if last else (now + ask.deadline) / 2

    def _request(self, ask: _Ask) -> bytes:
        return build_request(
            ask.target.path,
            ask.target.authority(ask.host),
            agent=USER_AGENT,
            token=self._bearer.current() if self._bearer is not None else "",
            gzip=self._gzip,
        )

    def _url(self, ask: _Ask) -> str:
        return f"{self._scheme}://{ask.target.authority(ask.host)}{ask.target.path}{ask.tried}"

    async def _look(self, line: _Line, ask: _Ask, code: int) -> Seen | None:
        """The certificate that failed with `code`; seen anew at times while it keeps failing."""
        now = self._clock.monotonic()
        if line.looked is not None:
            host, seen_code, looked_at, seen = line.looked
            if (host, seen_code) == (ask.host, code) and now - looked_at < LOOK_AGAIN_SECONDS:
                return seen
        name = ask.target.server_name or ask.host
        seen = await see_certificate(ask.host, ask.target.port, name, self._scratch)
        line.looked = (ask.host, code, now, seen)
        return seen
