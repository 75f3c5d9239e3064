"""What an API server says of a kubelet it could not ask, as the scraper's own causes."""

import pytest

from tidegauge.cluster.errors import Forbidden, NotFound, ServerError, Status, TimedOut
from tidegauge.doctor.proxying import ProxyTransport
from tidegauge.kubelet.errors import KubeletError
from tidegauge.kubelet.target import Target
from tidegauge.units.clock import SystemClock

URL = "https://api/api/v1/nodes/worker-1/proxy/metrics/resource"


def unavailable(text: str) -> ServerError:
    message = f"error trying to reach service: {text}"
    return ServerError(URL, 503, Status(message=message, reason="ServiceUnavailable"))


SAID = {
    "no right": (Forbidden(URL, 403, Status(message="no", reason="Forbidden")), "no_proxy"),
    "no such node": (NotFound(URL, 404, Status(message="no", reason="NotFound")), "no_proxy"),
    "the kubelet says 403": (
        Forbidden(URL, 403, Status(message="Forbidden (user=x)")),
        "forbidden",
    ),
    "the kubelet says 404": (NotFound(URL, 404, Status(message="404 page")), "not_found"),
    "the kubelet says 500": (ServerError(URL, 500, Status(message="oh no")), "status"),
    "refused": (
        unavailable("dial tcp 10.0.0.1:10250: connect: connection refused"),
        "refused",
    ),
    "no route": (unavailable("dial tcp 10.0.0.1:10250: connect: no route to host"), "unreachable"),
    "off": (unavailable("dial tcp 10.0.0.1:10250: i/o timeout"), "connect_timeout"),
    "slow": (unavailable("context deadline exceeded"), "timeout"),
    "no name": (unavailable("dial tcp: lookup worker-1: no such host"), "dns"),
    "a stranger's": (
        unavailable(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        ),
        "tls_unknown_authority",
    ),
    "another name": (
        unavailable("x509: certificate is valid for 10.0.0.9, not 10.0.0.1"),
        "tls_wrong_name",
    ),
    "no addresses": (
        unavailable(
            "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs"
        ),
        "tls_wrong_name",
    ),
    "expired": (unavailable("x509: certificate has expired or is not yet valid"), "tls_expired"),
    "broken": (unavailable("EOF"), "connection_lost"),
    "else": (unavailable("who knows"), "connect"),
    "the API server is slow": (TimedOut(URL, "no answer in time"), "connect"),
}


@pytest.mark.parametrize(("error", "cause"), SAID.values(), ids=SAID)
async def test_cause(error: Exception, cause: str) -> None:
    """Each of the API server's sentences has the cause, and so the remedy, of the scraper's own."""

    class Refusing:
        async def read(self, *_: object, **__: object) -> tuple[str, bytes]:
            raise error

    transport = ProxyTransport(Refusing(), SystemClock())  # type: ignore[arg-type]
    with pytest.raises(KubeletError) as caught:
        await transport.get(Target("worker-1", ("10.0.0.1",), 10250), 1.0)
    assert caught.value.cause == cause
