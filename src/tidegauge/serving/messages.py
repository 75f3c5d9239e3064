"""A request and a response as plain data: what everything but the transport works on."""

from collections.abc import Iterator, Mapping, Sequence
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
    peer_certificate: bytes | None = None
    """DER of the client certificate that the TLS layer verified against one of our CAs, if any."""

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
    """One HTTP response. A body is bytes, or an iterator of slices that lets others breathe between."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | Iterator[bytes] = b""
