"""Reads from the API server, where a refusal is an answer too."""

from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

from msgspec import Struct, field

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Unreachable
from tidegauge.doctor.evidence import Unread
from tidegauge.units.clock import Clock

PAGE = 500
"""Objects of one answer: what kubectl asks for, too."""

WHOLE = 512 << 20
"""Bytes of one answer. Metrics come in no pages: 150,000 pods with their labels are 90 MB."""

T = TypeVar("T")


class _ListMeta(Struct, frozen=True):
    more: str = field(name="continue", default="")


class _Page(Struct, Generic[T], frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: tuple[T, ...] | None = None


class Reading:
    """As one identity. Only a server that does not answer at all is an error: Unreachable."""

    def __init__(self, client: Client, progress: Callable[[str], None]) -> None:
        self._client = client
        self._progress = progress
        self._reached = False

    async def list(self, path: str, kind: type[T], **params: str) -> tuple[T, ...] | Unread:
        """All pages."""
        what = _named(path)
        self._progress(f"list {what}")
        return await self._tried(f"list {what}", self._pages(path, kind, params))

    async def get(self, path: str, kind: type[T]) -> T | Unread:
        return await self._tried(f"get {_named(path)}", self._client.get(path, type=kind))

    async def text(self, path: str, **params: str) -> str | Unread:
        return await self._tried(f"get {_named(path)}", self._text(path, params))

    async def skew(self, clock: Clock) -> float:
        """Seconds by which the API server's clock is ahead of ours; 0 where it does not tell.

        HTTP tells whole seconds, so half of one may be wrong, and half of the answer's time.
        """
        got = await self._tried("get version", self._skew(clock))
        return 0.0 if isinstance(got, Unread) else got

    async def _skew(self, clock: Clock) -> float:
        began = clock.now()
        async with self._client.stream("/version", accept="application/json") as answer:
            ours = (began + clock.now()) / 2
            try:
                return parsedate_to_datetime(answer.date).timestamp() + 0.5 - ours
            except ValueError:
                return 0.0

    async def _pages(self, path: str, kind: type[T], params: dict[str, str]) -> tuple[T, ...]:
        found: list[T] = []
        asked = {"limit": str(PAGE), **params}
        while True:
            page = await self._client.get(path, type=_Page[kind], params=asked, limit=WHOLE)  # type: ignore[valid-type]
            found += page.items or ()
            if not page.metadata.more:
                return tuple(found)
            asked["continue"] = page.metadata.more

    async def _text(self, path: str, params: dict[str, str]) -> str:
        accept = "text/plain, */*"
        _type, body = await self._client.read(path, accept=accept, params=params)
        return body.decode(errors="replace")

    async def _tried(self, what: str, asking: Awaitable[T]) -> T | Unread:
        try:
            got = await asking
        except ClusterError as error:
            if isinstance(error, Unreachable) and not self._reached:
                raise
            return Unread(what=what, cause=error.cause, detail=str(error))
        self._reached = True
        return got


def _named(path: str) -> str:
    """What a path asks for, nearly as authorization names it: `pods/log in kube-system`."""
    words = path.strip("/").split("/")
    if words[0] not in ("api", "apis"):
        return path
    group, words = ("", words[2:]) if words[0] == "api" else (f".{words[1]}", words[3:])
    where = ""
    if words[:1] == ["namespaces"] and len(words) > 2:
        where, words = f" in {words[1]}", words[2:]
    resource, _name, *sub = (*words, "")[:3]
    return "/".join([resource + group, *filter(None, sub)]) + where
