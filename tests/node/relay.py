"""Hands connections on: what kube-proxy would do for the Service of the API server."""

import socket
import socketserver
import threading
from contextlib import suppress
from typing import Self

CHUNK = 1 << 16


class Relay:
    """From one address to another, in threads; a context manager."""

    def __init__(self, source: tuple[str, int], target: tuple[str, int]) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(target) as there:
                    back = threading.Thread(target=_pump, args=(there, self.request))
                    back.start()
                    _pump(self.request, there)
                    back.join()

        self._server = socketserver.ThreadingTCPServer(source, Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Until the source ends; then the target is told so. A reset ends it too."""
    with suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
