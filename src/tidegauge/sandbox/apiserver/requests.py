"""What every request goes through: who is asking, may they, who answers."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from tidegauge.sandbox.apiserver.access import Rbac
from tidegauge.sandbox.apiserver.apiservices import ApiServices
from tidegauge.sandbox.apiserver.asked import Asked
from tidegauge.sandbox.apiserver.decoding import parse
from tidegauge.sandbox.apiserver.encoding import encoded
from tidegauge.sandbox.apiserver.forms import FORMATS
from tidegauge.sandbox.apiserver.kinds import SERVED
from tidegauge.sandbox.apiserver.nodeproxying import NodeProxy
from tidegauge.sandbox.apiserver.pages import Pages
from tidegauge.sandbox.apiserver.rest import Rest
from tidegauge.sandbox.apiserver.reviews import REVIEWS, Reviews
from tidegauge.serving.authentication import Authenticator, Unauthenticated
from tidegauge.serving.authorization import forbidden
from tidegauge.serving.impersonation import impersonate
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.negotiation import MediaType, choose
from tidegauge.serving.query import parse_query
from tidegauge.serving.requestinfo import RequestInfo, resolve
from tidegauge.serving.status import (
    Status,
    StatusError,
    method_not_allowed,
    no_such_resource,
)
from tidegauge.telemetry.logs import get_logger

_KINDS = {(kind.group, kind.version, kind.resource): kind for kind in SERVED}

Obstacle = Callable[[RequestInfo], Status | None]
"""Says why a request is refused though it is allowed: how faults are played."""

_log = get_logger("sandbox")


class Handler:
    """Answers requests; `obstacle` may be set while it runs."""

    def __init__(
        self,
        authenticator: Authenticator,
        rbac: Rbac,
        pages: Pages,
        rest: Rest,
        reviews: Reviews,
        services: ApiServices,
        nodes: NodeProxy,
    ) -> None:
        self._authenticator = authenticator
        self._rbac = rbac
        self._pages = pages
        self._rest = rest
        self._reviews = reviews
        self._services = services
        self._nodes = nodes
        self.obstacle: Obstacle = lambda _info: None

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[Response]:
        """The response; what it holds is let go when the block ends."""
        try:
            response = await self._respond(request)
        except Unauthenticated:
            response = _failed(Status(401, "Unauthorized", "Unauthorized"), request)
        except StatusError as error:
            response = _failed(error.status, request)
        except Exception:  # noqa: BLE001  (no request may end the process)
            _log.exception("request failed", method=request.method, target=request.target)
            text = "Internal error occurred; see the log"
            response = _failed(Status(500, "InternalError", text), request)
        try:
            yield replace(response, headers=(*response.headers, ("Audit-Id", str(uuid.uuid4()))))
        finally:
            if response.lasting is not None:
                await response.lasting.aclose()

    async def _respond(self, request: Request) -> Response:
        user, request = await self._authenticator.authenticate(request)
        user = await impersonate(user, request, self._rbac)
        info = resolve(request.method, request.target)
        if not self._rbac.allows(user, info):
            raise StatusError(forbidden(user, info))
        if status := self.obstacle(info):
            raise StatusError(status)
        if info.is_resource:
            return await self._resource(request, info, user)
        page = self._pages.answer(request)
        return page or await self._elsewhere(request, user)

    async def _resource(self, request: Request, info: RequestInfo, user: User) -> Response:
        if (info.group, info.resource) in REVIEWS and info.version == "v1":
            return self._review(request, info, user)
        kind = _KINDS.get((info.group, info.version, info.resource))
        if kind is None:
            service = self._services.find(info.group, info.version)
            if service is None:
                raise StatusError(no_such_resource())
            return await self._services.forward(service, request, user)
        if (info.resource, info.subresource) == ("nodes", "proxy"):
            return await self._nodes.forward(request, info)
        if info.subresource and info.subresource not in kind.subresources:
            raise StatusError(no_such_resource())
        if info.namespace and not kind.namespaced and info.resource != "namespaces":
            raise StatusError(no_such_resource())
        if kind.namespaced and not info.namespace and info.verb not in ("list", "watch"):
            raise StatusError(no_such_resource() if info.name else method_not_allowed())
        query = parse_query(request.raw_query)
        return self._rest.answer(Asked(request, info, query, kind))

    def _review(self, request: Request, info: RequestInfo, user: User) -> Response:
        if info.verb != "create":
            raise StatusError(method_not_allowed())
        body = parse(request.body, request.header("content-type") or "")
        review = self._reviews.answer(user, info, body)
        return encoded(201, review, _media(request), request)

    async def _elsewhere(self, request: Request, user: User) -> Response:
        """Paths of aggregated versions that name no resource: discovery and OpenAPI."""
        match [part for part in request.raw_path.split("/") if part]:
            case ["apis", group, version, *_] | ["openapi", "v3", "apis", group, version]:
                service = self._services.find(group, version)
                if service:
                    return await self._services.forward(service, request, user)
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        return Response(404, headers, b"404 page not found\n")


def _plain(media_format: str, conversion: object) -> bool:
    return media_format in FORMATS and conversion is None


def _failed(status: Status, request: Request) -> Response:
    fields = {"kind": "Status", "apiVersion": "v1", **status.fields()}
    return encoded(status.code, fields, _media(request), request)


def _media(request: Request) -> MediaType:
    """What the client takes; else JSON, which all read."""
    return choose(request.header("accept") or "", _plain) or MediaType()
