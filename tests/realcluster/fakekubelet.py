"""One fake kubelet: its figures, its manners, and what it was asked."""

import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.realcluster.faults import HEALTHY, Fault
from tests.realcluster.figures import Clock, Figures
from tests.realcluster.pki import Pair

PATH = "/metrics/resource"
# More than any test looks back; a bound because a benchmark asks for hours.
REQUESTS_KEPT = 1000


@dataclass(frozen=True)
class Seen:
    """One request as a kubelet got it.

    Attributes:
        at: the kubelet's own clock, without skew.
        token: the bearer token; None without one.
        user: common name of a verified client certificate; None without one.
        connection: number of the connection it came on, counted per kubelet.

    """

    at: float
    path: str
    headers: dict[str, str]
    token: str | None
    user: str | None
    connection: int


# Says with which status a request is answered: 200, 401 or 403.
Authorize = Callable[[Seen], int]


def allow_all(_: Seen) -> int:
    """No check at all."""
    return 200


class FakeKubelet(Figures):
    """One node's kubelet. Its figures, `fault` and certificate may be changed at any time.

    Attributes:
        fault: how it misbehaves.
        authorize: checks tokens and client certificates.
        path: where it serves its figures.
        compress: gzip for those who ask for it, as real ones do; off, for it costs CPU.
        chunked: chunks as real ones send them, or else a Content-Length.
        requests: the last ones, oldest first.
        refused_handshakes: TLS handshakes that failed, by the client's will or ours.

    """

    def __init__(
        self,
        name: str,
        address: str,
        port: int,
        clock: Clock,
        context: Callable[[Pair], ssl.SSLContext],
        pair: Pair | None,
        *,
        housekeeping: float,
        swap: bool,
    ) -> None:
        super().__init__(clock, housekeeping=housekeeping, swap=swap)
        self.name = name
        self.address = address
        self.port = port
        self.fault: Fault = HEALTHY
        self.authorize: Authorize = allow_all
        self.path = PATH
        self.compress = False
        self.chunked = True
        self.requests: deque[Seen] = deque(maxlen=REQUESTS_KEPT)
        self.refused_handshakes = 0
        self.connections = 0
        self.sockets: set[socket.socket] = set()
        self._make_context = context
        self.context = None if pair is None else context(pair)

    def use_certificate(self, pair: Pair) -> None:
        """Serve with that certificate from now on, and end the connections made with the old."""
        self.context = self._make_context(pair)
        self.drop_connections()

    def drop_connections(self) -> None:
        """End all connections, so that whoever wants an answer has to dial again."""
        for connection in tuple(self.sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
