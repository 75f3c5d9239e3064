"""Questions to the API server: whose token it is (TokenReview), who may (SubjectAccessReview)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from tidegauge.cluster.errors import (
    ClusterError,
    Rejected,
    ServerError,
    TimedOut,
    TooManyRequests,
    Unreachable,
)
from tidegauge.serving.jsontext import printable
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.telemetry.changes import OnChange

T = TypeVar("T")

_TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

_ASK_SECONDS = 10.0
_TRIES = 5
_FIRST_WAIT = 0.5
_GROWTH = 1.5
_JITTER = 0.2
"""As the incumbent has them: four seconds in all, which a restarting API server needs."""


class ReviewError(Exception):
    """The API server gave no answer to a review; the cause says why."""


class Client(Protocol):
    """What is used of the API server's client."""

    async def post(
        self,
        path: str,
        body: Any,
        *,
        type: type[T],  # noqa: A002  (its name there)
        seconds: float,
    ) -> T:
        """Create an object and decode what comes back, in time. Raises ClusterError."""


class _ReviewedUser(msgspec.Struct):
    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] | None = None
    extra: Mapping[str, tuple[str, ...]] | None = None


class _TokenStatus(msgspec.Struct):
    authenticated: bool = False
    user: _ReviewedUser = msgspec.field(default_factory=_ReviewedUser)
    error: str = ""


class _TokenReview(msgspec.Struct):
    status: _TokenStatus = msgspec.field(default_factory=_TokenStatus)


class _AccessStatus(msgspec.Struct):
    allowed: bool = False
    reason: str = ""


class _AccessReview(msgspec.Struct):
    status: _AccessStatus = msgspec.field(default_factory=_AccessStatus)


class Decision(msgspec.Struct, frozen=True):
    """May they, and what the authorizer said about it."""

    allowed: bool
    reason: str = ""


class Reviews:
    """Asks, and asks again what failed in passing. Raises ReviewError.

    `changes` is told by kind of review: clients see a 401 or 500, and only the log says why.
    """

    def __init__(
        self,
        client: Client,
        changes: OnChange,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._changes = changes
        self._sleep = sleep

    async def token(self, token: str) -> User | None:
        """Whose token it is, or None when it is nobody's."""
        body = {
            "kind": "TokenReview",
            "apiVersion": "authentication.k8s.io/v1",
            "spec": {"token": printable(token)},
        }
        status = (await self._ask(_TOKENS, body, _TokenReview)).status
        if not status.authenticated:
            return None
        user = status.user
        return User(user.username, user.groups or (), user.uid, user.extra or {})

    async def access(self, user: User, info: RequestInfo) -> Decision:
        """Whether `user` may do what `info` says."""
        body = {
            "kind": "SubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": access_spec(user, info),
        }
        status = (await self._ask(_ACCESS, body, _AccessReview)).status
        return Decision(status.allowed, status.reason)

    async def _ask(self, path: str, body: Any, kind: type[T]) -> T:
        wait, key = _FIRST_WAIT, path.rpartition("/")[2]
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = await self._client.post(path, body, type=kind, seconds=_ASK_SECONDS)
            except ClusterError as error:
                if not tries_left or not _passing(error):
                    if not _asked_wrongly(error):
                        self._changes.failed(key, error.cause, problem=str(error))
                    raise ReviewError(str(error)) from error
            else:
                self._changes.succeeded(key)
                return answer
            await self._sleep(wait * (1 + _JITTER * random.random()))  # noqa: S311  (no secret)
            wait *= _GROWTH
        raise AssertionError("the last try returns or raises")


def _passing(error: ClusterError) -> bool:
    if isinstance(error, TimedOut):
        return False
    return isinstance(error, (Unreachable, ServerError, TooManyRequests))


def _asked_wrongly(error: ClusterError) -> bool:
    """Whether one client's odd credentials were the reason: those must not fill the log."""
    return error.cause == Rejected.cause


def access_spec(user: User, info: RequestInfo) -> dict[str, Any]:
    """The spec of a SubjectAccessReview; empty fields are left out, as Kubernetes does."""
    return _filled(
        {
            "user": printable(user.name),
            "groups": [printable(group) for group in user.groups],
            "uid": printable(user.uid),
            "extra": {
                printable(key): [printable(value) for value in values]
                for key, values in user.extra.items()
            },
            "resourceAttributes": _resource_attributes(info) if info.is_resource else None,
            "nonResourceAttributes": None
            if info.is_resource
            else _filled({"path": printable(info.path), "verb": info.verb}),
        }
    )


def _resource_attributes(info: RequestInfo) -> dict[str, Any]:
    return _filled(
        {
            "namespace": printable(info.namespace),
            "verb": info.verb,
            "group": printable(info.group),
            "version": printable(info.version),
            "resource": printable(info.resource),
            "subresource": printable(info.subresource),
            "name": printable(info.name),
            "fieldSelector": _filled({"rawSelector": printable(info.field_selector)}),
            "labelSelector": _filled({"rawSelector": printable(info.label_selector)}),
        }
    )


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
