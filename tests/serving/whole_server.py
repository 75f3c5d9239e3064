"""The whole serving side over the recorded cluster on a real TLS port, without a control plane.

Token and access reviews are answered from the recorded objects; all else is the product.
"""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, cast

from tests.realcluster import pki
from tests.serving.rbac import Rbac
from tests.serving.recorded_cluster import recorded_cluster
from tests.serving.rig import HOST, FixedPair
from tests.transcripts.exchange import Exchange
from tests.transcripts.identities import contexts
from tests.transcripts.records import load_fixture
from tidegauge.console import checks
from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import ServingContext
from tidegauge.serving.api import Api
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.authorization import OpenPaths, ReviewingAuthorizer
from tidegauge.serving.health import Check, Health, nothing
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.realcluster.controlplane import ControlPlane

TOKEN = "reader-token-of-this-run"

READER = User(
    "system:serviceaccount:ns-1:reader",
    ("system:serviceaccounts", "system:serviceaccounts:ns-1", "system:authenticated"),
    "the-uid",
)


@dataclass
class Authorities:
    """What of a control plane the identities are made from."""

    authority: pki.Authority = field(default_factory=lambda: pki.Authority("cluster-ca"))
    proxy_authority: pki.Authority = field(default_factory=lambda: pki.Authority("proxy-ca"))

    def proxy_pair(self) -> pki.Pair:
        return self.proxy_authority.client("front-proxy-client")

    def config_map(self) -> dict[str, str]:
        return {
            "client-ca-file": self.authority.certificate.decode(),
            "requestheader-client-ca-file": self.proxy_authority.certificate.decode(),
            "requestheader-allowed-names": '["front-proxy-client"]',
            "requestheader-username-headers": '["X-Remote-User"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        }


class WholeServer:
    """Runs the server in a thread of its own, so that tests may block on raw sockets."""

    def __init__(self, *, answered: bool, large: bool = False) -> None:
        self._authorities = Authorities()
        self._cluster = recorded_cluster(answered=answered, large=large)
        self._rbac = Rbac(load_fixture()["rbac"])
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._sock = open_socket(HOST, 0)
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])
        url = f"https://{HOST}:{self._sock.getsockname()[1]}"
        self.ask = Exchange(url, contexts(cast("ControlPlane", self._authorities)), TOKEN).ask

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
        trust.update(self._authorities.config_map())
        made = self._authorities.authority.server("localhost")
        pair = FixedPair(Pair(made.certificate, made.key))
        server = Server(self._pipeline(trust).answer)
        await server.listen(self._sock, ServingContext(pair, trust.bundles).outer)
        self._listening.set()
        await self._stop.wait()
        await server.drain(0)

    def _pipeline(self, trust: LiveTrust) -> Pipeline:
        clock = SystemClock()
        health = Health(self._checks(clock), OnChange(get_logger("health"), "check", clock))
        page = MetricsPage(Metrics(15.0).render)
        api = Api(
            self._cluster,
            clock,
            node_selector=LabelSelector(()),
            observe_freshness=lambda _times, _now: None,
            server_address=":24443",
            other_paths=(*health.paths, PATH),
        )
        open_paths = OpenPaths(["/healthz", "/livez", "/readyz"])
        return Pipeline(
            authenticator=Authenticator(
                trust.current, TokenCache(self._review_token, clock), clock
            ),
            authorizer=ReviewingAuthorizer(self._review_access, clock, open_paths=open_paths),
            handlers=[health.respond, page.respond, api.respond],
            in_flight=InFlight(400),
            clock=clock,
        )

    def _checks(self, clock: SystemClock) -> "Mapping[str, Sequence[Check]]":
        first_data = checks.FirstData(
            clock,
            has_data=lambda: bool(self._cluster.usage_of_nodes),
            has_most=lambda: True,
            synced=lambda: True,
            trouble=str,
            patience=300.0,
            settling=0.0,
        )
        return checks.endpoints(
            first_data=first_data.problem,
            informers=nothing,
            collecting=nothing,
            authorities=nothing,
            certificate=nothing,
            shutdown=nothing,
        )

    async def _review_token(self, token: str) -> User | None:
        return READER if token == TOKEN else None

    async def _review_access(self, user: User, info: RequestInfo) -> Decision:
        return Decision(self._rbac.allows(user, info))
