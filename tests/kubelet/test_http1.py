import gzip
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegauge.kubelet.http1 import (
    CHUNK_COUNT_LIMIT,
    HEAD_LIMIT,
    HEADER_COUNT_LIMIT,
    LINE_LIMIT,
    CutOffError,
    HttpError,
    ResponseReader,
    TooLargeError,
    build_request,
)

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\n\r\n"
)


def head(*lines: bytes, status=b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", b""])


def read(data, cuts=(), *, end=False, **options):
    """Feed the pieces between the cuts; what came of it, or the error."""
    reader = ResponseReader(**options)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    try:
        for start, stop in pairwise(places):
            if reader.feed(data[start:stop]):
                break
        if end and not reader.done:
            reader.end()
    except HttpError as error:
        return type(error)
    return reader.done, reader.status, reader.body


def each_byte(data):
    return range(len(data))


WHOLE = {
    "a length": (HELLO, b"hello"),
    "chunks, with an extension": (CHUNKED, b"hello"),
    "chunks and trailers": (CHUNKED[:-2] + b"Trailer: x\r\n\r\n", b"hello"),
    "sizes in capitals and with zeros": (
        head(b"Transfer-Encoding: Chunked") + b"00A\r\n0123456789\r\n000\r\n\r\n",
        b"0123456789",
    ),
    "line feeds alone end lines": (HELLO.replace(b"\r\n", b"\n"), b"hello"),
    "no body": (head(b"Content-Length: 0"), b""),
    "a status that has no body": (head(status=b"204 No Content"), b""),
    "an interim answer first": (head(status=b"103 Early Hints") + HELLO, b"hello"),
    "two interim answers first": (head(b"A: b", status=b"100 Continue") * 2 + HELLO, b"hello"),
    "the same length twice": (
        head(b"Content-Length: 5", b"content-length: 5") + b"hello",
        b"hello",
    ),
    "chunks win over a length": (
        CHUNKED.replace(b"\r\n", b"\r\nContent-Length: 9\r\n", 1),
        b"hello",
    ),
    "no reason": (HELLO.replace(b" OK", b""), b"hello"),
}


@pytest.mark.parametrize(("data", "body"), WHOLE.values(), ids=WHOLE)
def test_an_answer_ends_where_http_says(data, body):
    """Each way of telling where a body ends is understood, in one piece and byte by byte."""
    assert read(data) == (True, 204 if b"204" in data else 200, body)
    assert read(data, each_byte(data)) == read(data)


@pytest.mark.parametrize("data", [data for data, _ in WHOLE.values()], ids=WHOLE)
def test_an_answer_cut_anywhere_is_never_taken_for_whole(data):
    """Every proper beginning of an answer is unfinished, and an error once the stream ends."""
    for length in range(len(data)):
        assert not read(data[:length])[0]
        assert read(data[:length], end=True) is CutOffError


def test_without_a_length_the_end_of_the_stream_ends_the_body():
    """As HTTP/1.0 does it; the connection is then spent."""
    reader = ResponseReader()

    assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhel")
    assert not reader.feed(b"lo")
    assert reader.end()
    assert (reader.body, reader.reusable) == (b"hello", False)


REUSABLE = {
    "by default": (HELLO, True),
    "not when it says close": (head(b"Connection: Close", b"Content-Length: 0"), False),
    "not when close is one of several": (
        head(b"Connection: x, close", b"Content-Length: 0"),
        False,
    ),
    "not in HTTP/1.0": (HELLO.replace(b"1.1", b"1.0"), False),
    "in HTTP/1.0 if it says so": (
        HELLO.replace(b"1.1", b"1.0").replace(b"\r\n", b"\r\nConnection: keep-alive\r\n", 1),
        True,
    ),
    "not after more than the answer": (HELLO + b"!", False),
    "not with chunks and a length at once": (WHOLE["chunks win over a length"][0], False),
}


@pytest.mark.parametrize(("data", "expected"), REUSABLE.values(), ids=REUSABLE)
def test_a_connection_is_kept_only_when_the_next_answer_can_be_told_apart(data, expected):
    """Another request may follow when both sides know where this answer ended."""
    reader = ResponseReader()
    reader.feed(data)

    assert reader.reusable is expected


BAD = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 OK\r\n\r\n",
    "digits of another script": "HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(),
    "a header without a colon": head(b"Content-Length 5"),
    "a header without a name": head(b": 5"),
    "a blank before the colon": head(b"Content-Length : 5"),
    "a folded header": head(b"A: b", b" c"),
    "a length that is no number": head(b"Content-Length: 0x5"),
    "a negative length": head(b"Content-Length: -5"),
    "two lengths": head(b"Content-Length: 5", b"Content-Length: 6"),
    "another transfer encoding": head(b"Transfer-Encoding: gzip, chunked"),
    "an encoding we did not ask for": head(b"Content-Encoding: br", b"Content-Length: 0"),
    "gzip that we did not ask for": head(b"Content-Encoding: gzip", b"Content-Length: 0"),
    "another protocol chosen": head(status=b"101 Switching Protocols"),
    "a chunk without a size": head(b"Transfer-Encoding: chunked") + b"\r\n",
    "a signed size": head(b"Transfer-Encoding: chunked") + b"+5\r\nhello\r\n",
    "a size with an underscore": head(b"Transfer-Encoding: chunked") + b"1_0\r\n",
    "a size with a prefix": head(b"Transfer-Encoding: chunked") + b"0x5\r\nhello\r\n",
    "a chunk longer than it said": head(b"Transfer-Encoding: chunked") + b"4\r\nhello\r\n",
    "an endless status line": b"HTTP/1.1 200 " + b"x" * (LINE_LIMIT + 1),
    "an endless header": head()[:-2] + b"A: " + b"x" * (LINE_LIMIT + 1),
    "endless headers": head()[:-2] + b"A: b\r\n" * (HEADER_COUNT_LIMIT + 1),
    "endless interim answers": head(status=b"103 Early Hints") * (HEAD_LIMIT // 20),
    "endless trailers": CHUNKED[:-2] + b"A: b\r\n" * (HEADER_COUNT_LIMIT + 1),
    "an endless extension of a chunk": CHUNKED[:-5] + b"0;" + b"x" * (LINE_LIMIT + 1),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_not_http_is_an_error(data):
    """Whatever breaks the protocol, or has no end, is refused as soon as it is seen."""
    assert read(data) is HttpError
    assert read(data, range(0, len(data), 7)) is HttpError


LARGE = {
    "a length": head(b"Content-Length: 101"),
    "a length of many digits": head(b"Content-Length: " + b"9" * 18),
    "a chunk": head(b"Transfer-Encoding: chunked") + b"65\r\n",
    "a chunk of many digits": head(b"Transfer-Encoding: chunked") + b"f" * 15 + b"\r\n",
    "many chunks": head(b"Transfer-Encoding: chunked")
    + b"20\r\n"
    + (b"x" * 32 + b"\r\n20\r\n") * 4,
    "no end": head() + b"x" * 101,
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
def test_a_body_over_the_limit_is_refused_before_it_is_read(data):
    """The announced size is enough; without one, the first byte too many is."""
    assert read(data, limit=100) is TooLargeError


def test_a_body_in_a_million_crumbs_is_refused():
    """A kubelet sends kilobytes in a chunk; taking single bytes would cost us seconds."""
    crumbs = b"1\r\nx\r\n" * CHUNK_COUNT_LIMIT
    data = head(b"Transfer-Encoding: chunked") + crumbs

    assert read(data + b"0\r\n\r\n")[-1] == b"x" * CHUNK_COUNT_LIMIT
    assert read(data + b"1\r\nx\r\n") is HttpError


def zipped(body, *, cut=0):
    packed = gzip.compress(body)
    packed = packed[: len(packed) - cut]
    length = b"Content-Length: %d" % len(packed)
    return head(b"Content-Encoding: gzip", length) + packed


def test_gzip_is_unpacked_when_asked_for():
    """In one piece, byte by byte and in chunks."""
    body = b"node_cpu_usage_seconds_total 1\n" * 50
    packed = gzip.compress(body)
    chunked = head(b"Content-Encoding: gzip", b"Transfer-Encoding: chunked") + b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:9], packed[9:10], packed[10:], b"")
    )

    for data in (zipped(body), chunked):
        assert read(data, gzip=True) == (True, 200, body)
        assert read(data, each_byte(data), gzip=True) == (True, 200, body)


def test_unpacking_stops_at_the_limit():
    """A small body that would unpack to more than the limit is as large as it unpacks."""
    assert read(zipped(bytes(10_000)), gzip=True, limit=9_999) is TooLargeError
    assert read(zipped(bytes(10_000)), gzip=True, limit=10_000) == (True, 200, bytes(10_000))


def test_damaged_gzip_is_an_error():
    """Bytes that are no gzip, and gzip that ends early, are told apart from a body."""
    assert read(head(b"Content-Encoding: gzip", b"Content-Length: 5") + b"hello", gzip=True) is (
        HttpError
    )
    assert read(zipped(b"hello", cut=4), gzip=True) is CutOffError


def test_whether_anything_came_is_known():
    """The difference between a connection that had been closed and an answer that broke off."""
    reader = ResponseReader()
    assert not reader.started

    reader.feed(b"H")

    assert reader.started


@example(HELLO, [], False)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    *(HELLO[i : i + 9] for i in range(0, len(HELLO), 9)),
                    *CHUNKED.splitlines(keepends=True),
                    *(line + b"\r\n" for data in BAD.values() for line in data[:60].splitlines()),
                    b"\r\n",
                    b"\n",
                    b"0",
                ]
            ),
            max_size=12,
        ).map(b"".join),
    ),
    st.lists(st.integers(0, 300), max_size=10),
    st.booleans(),
)
def test_any_bytes_cut_anyhow_give_an_answer_or_an_http_error(data, cuts, zips):
    """No input raises anything else, and how it was cut makes no difference."""
    options = {"limit": 200, "gzip": zips, "end": True}

    assert read(data, cuts, **options) == read(data, each_byte(data), **options)


def test_a_request_is_written_to_the_letter():
    """Host, agent and what we can read; a token only if there is one."""
    assert build_request("/metrics/resource", "[::1]:10250", agent="tidegauge/1", token="t0") == (
        b"GET /metrics/resource HTTP/1.1\r\n"
        b"Host: [::1]:10250\r\n"
        b"User-Agent: tidegauge/1\r\n"
        b"Accept: text/plain;version=0.0.4,*/*;q=0.1\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Authorization: Bearer t0\r\n"
        b"\r\n"
    )
    assert b"Authorization" not in build_request("/", "n:1", agent="a")
    assert b"Accept-Encoding: gzip\r\n" in build_request("/", "n:1", agent="a", gzip=True)
