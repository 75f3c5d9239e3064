"""/metrics: on the API's port behind authorization, if asked for on a plain port of its own too."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tidegauge.serving.bodies import accepts_gzip, gzip
from tidegauge.serving.messages import Request, Response
from tidegauge.telemetry.metrics import CONTENT_TYPE

PATH = "/metrics"

_ESCAPING = re.compile("escaping=(allow-utf-8|underscores|dots|values)")
"""Ways to write names that are no plain words. None of ours needs any, so each can be promised."""


class MetricsPage:
    def __init__(self, render: Callable[[], bytes]) -> None:
        self._render = render

    def respond(self, request: Request) -> Response | None:
        if request.raw_path != PATH:
            return None
        escaping = ["underscores", *_ESCAPING.findall(request.header("accept") or "")][-1]
        content_type = f"{CONTENT_TYPE}; escaping={escaping}"
        fields, body = [("Content-Type", content_type)], self._render()
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
