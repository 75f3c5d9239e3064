"""The kubelets' shell: a TLS port on the loopback device for each node."""

import socket

from tidegauge.security.certificates import Pair
from tidegauge.security.serving_context import ServingContext
from tidegauge.serving.connection import Answering
from tidegauge.serving.server import Server, open_socket

ADDRESS = "127.0.0.1"
"""All nodes have it and are told apart by their ports, so that this works wherever Python does."""


class KubeletServer:
    """Serves one node. `answer` and `pair` may be replaced at any time, as faults do it."""

    def __init__(self, answer: Answering, pair: Pair, client_authority: bytes) -> None:
        self.answer = answer
        self.pair = pair
        self._client_authority = client_authority
        self._server: Server | None = None

    def current(self) -> Pair:
        """The pair of the next handshake."""
        return self.pair

    @property
    def listening(self) -> bool:
        return self._server is not None

    async def start(self, sock: socket.socket) -> None:
        # Looked up at each request: it may be another by then.
        server = Server(lambda request: self.answer(request))  # noqa: PLW0108  (see above)
        context = ServingContext(self, lambda: [self._client_authority])
        await server.listen(sock, context.outer)
        self._server = server

    async def stop(self) -> None:
        """End all connections at once, as a machine does that loses its power."""
        if self._server:
            await self._server.drain(0)
            self._server = None


def open_port(port: int = 0) -> socket.socket:
    """A socket for a kubelet; any free port by default. Raises OSError."""
    return open_socket(ADDRESS, port)
