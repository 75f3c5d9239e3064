"""Who is asking: front proxy, client certificate, bearer token, else anonymous.

The ways are a union, as in Kubernetes: the first that recognises somebody wins, however the others
fared. When none does and one of them failed, the answer is 401: a bad token is not nobody.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from tidegauge.serving.caching import Remembered
from tidegauge.serving.frontproxy import CREDENTIAL_HEADERS, spoken_for
from tidegauge.serving.messages import Request, User
from tidegauge.serving.peers import Leaf, Pool, parse_leaf
from tidegauge.serving.reviews import ReviewError
from tidegauge.serving.trust import FrontProxy, Trust
from tidegauge.units.clock import Clock

ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"

_CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"

_TOKENS_REMEMBERED = 4096
"""Tokens are some 300 bytes to answer for; more of them come and go than users."""


class Unauthenticated(Exception):  # noqa: N818  (an answer, not a fault)
    """The request brings credentials that prove nothing; the message says why, for the log."""


Way: TypeAlias = Callable[[Request, Trust], Awaitable[User | None]]
"""Finds somebody, or nobody (None); raises Unauthenticated for credentials that do not hold."""


class TokenCache:
    """Bearer tokens by TokenReview, each asked for once in `seconds`. No token is kept."""

    def __init__(
        self,
        review: Callable[[str], Awaitable[User | None]],
        clock: Clock,
        seconds: float = 10.0,
    ) -> None:
        self._review = review
        self._seconds = seconds
        self._key = secrets.token_bytes(32)
        self._answers: Remembered[bytes, User | None] = Remembered(_TOKENS_REMEMBERED, clock)

    async def find(self, request: Request, _: Trust) -> User | None:
        token = bearer_token(request)
        if not token:
            return None
        digest = hashlib.blake2b(token.encode("utf-8", "surrogateescape"), key=self._key).digest()

        async def ask() -> User | None:
            return await self._review(token)

        try:
            user = await self._answers.get(digest, ask, lambda _: self._seconds)
        except ReviewError as error:
            raise Unauthenticated(f"bearer token: {error}") from error
        if user is None:
            raise Unauthenticated("bearer token: the API server does not know it")
        return user


def bearer_token(request: Request) -> str:
    """The token of the Authorization header, or nothing for any other scheme."""
    return next(iter(_after_bearer(request)), "")


def hides_token(request: Request) -> bool:
    """Whether a second blank makes the token count for nothing, which clients are warned of."""
    pieces = _after_bearer(request)
    return len(pieces) > 1 and not pieces[0]


def _after_bearer(request: Request) -> list[str]:
    scheme, *pieces = (request.header("authorization") or "").strip().split(" ", 2)
    return pieces if scheme.lower() == "bearer" else []


class Authenticator:
    def __init__(
        self,
        trust: Callable[[], Trust],
        tokens: TokenCache,
        clock: Clock,
    ) -> None:
        self._trust = trust
        self._clock = clock
        self._ways: tuple[Way, ...] = (self._front_proxy, self._certificate, tokens.find)

    async def authenticate(self, request: Request) -> tuple[User, Request]:
        """Who is asking, and the request without what proved it. Raises Unauthenticated."""
        trust = self._trust()
        user = await self._find(request, trust)
        return user, _without_credentials(request, trust.front_proxy)

    async def _find(self, request: Request, trust: Trust) -> User:
        failures = []
        for way in self._ways:
            try:
                user = await way(request, trust)
            except Unauthenticated as failure:
                failures.append(str(failure))
                continue
            if user:
                return as_authenticated(user)
        if failures:
            raise Unauthenticated("; ".join(failures))
        return ANONYMOUS

    async def _front_proxy(self, request: Request, trust: Trust) -> User | None:
        proxy = trust.front_proxy
        if not request.peer_chain or not proxy:
            return None
        leaf = self._check(request, proxy.authorities, trust, "front proxy")
        if proxy.allowed_names and leaf.common_name not in proxy.allowed_names:
            raise Unauthenticated(
                f"front proxy: common name {leaf.common_name!r} is not in the allowed list"
            )
        return spoken_for(request, proxy)

    async def _certificate(self, request: Request, trust: Trust) -> User | None:
        if not request.peer_chain or not trust.clients:
            return None
        leaf = self._check(request, trust.clients, trust, "client certificate")
        if not leaf.common_name:
            return None
        extra = {_CREDENTIAL_ID: (f"X509SHA256={leaf.fingerprint}",)}
        return User(leaf.common_name, leaf.organizations, extra=extra)

    def _check(self, request: Request, pool: Pool, trust: Trust, what: str) -> Leaf:
        try:
            vouched = pool.vouches_for(request.peer_chain, trust.anchors)
            leaf = parse_leaf(request.peer_chain[0])
        except ValueError as error:
            raise Unauthenticated(f"{what}: it can't be read: {error}") from error
        if not vouched:
            raise Unauthenticated(f"{what}: signed by none of its authorities")
        if not leaf.not_before <= self._clock.now() <= leaf.not_after:
            raise Unauthenticated(f"{what}: {leaf.common_name!r} has expired or is not valid yet")
        return leaf


def as_authenticated(user: User) -> User:
    """The user with the group of all who are somebody, unless told otherwise."""
    marked = {AUTHENTICATED, UNAUTHENTICATED} & set(user.groups)
    if user.name == ANONYMOUS.name or marked:
        return user
    return replace(user, groups=(*user.groups, AUTHENTICATED))


def _without_credentials(request: Request, proxy: FrontProxy | None) -> Request:
    """Nobody behind this point may take a header for an identity."""
    names = CREDENTIAL_HEADERS | (proxy.headers if proxy else frozenset())
    prefixes = ("x-remote-extra-", *(proxy.extra_prefixes if proxy else ()))
    kept = [
        (name, value)
        for name, value in request.headers
        if name not in names and not name.startswith(prefixes)
    ]
    return replace(request, headers=kept)
