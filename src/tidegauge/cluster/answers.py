"""From what HTTP and the network said to our errors."""

import os
import ssl

import aiohttp
import msgspec

from tidegauge.cluster.errors import (
    ApiError,
    ErrorAnswer,
    Status,
    StatusDetails,
    TimedOut,
    UnknownHost,
    Unreachable,
    Untrusted,
    error_answer,
)
from tidegauge.cluster.protobuf import VARINT, fields, unwrap

PROTOBUF = "application/vnd.kubernetes.protobuf"

SHOWN = 300
"""Characters shown of an error body that is no Status, such as a proxy's page."""


def refusal(
    url: str, code: int, content_type: str, body: bytes, retry_after: str | None
) -> ErrorAnswer:
    """The error for an HTTP answer other than 2xx."""
    seconds = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    return error_answer(url, code, _status(content_type, body), seconds)


def _status(content_type: str, body: bytes) -> Status:
    try:
        if content_type.startswith(PROTOBUF):
            return status_from_protobuf(body, *unwrap(body, 0, len(body)))
        return msgspec.json.decode(body, type=Status)
    except (msgspec.MsgspecError, ValueError, IndexError):
        return Status(message=body[:SHOWN].decode(errors="replace").strip())


def status_from_protobuf(data: bytes, start: int, end: int) -> Status:
    """The Status message at `data[start:end]`; field numbers of meta/v1. Raises ValueError."""
    status = Status()
    for number, begin, stop in fields(data, start, end):
        if number == 3:
            status.message = data[begin:stop].decode()
        elif number == 4:
            status.reason = data[begin:stop].decode()
        elif number == 5:
            seconds = (n for i, n, kind in fields(data, begin, stop) if (i, kind) == (5, VARINT))
            status.details = StatusDetails(next(seconds, 0))
        elif number == 6:
            status.code = begin
    return status


def unreachable(url: str, error: BaseException) -> ApiError:
    """The error for a failure of the network, by its cause."""
    detail = _detail(error)
    tls = _tls_error(error)
    if tls:
        return Untrusted(url, f"TLS failed: {tls}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return UnknownHost(url, f"the name is not known: {detail}")
    if isinstance(error, TimeoutError):
        return TimedOut(url, "no answer in time")
    return Unreachable(url, detail)


def _detail(error: BaseException) -> str:
    """What went wrong, without aiohttp's inner life where that is all it tells."""
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno or 0
        # For the system's errors asyncio puts its own words into `strerror`; a resolver's number
        # is below zero.
        return os.strerror(number) if number > 0 else error.os_error.strerror or str(error.os_error)
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection broke before the answer was whole"
    return str(error) or type(error).__name__


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error at the root of what aiohttp raised, if that is what it was."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return error
