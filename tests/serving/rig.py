"""A server on loopback for tests: certificates of two authorities, a raw client, stand-ins."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import trustme

from tests.clock import ManualClock
from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import PairSource, ServingContext
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.authorization import OpenPaths, ReviewingAuthorizer
from tidegauge.serving.connection import Answering, Limits
from tidegauge.serving.limits import InFlight
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.peers import Pool
from tidegauge.serving.pipeline import Observe, Pipeline, unobserved
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import Decision
from tidegauge.serving.server import Server, open_socket
from tidegauge.serving.trust import FrontProxy, Trust

HOST = "127.0.0.1"

STUCK = "a-token-whose-review-never-ends"


@dataclass
class FixedPair:
    """A pair that a test replaces by hand."""

    pair: Pair

    def current(self) -> Pair:
        return self.pair


def pair_of(certificate: trustme.LeafCert) -> Pair:
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    return Pair(chain, certificate.private_key_pem.bytes())


def authority_pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


@dataclass
class Authorities:
    """Two for clients with different meanings, one for the server, one that nobody knows."""

    clients: trustme.CA = field(default_factory=trustme.CA)
    proxies: trustme.CA = field(default_factory=trustme.CA)
    servers: trustme.CA = field(default_factory=trustme.CA)
    strangers: trustme.CA = field(default_factory=trustme.CA)

    def trust(self) -> Trust:
        return Trust(
            clients=Pool(authority_pem(self.clients)),
            front_proxy=FrontProxy(
                authorities=Pool(authority_pem(self.proxies)),
                allowed_names=("front-proxy-client",),
                username_headers=("x-remote-user",),
                uid_headers=("x-remote-uid",),
                group_headers=("x-remote-group",),
                extra_prefixes=("x-remote-extra-",),
            ),
        )


def client_certificate(
    authority: trustme.CA, name: str, organization: str | None = None, *, days: int = 1
) -> trustme.LeafCert:
    """Valid for `days` from now, or until so many days ago."""
    now = datetime.now(UTC)
    return authority.issue_cert(
        common_name=name,
        organization_name=organization,
        not_before=now - timedelta(days=2),
        not_after=now + timedelta(days=days),
    )


@dataclass
class Stand:
    """What a test needs to talk to the server it started."""

    server: Server
    port: int
    authority: trustme.CA | None = None

    def client_context(self, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext | None:
        if self.authority is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        if certificate:
            certificate.configure_cert(context)
        return context

    @asynccontextmanager
    async def connect(
        self, certificate: trustme.LeafCert | None = None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        context = self.client_context(certificate)
        name = HOST if context else None
        reader, writer = await asyncio.open_connection(
            HOST, self.port, ssl=context, server_hostname=name, limit=64 << 20
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def exchange(self, sent: bytes, certificate: trustme.LeafCert | None = None) -> bytes:
        """All that comes back on a connection of its own, until the server ends it."""
        async with self.connect(certificate) as (reader, writer):
            writer.write(sent)
            return await reader.read()

    async def get(
        self, target: str, *lines: str, certificate: trustme.LeafCert | None = None
    ) -> tuple[int, str]:
        """Status and body."""
        head = "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", "Connection: close", *lines])
        answer = await self.exchange(head.encode() + b"\r\n\r\n", certificate)
        first, _, body = answer.partition(b"\r\n\r\n")
        return int(first.split(b" ", 2)[1]), body.decode()


@asynccontextmanager
async def serving(
    answer: Answering,
    tls: ssl.SSLContext | None = None,
    authority: trustme.CA | None = None,
    limits: Limits | None = None,
    max_connections: int = 100,
) -> AsyncIterator[Stand]:
    server = Server(answer, limits, max_connections=max_connections)
    sock = open_socket(HOST, 0)
    port = sock.getsockname()[1]
    await server.listen(sock, tls)
    try:
        yield Stand(server, port, authority)
    finally:
        await server.drain(0)


def answering(respond: Callable[[Request], Response]) -> Answering:
    """For tests of the server alone."""

    @asynccontextmanager
    async def answer(request: Request) -> AsyncIterator[Response]:
        yield respond(request)

    return answer


def serving_context(
    pair: PairSource, bundles: Callable[[], tuple[bytes, ...]] = tuple
) -> ssl.SSLContext:
    return ServingContext(pair, bundles).outer


def say_who(request: Request) -> Response:
    """A handler that shows that it was reached."""
    return Response(200, [("Content-Type", "text/plain")], request.target.encode())


def pipeline(
    trust: Callable[[], Trust] = Trust,
    *,
    tokens: dict[str, User] | None = None,
    may: Callable[[User, RequestInfo], bool] = lambda _user, _info: True,
    handler: Callable[[Request], Response | None] = say_who,
    clock: ManualClock | None = None,
    in_flight: InFlight | None = None,
    seconds: float = 60.0,
    observe: Observe = unobserved,
) -> Pipeline:
    """With a table of tokens and a function for authorization."""
    clock = clock or ManualClock(wall=datetime.now(UTC).timestamp())

    async def review_token(token: str) -> User | None:
        if token == STUCK:
            await asyncio.Event().wait()
        return (tokens or {}).get(token)

    async def review_access(user: User, info: RequestInfo) -> Decision:
        return Decision(may(user, info))

    return Pipeline(
        authenticator=Authenticator(trust, TokenCache(review_token, clock), clock),
        authorizer=ReviewingAuthorizer(review_access, clock, open_paths=OpenPaths(["/livez"])),
        handlers=[handler],
        in_flight=in_flight or InFlight(400),
        clock=clock,
        seconds=seconds,
        observe=observe,
    )
