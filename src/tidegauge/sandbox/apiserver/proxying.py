"""The way from the API server to an aggregated one: whom we trust there, and as whom we speak."""

from base64 import b64decode
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote as percent

import aiohttp

from tidegauge.security.certificates import Pair
from tidegauge.security.contexts import client_context, load_pair
from tidegauge.security.files import FileError, Inline
from tidegauge.serving.messages import Request, Response, User

CHECK_SECONDS = 5.0
"""For an answer to the availability check, as in kube-aggregator."""

WHOLE = 1 << 20
"""Bytes of an answer that is taken whole, so that the client's connection lives on after it."""

_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
)
_NOT_FORWARDED = _HOP_BY_HOP | {"authorization", "host"}


class Unreachable(Exception):  # noqa: N818  (reads as what happened)
    """The aggregated server can't be asked; the message says why."""


class Target(NamedTuple):
    """An aggregated server: where it listens, under which name, and who vouches for it."""

    host: str
    port: int
    name: str
    authority: bytes | None
    """PEM; None believes anybody, as `insecureSkipTLSVerify` says."""

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


class Proxy:
    """Speaks to aggregated servers as their front proxy; an async context."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[bytes | None, Any] = {}

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None  # it may be asked again, after the server's return

    async def get(self, target: Target, path: str, user: User, accept: str) -> tuple[int, bytes]:
        """Status and body, within the time of a check. Raises Unreachable."""
        headers = [("Accept", accept), *_identity(user)]
        timeout = aiohttp.ClientTimeout(total=CHECK_SECONDS)
        try:
            async with self._open().get(
                target.url + path,
                headers=headers,
                ssl=self._context(target),
                server_hostname=target.name,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError, FileError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def forward(self, target: Target, request: Request, user: User) -> Response:
        """The server's own answer to a client's request. Raises Unreachable."""
        asked = [
            (name, value)
            for name, value in request.headers
            if name not in _NOT_FORWARDED and not name.startswith("x-remote-")
        ]
        try:
            response = await self._open().request(
                request.method,
                target.url + request.target,
                headers=[*asked, *_identity(user)],
                data=request.body or None,
                ssl=self._context(target),
                server_hostname=target.name,
                allow_redirects=False,
            )
            headers = _forwarded(response.headers.items())
            length = response.content_length
            if length is None or length > WHOLE:
                return Response(response.status, headers, lasting=_pieces(response))
            return Response(response.status, headers, await response.read())
        except (aiohttp.ClientError, OSError, FileError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CHECK_SECONDS),
            )
        return self._session

    def _context(self, target: Target) -> Any:
        if target.authority not in self._contexts:
            authorities = [Inline("caBundle", target.authority)] if target.authority else []
            context = client_context(authorities, verify=target.authority is not None)
            pair = self._pair
            load_pair(
                context,
                Inline("the front proxy's certificate", pair.certificate),
                Inline("the front proxy's key", pair.key),
            )
            self._contexts[target.authority] = context
        return self._contexts[target.authority]


async def _pieces(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in response.content.iter_any():
            yield piece
    finally:
        response.close()


def _identity(user: User) -> list[tuple[str, str]]:
    """For whom we speak; an aggregated server believes it because of our certificate."""
    headers = [("X-Remote-User", user.name)]
    headers += [("X-Remote-Uid", user.uid)] if user.uid else []
    headers += [("X-Remote-Group", group) for group in user.groups]
    for key, values in user.extra.items():
        name = f"X-Remote-Extra-{percent(key, safe='')}"
        headers += [(name, value) for value in values]
    return headers


def _forwarded(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def target_of(spec: Mapping[str, Any], host: str, port: int) -> Target:
    """The target of an APIService whose Service leads to `host` and `port`."""
    service = spec["service"]
    bundle = b64decode(spec["caBundle"]) if spec.get("caBundle") else b""
    authority = None if spec.get("insecureSkipTLSVerify") else bundle
    return Target(host, port, f"{service['name']}.{service['namespace']}.svc", authority)
