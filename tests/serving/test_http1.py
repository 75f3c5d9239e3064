"""Heads of requests and responses as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.serving.http1 import (
    MAX_FIELDS,
    MAX_PARAMETERS,
    MAX_PATH,
    Head,
    ProtocolError,
    encode_head,
    encode_refusal,
    parse_head,
)


def parse(*lines: str) -> Head:
    return parse_head("\r\n".join(lines).encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("/", "/"),
        ("*", "*"),
        ("/a?b=%zz&c", "/a?b=%zz&c"),
        ("//a/../b;c#d", "//a/../b;c#d"),
        ("/é", "/é"),
        ("/\udcff", "/\udcff"),
        ("http://other.example/a?b", "/a?b"),
        ("HTTPS://other.example", "/"),
        ("http://other.example?b", "/?b"),
    ],
)
def test_target(target: str, seen: str) -> None:
    """A target is kept as sent, less the scheme and host that a proxy's client writes."""
    assert parse(f"GET {target} HTTP/1.1", "Host: a").target == seen


@pytest.mark.parametrize("method", ["GET", "get", "FOO", "M-SEARCH"])
def test_method(method: str) -> None:
    """Any token is a method, for the API to refuse."""
    assert parse(f"{method} / HTTP/1.1", "Host: a").method == method


@pytest.mark.parametrize(
    ("lines", "keep_alive"),
    [
        (["GET / HTTP/1.1", "Host: a"], True),
        (["GET / HTTP/1.7", "Host: a"], True),
        (["GET / HTTP/1.1", "Host: a", "Connection: Close"], False),
        (["GET / HTTP/1.1", "Host: a", "Connection: x", "connection: y , close"], False),
        (["GET / HTTP/1.0"], False),
        (["GET / HTTP/1.0", "Connection: Keep-Alive"], True),
        (["GET / HTTP/1.0", "Connection: keep-alive, close"], False),
    ],
)
def test_keep_alive(lines: list[str], keep_alive: bool) -> None:
    """A connection goes on by default from 1.1 on, before it only when asked for."""
    assert parse(*lines).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        (["Content-Length: 12"], 12),
        (["Content-Length: 12", "Content-Length: 12"], 12),
        (["Transfer-Encoding: Chunked"], None),
    ],
)
def test_body_length(lines: list[str], length: int | None) -> None:
    """The length of a body is known, or needs decoding."""
    assert parse("POST / HTTP/1.1", "Host: a", *lines).body_length == length


def test_fields() -> None:
    """Names are lower-case, values lose their outer blanks, repeated fields stay apart."""
    head = parse("GET / HTTP/1.1", "Host: a", "X-A:  b\t c ", "x-a:", "X-B: \udcff")

    assert head.headers == (("host", "a"), ("x-a", "b\t c"), ("x-a", ""), ("x-b", "\udcff"))


HOST = "Host: a"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([""], 400),
        (["GET"], 400),
        (["GET /"], 400),
        (["GET / HTTP"], 400),
        (["GET / http/1.1", HOST], 400),
        (["G T / HTTP/1.1", HOST], 400),
        (["GET  HTTP/1.1", HOST], 400),
        ([" / HTTP/1.1", HOST], 400),
        (["GET a HTTP/1.1", HOST], 400),
        (["GET /a b HTTP/1.1", HOST], 400),
        (["GET /\x00 HTTP/1.1", HOST], 400),
        (["GET /a\tb HTTP/1.1", HOST], 400),
        (["GET /%zz HTTP/1.1", HOST], 400),
        (["GET /% HTTP/1.1", HOST], 400),
        (["GET ftp://a/b HTTP/1.1", HOST], 400),
        (["GET /?" + "&" * MAX_PARAMETERS + " HTTP/1.1", HOST], 400),
        (["GET /" + "a" * MAX_PATH + " HTTP/1.1", HOST], 414),
        (["GET / HTTP/2.0", HOST], 505),
        (["GET / HTTP/1.1"], 400),
        (["GET / HTTP/1.1", HOST, HOST], 400),
        (["GET / HTTP/1.1", "Host: a/b"], 400),
        (["GET / HTTP/1.1", HOST, "Bad Name: b"], 400),
        (["GET / HTTP/1.1", HOST, "X : b"], 400),
        (["GET / HTTP/1.1", HOST, ": b"], 400),
        (["GET / HTTP/1.1", HOST, "nothing"], 400),
        (["GET / HTTP/1.1", HOST, "X: a", " folded"], 400),
        (["GET / HTTP/1.1", HOST, "X: a\nY: b"], 400),
        (["GET / HTTP/1.1", HOST, "X: a\rY: b"], 400),
        (["GET / HTTP/1.1", HOST, "X: a\x00"], 400),
        (["GET / HTTP/1.1", HOST, *["X: a"] * MAX_FIELDS], 431),
        (["GET / HTTP/1.1", HOST, "Content-Length: -1"], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length: +1"], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length:"], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length: 1, 1"], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length: " + "9" * 19], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length: 1", "Content-Length: 2"], 400),
        (["GET / HTTP/1.1", HOST, "Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["GET / HTTP/1.1", HOST, "Transfer-Encoding: gzip"], 501),
        (["GET / HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501),
        (["GET / HTTP/1.1", HOST, "Transfer-Encoding: x, chunked"], 501),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_refused(lines: list[str], status: int) -> None:
    """What two servers could read in two ways, or nobody can, is refused with its status."""
    with pytest.raises(ProtocolError) as caught:
        parse(*lines)

    assert caught.value.status == status


@given(
    st.binary(max_size=400) | st.text("GET /:HTPos1.\r\n, chunkedlh-", max_size=80).map(str.encode)
)
def test_any_bytes(block: bytes) -> None:
    """Whatever comes is a head or a ProtocolError, and a head can be shown."""
    try:
        head = parse_head(block)
    except ProtocolError:
        return
    assert head.target.startswith(("/", "*"))
    assert all(name == name.lower() for name, _ in head.headers)


def test_encoded_head() -> None:
    """A response's head is a status line and one line a field."""
    assert encode_head(404, [("A", "b"), ("C", "é")]) == (
        "HTTP/1.1 404 Not Found\r\nA: b\r\nC: é\r\n\r\n".encode()
    )


@pytest.mark.parametrize("field", [("A", "b\r\nC: d"), ("A\n", "b"), ("A", "b\r")])
def test_no_field_breaks_out(field: tuple[str, str]) -> None:
    """A line break in a field is an error, not another field."""
    with pytest.raises(ValueError, match="line break"):
        encode_head(200, [field])


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (ProtocolError(400), b"400 Bad Request"),
        (ProtocolError(400, "malformed Host header"), b"400 Bad Request: malformed Host header"),
    ],
)
def test_refusal(error: ProtocolError, body: bytes) -> None:
    """What was no request is answered in the form of Go's server."""
    assert encode_refusal(error) == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Connection: close\r\n\r\n" + body
    )
