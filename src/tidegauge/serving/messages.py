"""A request and a response as plain data: what everything but the transport works on."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class User:
    """Who is asking, as authentication found it."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One HTTP request. `target` is the raw request target; header names are lower-case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    http_version: str = "1.1"
    peer_chain: tuple[bytes, ...] = ()
    """DER of the client's certificates as TLS verified them, its own first; empty without one."""

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def header_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @cached_property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def raw_query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response. A body is bytes, or an iterator of slices between which others breathe.

    A slice may be empty: nothing is to be written yet, it is only a moment for others.
    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | Iterator[bytes] = b""
    lasting: AsyncGenerator[bytes, None] | None = None
    """A body that goes on for as long as its client stays, such as a watch's, instead of that."""
