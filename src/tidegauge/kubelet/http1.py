"""HTTP/1.1 without sockets: a request as bytes, and a reader that is fed the bytes of an answer.

Only what a kubelet's answer needs (RFC 9112): Content-Length, chunked, until the end of the stream,
interim answers, gzip. Everything that comes in has a bound.
"""

import re
import zlib
from collections.abc import Generator

BODY_LIMIT = 8 << 20
"""110 pods say 105 kB; a thousand pods of five containers each would say 4 MB. Parsing the worst
body of this size holds the loop for half a second."""

HEAD_LIMIT = 64 << 10
"""Of status line and headers, interim ones and trailers included; Go's servers write under 1 kB."""

LINE_LIMIT = 16 << 10
"""Of one header, or of a chunk's size with its extensions."""

HEADER_COUNT_LIMIT = 100
"""A kubelet sends four."""

CHUNK_COUNT_LIMIT = 16 << 10
"""Four times what Go's server, which sends 2 kB in each, needs for a body of that size. Eight
million chunks of one byte would hold the loop for nine seconds."""

_CRLF = b"\r\n"
_PLAIN_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})\r\n")
_CHUNK_LINE = re.compile(rb"[0-9a-fA-F]{1,15}[ \t]*(;.*)?")


class HttpError(Exception):
    """The answer is not what HTTP/1.1 allows, or not what we asked for."""


class TooLargeError(HttpError):
    """The body is larger than its limit."""


class CutOffError(HttpError):
    """The connection ended before the answer did."""


def build_request(
    path: str, authority: str, *, agent: str, token: str = "", gzip: bool = False
) -> bytes:
    """A GET request. The caller sees to it that no value holds blanks or line ends."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {authority}",
        f"User-Agent: {agent}",
        "Accept: text/plain;version=0.0.4,*/*;q=0.1",
        f"Accept-Encoding: {'gzip' if gzip else 'identity'}",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class ResponseReader:
    """Reads one answer to a GET request. `feed` it pieces cut anywhere until it says it is done.

    Then `status`, `reason`, `body` and `headers` (names in lower case; of repeated ones the last)
    hold the answer, and `reusable` tells whether another request may follow on the connection.
    `started` is true once any byte came. Raises HttpError and its kinds, and nothing else.
    """

    def __init__(self, *, limit: int = BODY_LIMIT, gzip: bool = False) -> None:
        self.status = 0
        self.reason = ""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.reusable = False
        self.started = False
        self.done = False
        self._limit = limit
        self._gzip = gzip
        self._buffer = bytearray()
        self._ended = False
        self._head_bytes = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._inflate: zlib._Decompress | None = None
        self._steps = self._read_answer()
        next(self._steps)

    def feed(self, data: bytes | memoryview) -> bool:
        """Take the next bytes; true when the answer is whole."""
        self.started = self.started or len(data) > 0
        self._buffer += data
        return self._advance()

    def end(self) -> bool:
        """The stream ended. True when the answer is whole, else raises CutOffError."""
        self._ended = True
        return self._advance()

    def _advance(self) -> bool:
        if not self.done:
            try:
                next(self._steps)
            except StopIteration:
                self.done = True
                self.reusable = self.reusable and not self._buffer
        return self.done

    def _read_answer(self) -> Generator[None]:
        yield
        yield from self._read_head()
        while 100 <= self.status < 200:
            if self.status == 101:
                raise HttpError("it switched protocols, which nobody asked for")
            yield from self._read_head()
        self._choose_encoding()
        if "transfer-encoding" in self.headers:
            yield from self._read_chunks()
        elif self.status in {204, 304}:
            pass
        elif "content-length" in self.headers:
            yield from self._read_exactly(self._content_length())
        else:
            yield from self._read_to_end()
        self._finish_body()

    def _more(self, what: str) -> Generator[None]:
        if self._ended:
            raise CutOffError(f"the connection ended in the middle of {what}")
        yield

    def _read_line(self, what: str) -> Generator[None, None, bytes]:
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LINE_LIMIT:
                raise HttpError(f"a line of {what} is over {LINE_LIMIT} bytes long")
            yield from self._more(what)
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        if at > LINE_LIMIT:
            raise HttpError(f"a line of {what} is over {LINE_LIMIT} bytes long")
        return line.removesuffix(b"\r")

    def _read_head_line(self, what: str) -> Generator[None, None, bytes]:
        line = yield from self._read_line(what)
        self._head_bytes += len(line) + 2
        if self._head_bytes > HEAD_LIMIT:
            raise HttpError(f"its headers are over {HEAD_LIMIT} bytes long")
        return line

    def _read_head(self) -> Generator[None]:
        line = yield from self._read_head_line("the status line")
        version, _, rest = line.decode("latin-1").partition(" ")
        code, _, self.reason = rest.partition(" ")
        if version not in {"HTTP/1.1", "HTTP/1.0"} or not _is_status(code):
            raise HttpError(f"{line[:60]!r} is no status line of HTTP/1.1")
        self.status = int(code)
        self.headers = yield from self._read_headers("the headers")
        connection = self.headers.get("connection", "").lower()
        options = {option.strip() for option in connection.split(",")}
        self.reusable = "close" not in options and (
            version == "HTTP/1.1" or "keep-alive" in options
        )

    def _read_headers(self, what: str) -> Generator[None, None, dict[str, str]]:
        headers: dict[str, str] = {}
        for _ in range(HEADER_COUNT_LIMIT):
            line = yield from self._read_head_line(what)
            if not line:
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not name or name.strip() != name:
                raise HttpError(f"{line[:60]!r} is no header")
            name, value = name.lower(), value.strip()
            if name == "content-length" and headers.get(name, value) != value:
                raise HttpError(f"it has two lengths, {headers[name][:20]} and {value[:20]}")
            headers[name] = value
        raise HttpError(f"it has over {HEADER_COUNT_LIMIT} headers")

    def _choose_encoding(self) -> None:
        encoding = self.headers.get("content-encoding", "identity").lower()
        if encoding == "gzip" and self._gzip:
            self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        elif encoding not in {"", "identity"}:
            raise HttpError(f"its body is encoded as {encoding[:40]!r}, which we did not ask for")
        transfer = self.headers.get("transfer-encoding", "chunked").lower()
        if transfer != "chunked":
            raise HttpError(f"it is transferred as {transfer[:40]!r}, we know only chunked")

    def _content_length(self) -> int:
        text = self.headers["content-length"]
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise HttpError(f"{text[:40]!r} is no length")
        self._check_size(int(text))
        return int(text)

    def _read_exactly(self, length: int) -> Generator[None]:
        while len(self._buffer) < length:
            yield from self._more("the body")
        self._take(length)

    def _read_to_end(self) -> Generator[None]:
        self.reusable = False
        while not self._ended:
            self._take(len(self._buffer))
            yield
        self._take(len(self._buffer))

    def _read_chunks(self) -> Generator[None]:
        # Both lengths at once is how requests are smuggled: believe chunks, drop the connection.
        self.reusable = self.reusable and "content-length" not in self.headers
        self._take_whole_chunks()
        while size := _chunk_size((yield from self._read_line("a chunk"))):
            if len(self._parts) == CHUNK_COUNT_LIMIT:
                raise HttpError(f"its body comes in over {CHUNK_COUNT_LIMIT} chunks")
            self._check_size(self._size + size)
            while len(self._buffer) < size + 2:
                yield from self._more("a chunk")
            self._take(size)
            if not self._buffer.startswith(_CRLF):
                raise HttpError("a chunk is longer than it said")
            del self._buffer[: len(_CRLF)]
            self._take_whole_chunks()
        yield from self._read_headers("the trailers")

    def _take_whole_chunks(self) -> None:
        """Take the chunks that are here from end to end, as long as nothing about them is odd.

        Go's server writes fifteen for a body of 30 kB, and most come at once: in one loop an answer
        is read in half the time, which is 4 % of a scrape.
        """
        if self._inflate is not None or not _PLAIN_SIZE.match(self._buffer):
            return
        data, at = bytes(self._buffer), 0
        while (match := _PLAIN_SIZE.match(data, at)) and (size := int(match[1], 16)):
            start = match.end()
            end = start + size
            if (
                not data.startswith(_CRLF, end)
                or self._size + size > self._limit
                or len(self._parts) == CHUNK_COUNT_LIMIT
            ):
                break
            self._parts.append(data[start:end])
            self._size += size
            at = end + len(_CRLF)
        del self._buffer[:at]

    def _take(self, length: int) -> None:
        """Move bytes from the buffer to the body."""
        part = bytes(self._buffer[:length])
        del self._buffer[:length]
        if self._inflate is not None:
            try:
                part = self._inflate.decompress(part, self._limit - self._size + 1)
            except zlib.error as error:
                raise HttpError(f"its gzip is damaged: {error}") from error
        self._check_size(self._size + len(part))
        self._size += len(part)
        self._parts.append(part)

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise TooLargeError(f"the body is over {self._limit} bytes long")

    def _finish_body(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise CutOffError("its gzip ends early")
        self.body = b"".join(self._parts)
        self._parts.clear()


def _is_status(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isdigit() and code >= "100"


def _chunk_size(line: bytes) -> int:
    if not _CHUNK_LINE.fullmatch(line):
        raise HttpError(f"{line[:40]!r} is no size of a chunk")
    return int(line.partition(b";")[0], 16)
