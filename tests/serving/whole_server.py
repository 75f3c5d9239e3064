"""The whole serving side over the recorded cluster, on a real TLS port, and a client of raw bytes.

Token and access reviews are answered from the recorded objects; all else is the product.
"""

import asyncio
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self

import trustme

from tests.serving.rbac import Rbac
from tests.serving.recorded_cluster import recorded_cluster
from tests.serving.rig import HOST, FixedPair, authority_pem, pair_of
from tests.transcripts.exchange import raw_request
from tests.transcripts.records import Asked, Reply, load_fixture
from tidegauge.security import certificates
from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import ServingContext
from tidegauge.serving.api import Api
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.authorization import OpenPaths, ReviewingAuthorizer
from tidegauge.serving.health import Check, FirstData, Health, nothing, standard_checks
from tidegauge.serving.limits import InFlight
from tidegauge.serving.messages import User
from tidegauge.serving.metricspage import PATH, MetricsPage
from tidegauge.serving.pipeline import Pipeline
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import Decision
from tidegauge.serving.server import Server, open_socket
from tidegauge.serving.trust import LiveTrust
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import SystemClock
from tidegauge.units.selectors import LabelSelector

TOKEN = "reader-token-of-this-run"

TOKENS = {
    TOKEN: User(
        "system:serviceaccount:ns-1:reader",
        ("system:serviceaccounts", "system:serviceaccounts:ns-1", "system:authenticated"),
        "the-uid",
    )
}


@dataclass
class Identities:
    clients: trustme.CA = field(default_factory=trustme.CA)
    proxies: trustme.CA = field(default_factory=trustme.CA)
    strangers: trustme.CA = field(default_factory=trustme.CA)
    servers: trustme.CA = field(default_factory=trustme.CA)

    def config_map(self) -> dict[str, str]:
        return {
            "client-ca-file": authority_pem(self.clients).decode(),
            "requestheader-client-ca-file": authority_pem(self.proxies).decode(),
            "requestheader-allowed-names": '["front-proxy-client"]',
            "requestheader-username-headers": '["X-Remote-User"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        }

    def certificates(self) -> dict[str, trustme.LeafCert]:
        now = datetime.now(UTC)
        day = timedelta(days=1)
        admin = partial(
            self.clients.issue_cert, common_name="admin", organization_name="system:masters"
        )
        proxy = self.proxies.issue_cert(common_name="front-proxy-client")
        people = {
            name: self.clients.issue_cert(common_name=name)
            for name in ("reader", "auditor", "nobody")
        }
        foreign = self.strangers.issue_cert(common_name="admin")
        return people | {
            "admin": admin(),
            "expired-cert": admin(not_before=now - 2 * day, not_after=now - day),
            "not-yet-cert": admin(not_before=now + day, not_after=now + 2 * day),
            "server-only-cert": for_servers_only(self.clients),
            "foreign-cert": foreign,
            "foreign-cert-with-token": foreign,
            "front-proxy": proxy,
            "front-proxy-none": proxy,
            "front-proxy-wrong-name": self.proxies.issue_cert(common_name="someone-else"),
        }

    def contexts(self) -> dict[str, ssl.SSLContext]:
        bare = ("anonymous", "reader-token", "bad-token", "empty-token", "basic")
        return {name: self._context(None) for name in bare} | {
            name: self._context(each) for name, each in self.certificates().items()
        }

    def _context(self, certificate: trustme.LeafCert | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.servers.configure_trust(context)
        if certificate:
            certificate.configure_cert(context)
        return context


def for_servers_only(authority: trustme.CA) -> trustme.LeafCert:
    """A certificate of our own making, since trustme makes none of this kind."""
    signer = Pair(authority_pem(authority), authority.private_key_pem.bytes())
    made = certificates._make_leaf(signer, ["admin"], time.time())
    return trustme.LeafCert(made.key, made.certificate, [])


class WholeServer:
    """Runs the server in a thread of its own, so that tests may block on raw sockets."""

    def __init__(self, *, answered: bool, large: bool = False) -> None:
        self._identities = Identities()
        self._contexts = self._identities.contexts()
        self._cluster = recorded_cluster(answered=answered, large=large)
        self._rbac = Rbac(load_fixture()["rbac"])
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._sock = open_socket(HOST, 0)
        self.port = self._sock.getsockname()[1]
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        trust = LiveTrust()
        trust.update(self._identities.config_map())
        pair = FixedPair(pair_of(self._identities.servers.issue_cert(HOST)))
        server = Server(self._pipeline(trust).answer)
        await server.listen(self._sock, ServingContext(pair, trust.bundles).outer)
        self._listening.set()
        await self._stop.wait()
        await server.drain(0)

    def _pipeline(self, trust: LiveTrust) -> Pipeline:
        clock = SystemClock()
        health = Health(self._checks(clock, trust), OnChange(get_logger("health"), "check", clock))
        page = MetricsPage(Metrics(15.0).render)
        api = Api(
            self._cluster,
            clock,
            node_selector=LabelSelector(()),
            observe_freshness=lambda _ages: None,
            server_address=":24443",
            other_paths=(*health.paths, PATH),
        )
        tokens = TokenCache(self._review_token, clock)
        return Pipeline(
            authenticator=Authenticator(trust.current, tokens, clock),
            authorizer=ReviewingAuthorizer(
                self._review_access,
                clock,
                open_paths=OpenPaths(["/healthz", "/livez", "/readyz"]),
            ),
            handlers=[health.respond, page.respond, api.respond],
            in_flight=InFlight(400),
            clock=clock,
        )

    def _checks(self, clock: SystemClock, trust: LiveTrust) -> dict[str, tuple[Check, ...]]:
        first_data = FirstData(
            clock,
            has_data=lambda: bool(self._cluster.usage_of_nodes),
            synced=lambda: True,
            patience=300.0,
        )
        return standard_checks(
            storage=first_data.problem,
            informers=nothing,
            trust=trust.problem,
            collection=nothing,
            shutdown=nothing,
        )

    async def _review_token(self, token: str) -> User | None:
        return TOKENS.get(token)

    async def _review_access(self, user: User, info: RequestInfo) -> Decision:
        return Decision(self._rbac.allows(user, info))

    def ask(self, asked: Asked) -> Reply:
        """One request, byte for byte, on a connection of its own. OSError when TLS refuses."""
        context = self._contexts[asked.identity]
        with (
            socket.create_connection((HOST, self.port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(raw_request(asked, TOKEN))
            response = http.client.HTTPResponse(connection, method=asked.method)
            response.begin()
            return Reply(response.status, response.getheaders(), response.read())
