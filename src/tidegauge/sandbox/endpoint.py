"""A kubelet's answers: `/metrics/resource`, `/stats/summary` and `/healthz`, and its refusals.

As a kubelet does it, who is asking and whether they may comes before what is there: an unknown path
is another right (`nodes/proxy`), which nobody has here.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Protocol

from tidegauge.sandbox import exposition, summary
from tidegauge.sandbox.records import Node
from tidegauge.serving.authentication import ANONYMOUS, Unauthenticated
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.query import parse_query

BEARER = User("tidegauge-node", uid="bearer")
"""Who brings the token. No certificate gives a UID, so none can pass for it."""

_VERBS = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_SUBRESOURCES = {
    "metrics": "metrics",
    "stats": "stats",
    "logs": "log",
    "healthz": "healthz proxy",
    "configz": "configz proxy",
    "pods": "pods proxy",
    "runningPods": "pods proxy",
}
"""By a path's first element; everything else is of `proxy`."""

_GRANTED = frozenset({"metrics", "stats", "healthz proxy"})
_TEXT = "text/plain; charset=utf-8"


class Looks(Protocol):
    """The last two looks at a node; see housekeeping.py."""

    @property
    def latest(self) -> Node | None: ...
    @property
    def earlier(self) -> Node | None: ...


class Authenticating(Protocol):
    async def authenticate(self, request: Request) -> tuple[User, Request]:
        """Raises Unauthenticated."""


class Endpoint:
    """`answer` is what serving.server.Server asks. No `allowed_names` means all that verify."""

    def __init__(
        self,
        looks: Looks,
        authenticator: Authenticating,
        allowed_names: Collection[str] = (),
    ) -> None:
        self._looks = looks
        self._authenticator = authenticator
        self._allowed = frozenset(allowed_names)
        self._pages: dict[str, Callable[[Request, Node], Response]] = {
            "/metrics/resource": self._metrics,
            "/stats/summary": self._summary,
            "/healthz": lambda _request, _node: _text(200, "ok"),
        }

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[Response]:
        yield await self._respond(request)

    async def _respond(self, request: Request) -> Response:
        try:
            user, request = await self._authenticator.authenticate(request)
        except Unauthenticated:
            user = ANONYMOUS
        if user.name == ANONYMOUS.name:
            return _text(401, "Unauthorized")
        verb = _VERBS.get(request.method, "")
        subresource = _subresource(request.raw_path)
        if not self._may(user, verb, subresource):
            return _forbidden(user, verb, subresource)
        page = self._pages.get(request.raw_path.rstrip("/"))
        if page is None:
            return _text(404, "404: Page Not Found")
        if self._looks.latest is None:
            return _text(503, "no look at this machine yet; ask again in a moment")
        return page(request, self._looks.latest)

    def _may(self, user: User, verb: str, subresource: str) -> bool:
        known = user.uid == BEARER.uid or not self._allowed or user.name in self._allowed
        return known and verb == "get" and subresource in _GRANTED

    def _metrics(self, _request: Request, node: Node) -> Response:
        return _response(exposition.CONTENT_TYPE, exposition.encode(node))

    def _summary(self, request: Request, node: Node) -> Response:
        trimmed = parse_query(request.raw_query).get("only_cpu_and_memory") == "true"
        body = summary.encode(node, self._looks.earlier, trimmed=trimmed)
        return _response(summary.CONTENT_TYPE, body)


def _subresource(path: str) -> str:
    return _SUBRESOURCES.get(path.split("/", 2)[1] if "/" in path else "", "proxy")


def _forbidden(user: User, verb: str, subresource: str) -> Response:
    what = f"resource=nodes, subresource(s)=[{subresource}]"
    return _text(403, f"Forbidden (user={user.name}, verb={verb}, {what})\n")


def _text(status: int, text: str) -> Response:
    return Response(status, [("Content-Type", _TEXT)], text.encode("utf-8", "surrogateescape"))


def _response(kind: str, body: bytes) -> Response:
    return Response(200, [("Content-Type", kind)], body)
