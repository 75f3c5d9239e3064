"""/metrics: on the API's port behind authorization, if asked for on a plain port of its own too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tidegauge.serving.bodies import accepts_gzip, gzip
from tidegauge.serving.messages import Request, Response
from tidegauge.telemetry.metrics import CONTENT_TYPE

PATH = "/metrics"


class MetricsPage:
    def __init__(self, render: Callable[[], bytes]) -> None:
        self._render = render

    def respond(self, request: Request) -> Response | None:
        if request.raw_path != PATH:
            return None
        fields, body = [("Content-Type", CONTENT_TYPE)], self._render()
        if accepts_gzip(request.header("accept-encoding") or ""):
            fields, body = [*fields, ("Content-Encoding", "gzip")], gzip(body)
        return Response(200, fields, body)

    def answer(self, request: Request) -> AbstractAsyncContextManager[Response]:
        """For a port on which nobody is asked who they are."""
        return self._answer(request)

    @asynccontextmanager
    async def _answer(self, request: Request) -> AsyncIterator[Response]:
        nowhere = Response(404, [("Content-Type", "text/plain; charset=utf-8")], b"see /metrics\n")
        yield self.respond(request) or nowhere
