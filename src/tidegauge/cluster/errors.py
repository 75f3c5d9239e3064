"""What can go wrong between us and the API server: one class per remedy.

Each error names the URL or file, says what the other side said, and ends with what to do about it.
"""

import msgspec


class ClusterError(Exception):
    """The API server can't be asked, or said no."""

    cause = "other"


class KubeconfigError(ClusterError):
    """Kubeconfig or in-cluster files that can't be used; names the file and the field."""


class CredentialError(ClusterError):
    """A token, certificate or exec plugin gave nothing usable; names the file or the command."""

    cause = "credentials"


class ApiError(ClusterError):
    """A request failed. `url` is what was asked, `detail` what came of it."""

    remedy = ""

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"{url}: {detail}" + (f"; {self.remedy}" if self.remedy else ""))
        self.url = url
        self.detail = detail


class Unreachable(ApiError):  # noqa: N818  (reads as what happened, like those below it)
    """No connection, or it broke before the answer was whole."""

    cause = "unreachable"
    remedy = "check that the API server runs and that this address and port lead to it"


class UnknownHost(Unreachable):
    cause = "dns"
    remedy = "check the host name and this machine's DNS"


class Untrusted(Unreachable):
    """TLS failed: the certificate, its name, or the protocol."""

    cause = "tls"
    remedy = (
        "check certificate-authority, and tls-server-name if the address is not in the certificate"
    )


class TimedOut(Unreachable):
    cause = "timeout"
    remedy = "check firewalls and the load of the API server"


class BadBody(ApiError):  # noqa: N818  (names what came)
    """An answer that can't be read as what was asked for."""

    cause = "bad_body"
    remedy = "check that a Kubernetes API server answers there, and nothing in between rewrites it"


class ErrorAnswer(ApiError):  # noqa: N818  (names what came)
    """The API server answered, with an error. `retry_after` is in seconds, 0 when it named none."""

    def __init__(self, url: str, code: int, status: "Status", retry_after: float = 0.0) -> None:
        said = status.message or status.reason or "no reason given"
        super().__init__(url, f"HTTP {code}: {said}")
        self.code = code
        self.status = status
        self.retry_after = retry_after


class Rejected(ErrorAnswer):
    """The API server does not take the request as it stands (400, 422 and the like)."""

    cause = "rejected"


class Unauthorized(ErrorAnswer):
    cause = "unauthorized"
    remedy = "the credentials are missing, wrong or expired"


class Forbidden(ErrorAnswer):
    cause = "forbidden"
    remedy = "grant it to this user by RBAC"


class NotFound(ErrorAnswer):
    cause = "not_found"


class Conflict(ErrorAnswer):
    """The object is there already, or is not the version any more that was to be changed."""

    cause = "conflict"


class Gone(ErrorAnswer):
    """The resource version or continue token is too old: list again."""

    cause = "gone"


class TooManyRequests(ErrorAnswer):
    cause = "too_many_requests"


class ServerError(ErrorAnswer):
    """The API server failed at it (5xx)."""

    cause = "server_error"


class StatusDetails(msgspec.Struct, rename="camel"):
    retry_after_seconds: int = 0


class Status(msgspec.Struct):
    """A `meta/v1` Status, as far as errors need it."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: StatusDetails | None = None


_BY_CODE: dict[int, type[ErrorAnswer]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: TooManyRequests,
}


def error_answer(url: str, code: int, status: Status, retry_after: float = 0.0) -> ErrorAnswer:
    """The error for an HTTP status, or for the code of a Status inside a watch stream."""
    kind = _BY_CODE.get(code) or (ServerError if code >= 500 else Rejected)
    if not retry_after and status.details:
        retry_after = float(status.details.retry_after_seconds)
    return kind(url, code, status, retry_after)
