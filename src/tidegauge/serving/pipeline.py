"""What every request goes through, in the order of Kubernetes' API servers.

Who is asking, as whom, is there room, may they; then the first handler that knows the path.
"""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from tidegauge.serving import jsontext
from tidegauge.serving.authentication import Authenticator, Unauthenticated, hides_token
from tidegauge.serving.authorization import Authorizer, forbidden
from tidegauge.serving.call import NO_CACHE, Call, answer
from tidegauge.serving.impersonation import impersonate
from tidegauge.serving.limits import InFlight, TooManyRequests, too_many_requests
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.query import parse_query
from tidegauge.serving.requestinfo import RequestInfo, resolve
from tidegauge.serving.reviews import ReviewError
from tidegauge.serving.status import Status, StatusError, timed_out
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock
from tidegauge.units.gotext import quote

Handler: TypeAlias = Callable[[Request], Response | None]
"""Answers a request, or leaves it to the next one by None."""

Observe: TypeAlias = Callable[[RequestInfo, int, float], None]
"""Told what was asked, the status, and the seconds until the answer was written."""

_NOSNIFF = ("X-Content-Type-Options", "nosniff")
_TOO_MANY_BLANKS = "the provided Authorization header contains extra space before the bearer token"
_AUDIT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TEXT = "text/plain; charset=utf-8"

_log = get_logger("serving")


def unobserved(_info: RequestInfo, _status: int, _seconds: float) -> None:
    """For who counts nothing."""


class Pipeline:
    def __init__(
        self,
        *,
        authenticator: Authenticator,
        authorizer: Authorizer,
        handlers: Sequence[Handler],
        in_flight: InFlight,
        clock: Clock,
        seconds: float = 60.0,
        observe: Observe = unobserved,
    ) -> None:
        """The last handler knows every path. `seconds` is the time for all but the writing."""
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._handlers = handlers
        self._in_flight = in_flight
        self._clock = clock
        self._seconds = seconds
        self._observe = observe

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[Response]:
        """The response; the request counts as in flight until the block, which writes it, ends."""
        started = self._clock.monotonic()
        info = resolve(request.method, request.target)
        with ExitStack() as held:
            response = _completed(request, await self._guarded(request, info, held))
            try:
                yield response
            finally:
                self._observe(info, response.status, self._clock.monotonic() - started)

    async def respond(self, request: Request) -> Response:
        """The response, for who does not write it to a client."""
        async with self.answer(request) as response:
            return response

    async def _guarded(self, request: Request, info: RequestInfo, held: ExitStack) -> Response:
        """Every way to fail, as an answer."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._respond(request, info, held)
        except Exception as error:  # noqa: BLE001  (no request may end the process)
            return _failed(error, Call(request, parse_query(request.raw_query)))

    async def _respond(self, request: Request, info: RequestInfo, held: ExitStack) -> Response:
        user, request = await self._authenticator.authenticate(request)
        user = await impersonate(user, request, self._authorizer)
        held.enter_context(self._in_flight.admit(user))
        decision = await self._authorizer.decide(user, info)
        if not decision.allowed:
            raise StatusError(forbidden(user, info, decision.reason))
        return self._handle(request)

    def _handle(self, request: Request) -> Response:
        responses = (handler(request) for handler in self._handlers)
        return next(response for response in responses if response is not None)


def _failed(error: Exception, call: Call) -> Response:
    request = call.request
    match error:
        case Unauthenticated():
            _log.debug("unauthenticated", target=request.target, why=str(error))
            response = call.failed(Status(401, "Unauthorized", "Unauthorized"))
        case StatusError():
            response = _with(call.failed(error.status), _NOSNIFF)
        case TooManyRequests():
            response = too_many_requests()
        case TimeoutError():
            response = answer(504, _TEXT, jsontext.dump(timed_out().fields()).encode())
        case ReviewError():
            text = f"Internal Server Error: {quote(request.target)}: {error}\n"
            body = text.encode("utf-8", "surrogateescape")
            response = _with(answer(500, _TEXT, body), _NOSNIFF)
        case _:
            _log.error(
                "request failed", method=request.method, target=request.target, exc_info=error
            )
            what = f"Internal error occurred: {type(error).__name__}; see the server's log"
            response = call.failed(Status(500, "InternalError", what))
    return response


def _completed(request: Request, response: Response) -> Response:
    """With the headers that every answer has."""
    wanted = request.header("audit-id") or ""
    audit_id = wanted if _AUDIT_ID.fullmatch(wanted) else str(uuid.uuid4())
    if not any(name == "Cache-Control" for name, _ in response.headers):
        response = _with(response, NO_CACHE)
    if hides_token(request):
        response = _with(response, ("Warning", f'299 - "{_TOO_MANY_BLANKS}, and is ignored"'))
    return _with(response, ("Audit-Id", audit_id))


def _with(response: Response, field: tuple[str, str]) -> Response:
    return replace(response, headers=(*response.headers, field))
