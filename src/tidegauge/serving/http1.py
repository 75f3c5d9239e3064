"""HTTP/1.1 as bytes: heads of requests in, heads of responses out; no sockets, no clocks.

Our own, because the API answers to methods that nobody registered and to targets in raw UTF-8,
which aiohttp's parser refuses before a handler can see them. It is strict about what separates
one request from the next (line ends, lengths), since a proxy in front must read the same.

A request's body is never kept: nothing in this API takes one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

HEAD_END = b"\r\n\r\n"

MAX_HEAD = 1 << 20
"""Bytes of a head, as Go's server allows: label selectors stand in the request line."""

MAX_FIELDS = 1000
"""Header fields of a request: a user's groups each take one. A megabyte of tiny ones would hold
the loop for half a second."""

MAX_PATH = 16 << 10
"""Bytes of a path: names and namespaces have 253 each. Only queries need more."""

MAX_PARAMETERS = 10_000
"""Pieces of a query, as newer Go servers allow; a million would hold the loop."""

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/(?P<major>[0-9])\.(?P<minor>[0-9])")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BAD_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(rb"[A-Za-z0-9!$%&'()*+,\-.:;=\[\]_~]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_ABSOLUTE = re.compile(rb"https?://[^/?]*", re.IGNORECASE)


class ProtocolError(Exception):
    """What came is no request that we can answer; the connection ends after saying so."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request. `target` is as sent, without the scheme and host of a proxy's form;
    header names are lower-case, bytes that are no UTF-8 are surrogate escapes.
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body_length: int | None
    """None when only decoding the body would tell."""

    keep_alive: bool


def parse_head(block: bytes) -> Head:
    """The head in `block`, which ends before its empty line. Raises ProtocolError."""
    first, *lines = block.split(b"\r\n")
    method, target, version = _parse_request_line(first)
    if len(lines) > MAX_FIELDS:
        raise ProtocolError(431, f"more than {MAX_FIELDS} header fields")
    fields = [_parse_field(line) for line in lines]
    _check_host(fields, version)
    options = {
        option.strip().lower()
        for name, value in fields
        if name == b"connection"
        for option in value.split(b",")
    }
    return Head(
        method=method.decode("ascii"),
        target=target.decode("utf-8", "surrogateescape"),
        version=version,
        headers=tuple(
            (name.decode("ascii"), value.decode("utf-8", "surrogateescape"))
            for name, value in fields
        ),
        body_length=_body_length(fields),
        keep_alive=b"close" not in options and (version == "1.1" or b"keep-alive" in options),
    )


def _parse_request_line(line: bytes) -> tuple[bytes, bytes, str]:
    method, space, rest = line.partition(b" ")
    target, other_space, protocol = rest.rpartition(b" ")
    if not space or not other_space or not _TOKEN.fullmatch(method):
        raise ProtocolError(400)
    version = _VERSION.fullmatch(protocol)
    if not version:
        raise ProtocolError(400)
    if version["major"] != b"1":
        raise ProtocolError(505, "unsupported protocol version")
    return method, _check_target(target), "1.0" if version["minor"] == b"0" else "1.1"


def _check_target(target: bytes) -> bytes:
    if absolute := _ABSOLUTE.match(target):
        target = target[absolute.end() :]
        target = target if target.startswith(b"/") else b"/" + target
    if _BAD_TARGET.search(target) or not (target.startswith(b"/") or target == b"*"):
        raise ProtocolError(400)
    path, _, query = target.partition(b"?")
    if _BAD_ESCAPE.search(path):
        raise ProtocolError(400)
    if len(path) > MAX_PATH:
        raise ProtocolError(414)
    if query.count(b"&") >= MAX_PARAMETERS:
        raise ProtocolError(400, f"more than {MAX_PARAMETERS} parameters")
    return target


def _parse_field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.fullmatch(name):
        raise ProtocolError(400, "invalid header name")
    if _CONTROL.search(value):
        raise ProtocolError(400, "invalid header value")
    return name.lower(), value.strip(b" \t")


def _check_host(fields: list[tuple[bytes, bytes]], version: str) -> None:
    hosts = [value for name, value in fields if name == b"host"]
    if version == "1.1" and not hosts:
        raise ProtocolError(400, "missing required Host header")
    if len(hosts) > 1:
        raise ProtocolError(400, "too many Host headers")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise ProtocolError(400, "malformed Host header")


def _body_length(fields: list[tuple[bytes, bytes]]) -> int | None:
    lengths = {value for name, value in fields if name == b"content-length"}
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    if codings:
        if codings != [b"chunked"]:
            raise ProtocolError(501, "Unsupported transfer encoding")
        if lengths:  # two ways to find the next request are one too many
            raise ProtocolError(400)
        return None
    if not lengths:
        return 0
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise ProtocolError(400)
    return int(lengths.pop())


def encode_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """The head of a response. ValueError when a field would break out of its line."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a response header holds a line break")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def encode_refusal(error: ProtocolError) -> bytes:
    """The whole answer to what was no request, in the form of Go's server."""
    text = f"{error.status} {_phrase(error.status)}"
    body = f"{text}: {error.detail}" if error.detail else text
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    return encode_head(error.status, fields) + body.encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
