"""Requests to the API server: one session, typed JSON, streams for watches, one error per cause.

- client-go takes HTTPS_PROXY and the like from the environment. We do not: in a pod they are meant
  for other things, and the way to the API server is `proxy-url` of the kubeconfig or none.
- No redirect is followed, so credentials go nowhere else; no cookie is kept.
- Answers are asked for uncompressed: on the way inside a cluster deflating costs both ends more
  than the bytes.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from tidegauge import __version__
from tidegauge.cluster.access import Access
from tidegauge.cluster.answers import refusal, unreachable
from tidegauge.cluster.credentials import Credentials
from tidegauge.cluster.deadline import deadline
from tidegauge.cluster.errors import BadBody, ErrorAnswer
from tidegauge.security.files import Report, unreported
from tidegauge.units.clock import Clock

JSON = "application/json"

ANSWER_SECONDS = 30.0
"""For a whole answer, or the head of a stream; a page of 500 full pods takes well under one."""

CONNECT_SECONDS = 10.0
"""For TCP: longer than two lost SYNs, short enough to try again within the answer's time."""

CLOSING_TURNS = 3
"""Of the loop, after which connections that are given up are closed: TLS, then what carries it."""

MAX_BODY = 64 << 20
"""Bytes of one answer: ten times a page of 500 pods with all their fields."""

MAX_ERROR_BODY = 64 << 10
"""Bytes of an error answer; a Status has a few hundred."""

_IDEMPOTENT = ("PUT", "DELETE")
"""aiohttp itself sends these once more when a kept connection turns out to be closed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stream:
    """An open answer whose body keeps coming."""

    url: str
    content_type: str
    _response: aiohttp.ClientResponse

    @property
    def date(self) -> str:
        """When it was answered by the API server's clock, as HTTP writes it; empty if unsaid."""
        return self._response.headers.get("Date", "")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives. Raises Unreachable when the connection breaks."""
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(self.url, error) from error

    async def body(self, limit: int = MAX_BODY) -> bytes:
        """The whole body. Raises BadBody when it is over `limit` bytes."""
        parts: list[bytes] = []
        async for chunk in self.chunks():
            parts.append(chunk)
            limit -= len(chunk)
            if limit < 0:
                raise BadBody(self.url, "the answer is too long")
        return b"".join(parts)

    def decode(self, body: bytes, kind: type[T]) -> T:
        """JSON as records. Raises BadBody."""
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            raise BadBody(self.url, str(error)) from error


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Mapping[str, str] | None = None
    accept: str = JSON
    data: bytes | None = None
    content_type: str = JSON
    repeatable: bool = True
    """Whether it may be sent again where it may have come through already."""


class Client:
    """An API server as one identity; an async context manager.

    Every request raises ApiError, or CredentialError when there is nothing to prove who we are.
    """

    def __init__(
        self,
        access: Access,
        clock: Clock,
        *,
        environ: Mapping[str, str] = os.environ,
        report: Report = unreported,
    ) -> None:
        self.access = access
        self.credentials = Credentials(access, clock, environ, report)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=[
                ("User-Agent", f"tidegauge/{__version__}"),
                ("Accept-Encoding", "identity"),
                *self.access.impersonation,
            ],
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()
            for _turn in range(CLOSING_TURNS):
                await asyncio.sleep(0)

    async def get(
        self,
        path: str,
        *,
        type: type[T],  # noqa: A002  (as msgspec names it)
        params: Mapping[str, str] | None = None,
        limit: int = MAX_BODY,
    ) -> T:
        """An object or list of at most `limit` bytes, decoded from JSON. `path` begins with a
        slash.
        """
        async with self._answer(_Request("GET", path, params), ANSWER_SECONDS) as got:
            return got.decode(await got.body(limit), type)

    async def post(
        self,
        path: str,
        body: Any,
        *,
        type: type[T],  # noqa: A002  (as msgspec names it)
        seconds: float = ANSWER_SECONDS,
    ) -> T:
        """Ask by POST, as reviews are asked; the answer, decoded from JSON.

        May be sent twice when a connection breaks: not for what must happen only once.
        """
        request = _Request("POST", path, data=msgspec.json.encode(body))
        async with self._answer(request, seconds) as got:
            return got.decode(await got.body(), type)

    async def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        type: type[T],  # noqa: A002  (as msgspec names it)
        content_type: str = JSON,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """Change something by POST, PUT, PATCH or DELETE; the answer, decoded from JSON.

        A body of None is none. What would happen twice if it were sent twice is not: a connection
        that breaks is then an error, and whether the change was made is not known. Raises Conflict
        where the object has changed since the version that the body names.
        """
        data = None if body is None else msgspec.json.encode(body)
        repeatable = method in _IDEMPOTENT
        request = _Request(method, path, params, JSON, data, content_type, repeatable)
        async with self._answer(request, ANSWER_SECONDS) as got:
            return got.decode(await got.body(), type)

    async def read(
        self, path: str, *, accept: str, params: Mapping[str, str] | None = None
    ) -> tuple[str, bytes]:
        """The media type of an answer, one of those accepted, and its bytes."""
        async with self._answer(_Request("GET", path, params, accept), ANSWER_SECONDS) as got:
            return got.content_type, await got.body()

    @asynccontextmanager
    async def stream(
        self, path: str, *, accept: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[Stream]:
        """An answer that lasts, such as a watch; only its head has to come in time."""
        request = _Request("GET", path, params, accept)
        async with self._answer(request, ANSWER_SECONDS, lasting=True) as got:
            yield got

    @asynccontextmanager
    async def _answer(
        self, request: _Request, seconds: float, *, lasting: bool = False
    ) -> AsyncIterator[Stream]:
        """A good answer. All of the block has to end in time, or only the head of a lasting one."""
        url = self.access.server + request.path
        async with deadline(url, seconds) as until:
            response = await self._proven(url, request)
            try:
                got = Stream(url, response.headers.get("Content-Type", ""), response)
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise await _refused(got, response)
                if lasting:
                    until.reschedule(None)
                yield got
            finally:
                _end(response)

    async def _proven(
        self, url: str, request: _Request, *, again: bool = True
    ) -> aiohttp.ClientResponse:
        """Send; once more if newer credentials may turn a 401, or the connection was closed."""
        await self.credentials.refresh()
        proof = self.credentials.bearer.current(), self.credentials.context()
        try:
            response = await self._send(url, request, *proof)
        except aiohttp.ServerDisconnectedError as error:
            # It may have been a kept connection, closed by the other side a moment before.
            if again and request.repeatable:
                return await self._proven(url, request, again=False)
            raise unreachable(url, error) from error
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(url, error) from error
        if again and response.status == HTTPStatus.UNAUTHORIZED and await self._renewed(*proof):
            response.close()
            return await self._proven(url, request, again=False)
        return response

    async def _renewed(self, token: str, context: ssl.SSLContext) -> bool:
        self.credentials.refused()
        await self.credentials.refresh()
        newest = self.credentials.bearer.current(), self.credentials.context()
        return newest != (token, context)

    async def _send(
        self, url: str, request: _Request, token: str, context: ssl.SSLContext
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the client is used outside of its `async with`")
        headers = {"Accept": request.accept}
        if request.data is not None:
            headers["Content-Type"] = request.content_type
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return await self._session.request(
            request.method,
            url,
            params=request.params,
            data=request.data,
            headers=headers,
            ssl=context,
            server_hostname=self.access.tls_server_name or None,
            proxy=self.access.proxy_url or None,
            allow_redirects=False,
        )


def _end(response: aiohttp.ClientResponse) -> None:
    """Let the connection go. One whose answer was not read to its end, such as a watch, is cut: a
    goodbye in TLS waits for the other side, and may outlive the loop.
    """
    if response.connection and (transport := response.connection.transport):
        transport.abort()
    response.close()


async def _refused(got: Stream, response: aiohttp.ClientResponse) -> ErrorAnswer:
    body = await got.body(MAX_ERROR_BODY)
    wait = response.headers.get("Retry-After")
    return refusal(got.url, response.status, got.content_type, body, wait)
