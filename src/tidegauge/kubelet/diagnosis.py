"""From what the standard library raised to the error that says what to do: pure."""

import errno
import os
import socket
import ssl
from enum import Enum

from tidegauge.kubelet import errors
from tidegauge.kubelet.certificates import Seen
from tidegauge.kubelet.connection import NothingCameError
from tidegauge.kubelet.http1 import CutOffError, ResponseReader, TooLargeError

ERROR_BODY_CHARACTERS = 200
"""A kubelet's refusal is one line: who may not do what to which resource."""

# OpenSSL's verification codes (x509_vfy.h), as the standard library has no names for them.
_EXPIRED = {9, 10}
_UNKNOWN_AUTHORITY = {2, 7, 18, 19, 20, 21, 24, 79}
_WRONG_NAME = {62, 64}

_CONNECT_ERRORS: dict[int, type[errors.ConnectError]] = {
    errno.ECONNREFUSED: errors.RefusedError,
    errno.EHOSTUNREACH: errors.UnreachableError,
    errno.ENETUNREACH: errors.UnreachableError,
    errno.ETIMEDOUT: errors.ConnectTimeoutError,
    errno.EMFILE: errors.NoSocketError,
    errno.ENFILE: errors.NoSocketError,
}

STATUS_ERRORS: dict[int, type[errors.ResponseError]] = {
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
}


class Phase(Enum):
    """How far an ask has come; the value completes a sentence."""

    CONNECT = "connecting"
    HANDSHAKE = "in the TLS handshake"
    ANSWER = "waiting for the answer"
    BODY = "reading the answer"


def explain_certificate(
    node: str, url: str, name: str, error: ssl.SSLCertVerificationError, seen: Seen | None
) -> errors.TlsError:
    """A certificate that did not verify for `name`. `seen` is None when it can't be looked at."""
    code = error.verify_code
    if code in _UNKNOWN_AUTHORITY:
        who = f"signed by {seen.issuer}" if seen else f"not accepted ({error.verify_message})"
        return errors.UnknownAuthorityError(
            node, url, f"its certificate is {who}, whom we don't trust"
        )
    if code in _WRONG_NAME:
        names = ", ".join(seen.names) if seen and seen.names else "no names that we could see"
        return errors.WrongNameError(node, url, f"its certificate is for {names}, not for {name}")
    if code in _EXPIRED:
        when = f" ({seen.not_before} to {seen.not_after})" if seen else ""
        return errors.ExpiredError(node, url, f"{error.verify_message}{when}")
    return errors.TlsError(node, url, f"its certificate does not verify: {error.verify_message}")


def explain(node: str, url: str, phase: Phase, error: Exception) -> errors.KubeletError:
    """Any other failure, by what was being done."""
    if phase is Phase.CONNECT:
        return _explain_connect(node, url, error)
    if phase is Phase.HANDSHAKE:
        return errors.TlsError(node, url, f"the TLS handshake failed: {describe(error)}")
    return _explain_answer(node, url, error)


def _explain_connect(node: str, url: str, error: Exception) -> errors.ConnectError:
    if isinstance(error, socket.gaierror):
        return errors.DnsError(node, url, f"the name does not resolve: {describe(error)}")
    if isinstance(error, TimeoutError):
        return errors.ConnectTimeoutError(node, url, "no answer to the connection attempt")
    number = error.errno if isinstance(error, OSError) else None
    kind = _CONNECT_ERRORS.get(number or 0, errors.ConnectError)
    return kind(node, url, f"can't connect: {describe(error)}")


def _explain_answer(node: str, url: str, error: Exception) -> errors.KubeletError:
    if isinstance(error, TooLargeError):
        return errors.BodyTooLargeError(node, url, str(error))
    if isinstance(error, NothingCameError):
        return errors.ConnectionLostError(node, url, "the connection closed before any answer came")
    if isinstance(error, ConnectionError | CutOffError | ssl.SSLEOFError):
        return errors.ConnectionLostError(node, url, describe(error))
    if isinstance(error, ssl.SSLError):
        # With TLS 1.3 a server judges our certificate after our side of the handshake is done.
        text = describe(error)
        kind = errors.ClientCertificateError if "alert" in text else errors.TlsError
        return kind(node, url, f"TLS failed: {text}")
    if isinstance(error, OSError):
        return errors.ConnectionLostError(node, url, describe(error))
    return errors.BadHttpError(node, url, str(error))


def explain_lateness(node: str, url: str, phase: Phase, seconds: float) -> errors.KubeletError:
    """The deadline came first."""
    if phase is Phase.CONNECT:
        return errors.ConnectTimeoutError(
            node, url, f"no answer to the connection attempt within {seconds:g} s"
        )
    return errors.DeadlineError(node, url, f"not done within {seconds:g} s, still {phase.value}")


def explain_status(node: str, url: str, answer: ResponseReader) -> errors.ResponseError:
    """An answer that is not 200. Quotes its reason, and the beginning of its text."""
    if 300 <= answer.status < 400:
        location = answer.headers.get("location", "nowhere")[:ERROR_BODY_CHARACTERS]
        return errors.RedirectError(node, url, f"status {answer.status} points to {location!r}")
    kind = STATUS_ERRORS.get(answer.status, errors.StatusError)
    text = answer.body[: 4 * ERROR_BODY_CHARACTERS].decode("utf-8", "replace")
    quoted = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    said = f": {quoted[:ERROR_BODY_CHARACTERS]}" if quoted else ""
    return kind(node, url, f"status {answer.status}{said}")


def _ended_early(error: Exception) -> bool:
    """OpenSSL 3 has a second way to say it, and neither is for people."""
    reason = getattr(error, "reason", None)
    return isinstance(error, ssl.SSLEOFError) or reason == "UNEXPECTED_EOF_WHILE_READING"


def describe(error: Exception) -> str:
    """What happened, in the system's or OpenSSL's words."""
    if _ended_early(error):
        return "the connection ended without TLS's goodbye"
    if isinstance(error, ssl.SSLError):  # `reason` is set by OpenSSL's errors only
        return (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()
    if isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # asyncio puts its own words into `strerror`
    return str(error) or type(error).__name__
