"""One recorded request on a TLS connection of its own, byte for byte, and what came back."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.transcripts.records import Asked, Reply

HOST = "localhost"

TIMEOUT_SECONDS = 30.0
"""Nothing recorded took a second; machines that build beside the replay may."""

AUTHORIZATION = {
    "reader-token": "Bearer <TOKEN:reader-token>",
    "foreign-cert-with-token": "Bearer <TOKEN:reader-token>",
    "bad-token": "Bearer not-a-token",
    "empty-token": "Bearer ",
    "basic": "Basic YWRtaW46YWRtaW4=",
}

REFUSED_BY_TLS = frozenset(
    {"expired-cert", "not-yet-cert", "server-only-cert", "foreign-cert", "foreign-cert-with-token"}
)
"""Certificates for which OpenSSL ends the handshake, where Go goes on and answers 401."""


class Exchange:
    """Asks the server at a URL of this machine, as any of the recorded identities.

    Args:
        contexts: what each identity shows in the TLS handshake.
        token: of the service account that `<TOKEN:reader-token>` stands for.

    """

    def __init__(self, url: str, contexts: Mapping[str, ssl.SSLContext], token: str) -> None:
        self._port = urlsplit(url).port
        self._contexts = contexts
        self._token = token

    def ask(self, asked: Asked) -> Reply:
        """One request and its answer.

        Raises:
            OSError: no connection, or TLS refused the identity.

        """
        context = self._contexts[asked.identity]
        with (
            socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(raw_request(asked, self._token))
            with http.client.HTTPResponse(connection, method=asked.method) as response:
                response.begin()
                return Reply(response.status, response.getheaders(), response.read())


def raw_request(asked: Asked, token: str) -> bytes:
    """The bytes to send: nothing is added but what the transcripts' README names."""
    fields = {"Host": HOST} | asked.headers
    if "Authorization" not in fields and asked.identity in AUTHORIZATION:
        fields["Authorization"] = AUTHORIZATION[asked.identity]
    body = (asked.body or "").encode()
    if asked.body is not None and not asked.raw_body:
        fields["Content-Length"] = str(len(body))
    lines = [f"{asked.method} {asked.path} HTTP/{asked.http}"]
    lines += [
        f"{name}: {value}".replace("<TOKEN:reader-token>", token)
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
