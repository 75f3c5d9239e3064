"""The API server: TLS outside, the parts of this package inside, one asyncio loop."""

import asyncio
import contextlib
from pathlib import Path

from tidegauge.sandbox.apiserver.access import Rbac
from tidegauge.sandbox.apiserver.accounttokens import AccountTokens
from tidegauge.sandbox.apiserver.apiservices import ApiServices, Endpoints
from tidegauge.sandbox.apiserver.history import KEPT, History
from tidegauge.sandbox.apiserver.identities import ADMIN, SERVER_NAMES, Identities
from tidegauge.sandbox.apiserver.lifecycle import Lifecycle
from tidegauge.sandbox.apiserver.namespaces import Namespaces
from tidegauge.sandbox.apiserver.nodeproxying import NodeProxy
from tidegauge.sandbox.apiserver.pages import Pages
from tidegauge.sandbox.apiserver.proxying import Proxy
from tidegauge.sandbox.apiserver.requests import Handler
from tidegauge.sandbox.apiserver.rest import Rest
from tidegauge.sandbox.apiserver.reviews import Reviews
from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.apiserver.watches import BOOKMARK_SECONDS
from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import ServingContext
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.connection import Limits
from tidegauge.serving.messages import User
from tidegauge.serving.peers import Pool
from tidegauge.serving.server import Server, open_socket
from tidegauge.serving.trust import Trust
from tidegauge.units.clock import Clock, SystemClock

HOST = "127.0.0.1"

LARGEST_BODY = 3 << 20
"""Bytes of a request's body, as kube-apiserver takes."""

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")

_LAST_WORDS = 1.0
"""Seconds for answers under way when the server stops."""


class _OnePair:
    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def current(self) -> Pair:
        return self._pair


class ApiServer:
    """One cluster's API. `storage` is its in-process face, for controllers and simulations.

    `clock` dates the objects and certificates; waiting is done by the loop's own. `seed` makes the
    uids. `kept_changes` is how many changes of a kind a watch may be behind before it is told 410.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: int = 0,
        kept_changes: int = KEPT,
        bookmark_seconds: float = BOOKMARK_SECONDS,
    ) -> None:
        clock = clock or SystemClock()
        self.storage = Storage(clock, seed)
        self.identities = Identities(clock)
        self.rbac = Rbac()
        self.endpoints = Endpoints(self.storage)
        self.history = History(self.storage, kept_changes)
        self.lifecycle = Lifecycle(self.storage)
        self._proxy = Proxy(self.identities.proxy_pair)
        self._services = ApiServices(self.storage, self.endpoints, self._proxy)
        namespaces = Namespaces(self.storage, self.lifecycle, self._services.unavailable)
        self._rest = Rest(
            self.storage,
            self.history,
            self.lifecycle,
            namespaces,
            AccountTokens(self.identities, clock),
            bookmark_seconds=bookmark_seconds,
        )
        self.handler = Handler(
            self._authenticator(clock),
            self.rbac,
            Pages(self._services, clock.now(), lambda: f"{HOST}:{self.port}"),
            self._rest,
            Reviews(self.rbac, self.identities.find, clock),
            self._services,
            NodeProxy(self.storage, self.identities),
        )
        pair = self.identities.authority.server(*SERVER_NAMES)
        bundles = (
            self.identities.authority.certificate,
            self.identities.proxy_authority.certificate,
        )
        self._context = ServingContext(_OnePair(pair), lambda: bundles)
        self._server: Server | None = None
        self._checking: asyncio.Task[None] | None = None
        self.port = 0
        self._furnish()

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen; on a free port the first time, on the same one after a stop. Raises OSError."""
        sock = open_socket(HOST, port or self.port)
        self.port = sock.getsockname()[1]
        self._server = Server(self.handler.answer, Limits(kept_bytes=LARGEST_BODY))
        await self._server.listen(sock, self._context.outer)
        self._checking = asyncio.create_task(self._services.run())

    async def stop(self) -> None:
        """Close the port, end watches and connections; what is stored stays."""
        if self._checking:
            self._checking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._checking
        self.end_watches()
        if self._server:
            await self._server.drain(_LAST_WORDS)
        await self._proxy.close()

    def end_watches(self) -> None:
        """End all watches in good order, as a server does when their time is over."""
        self._rest.end_watches()

    def compact(self) -> None:
        """Forget what was: watches from an older version are told 410, as are old pages."""
        self.history.compact()
        self._rest.lists.forget()

    def kubeconfig(self, path: Path, user: User = ADMIN, *, token: bool = False) -> Path:
        """Write a kubeconfig for that user; the server must have been started."""
        return self.identities.kubeconfig(path, self.url, user, token=token)

    def _authenticator(self, clock: Clock) -> Authenticator:
        trust = Trust(clients=Pool(self.identities.authority.certificate))

        async def find(token: str) -> User | None:
            return self.identities.find(token)

        # Nothing is remembered, so that a revoked token is refused at once.
        return Authenticator(lambda: trust, TokenCache(find, clock, seconds=0), clock)

    def _furnish(self) -> None:
        """What every cluster has from its start."""
        for name in NAMESPACES:
            labels = {"kubernetes.io/metadata.name": name}
            self.storage.create(
                "namespaces",
                {
                    "metadata": {"name": name, "labels": labels},
                    "spec": {"finalizers": ["kubernetes"]},
                    "status": {"phase": "Active"},
                },
            )
        self.storage.create("configmaps", self.identities.config_map())
        self._services.register_own()
