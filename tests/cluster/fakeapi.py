"""An API server on loopback that does what a test says, over TLS or not."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme
from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class FakeApi:
    """Answers each request by `handler`, and keeps what was asked."""

    handler: Handler
    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        return await self.handler(request)


def server_context(authority: trustme.CA, *names: str, client_ca: trustme.CA | None = None):
    """A server's TLS context with a certificate for `names`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    if client_ca:
        client_ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeApi]:
    """Serve on a free port of 127.0.0.1."""
    api = FakeApi(handler)
    runner = web.ServerRunner(web.Server(api), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        host, port = runner.addresses[0]
        api.url = f"{'https' if tls else 'http'}://{host}:{port}"
        yield api
    finally:
        await runner.cleanup()


def answering(*answers: web.Response | Exception) -> Handler:
    """A handler that gives these answers in turn, the last for ever."""
    left = list(answers)

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return web.Response(
            status=answer.status,
            body=answer.body,
            headers={k: v for k, v in answer.headers.items() if k != "Content-Length"},
        )

    return handler
