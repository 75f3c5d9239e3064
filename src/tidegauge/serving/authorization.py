"""May they: masters and open paths at once, everybody else by SubjectAccessReview."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Protocol

import msgspec

from tidegauge.serving.caching import Remembered
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import Decision, access_spec
from tidegauge.serving.status import Details, Status
from tidegauge.units.clock import Clock
from tidegauge.units.gotext import quote

MASTERS = "system:masters"

_DECISIONS_REMEMBERED = 8192
_LARGEST_REMEMBERED = 10_000
"""Bytes of a question. A longer one, of a user in very many groups, is asked each time; one made
longer by selectors is not asked at all, so that nobody sends megabytes through us to others."""

_SPARE_SECONDS = 300.0
"""For which somebody who was allowed stays so while the API server can't be asked: longer than it
takes to restart it, or to move a pod that lost its way there. What comes through kube-apiserver's
aggregation layer has been authorized there already, of the same user for the same."""

ALLOWED = Decision(allowed=True)


class Authorizer(Protocol):
    async def decide(self, user: User, info: RequestInfo) -> Decision:
        """Raises ReviewError when nobody can say."""


class OpenPaths:
    """`--authorization-always-allow-paths`: exact, or up to a `*` at the end."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Raises ValueError for a `*` elsewhere."""
        stripped = [path.removeprefix("/") for path in paths]
        for path in stripped:
            if "*" in path[:-1]:
                raise ValueError(f"only a trailing * is allowed in {path!r}")
        self._exact = frozenset(path for path in stripped if not path.endswith("*"))
        self._prefixes = tuple(path[:-1] for path in stripped if path.endswith("*"))

    def __contains__(self, path: str) -> bool:
        path = path.removeprefix("/")
        return path in self._exact or path.startswith(self._prefixes)


class ReviewingAuthorizer:
    """Asks the API server, and remembers what it said; longer, while it can't be asked.

    A request with selectors is asked without them first, since they only narrow it: so the lists
    of a thousand autoscalers cost one question per namespace, not one each.
    """

    def __init__(
        self,
        review: Callable[[User, RequestInfo], Awaitable[Decision]],
        clock: Clock,
        *,
        open_paths: OpenPaths,
        allowed_seconds: float = 10.0,
        denied_seconds: float = 10.0,
    ) -> None:
        self._review = review
        self._open_paths = open_paths
        self._seconds = {True: allowed_seconds, False: denied_seconds}
        self._decisions: Remembered[bytes, Decision] = Remembered(
            _DECISIONS_REMEMBERED,
            clock,
            spare=lambda decision: _SPARE_SECONDS if decision.allowed else 0.0,
        )

    async def decide(self, user: User, info: RequestInfo) -> Decision:
        if MASTERS in user.groups or (not info.is_resource and info.path in self._open_paths):
            return ALLOWED
        wide = replace(info, label_selector="", field_selector="")
        decision = await self._ask(user, wide)
        selectors = len(info.label_selector) + len(info.field_selector)
        if decision.allowed or not 0 < selectors <= _LARGEST_REMEMBERED:
            return decision
        return await self._ask(user, info)

    async def _ask(self, user: User, info: RequestInfo) -> Decision:
        question = msgspec.json.encode(access_spec(user, info), order="deterministic")
        if len(question) > _LARGEST_REMEMBERED:
            return await self._review(user, info)

        async def ask() -> Decision:
            return await self._review(user, info)

        return await self._decisions.get(
            question, ask, lambda decision: self._seconds[decision.allowed]
        )


def forbidden(user: User, info: RequestInfo, reason: str = "") -> Status:
    """The 403 in Kubernetes' words, which clients print and people search for."""
    what = f"User {quote(user.name)} cannot {info.verb} {_object(info)}"
    cause = f"{what}: {reason}" if reason else what
    if not info.is_resource:
        return Status(403, "Forbidden", f"forbidden: {cause}", Details())
    resource = f"{info.resource}.{info.group}" if info.group else info.resource
    name = f" {quote(info.name)}" if info.name else ""
    details = Details(info.name, info.group, info.resource)
    return Status(403, "Forbidden", f"{resource}{name} is forbidden: {cause}", details)


def _object(info: RequestInfo) -> str:
    if not info.is_resource:
        return f"path {quote(info.path)}"
    resource = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
    where = (
        f"in the namespace {quote(info.namespace)}" if info.namespace else "at the cluster scope"
    )
    return f"resource {quote(resource)} in API group {quote(info.group)} {where}"
