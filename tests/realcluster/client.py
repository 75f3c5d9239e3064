"""A small blocking client for the API server and for servers under test."""

import json
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.realcluster.pki import Pair

TIMEOUT_SECONDS = 60.0

# Where each kind that the tests create lives. Cluster-scoped kinds have no namespace in their path.
_PLURALS = {
    "APIService": "apiservices",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Namespace": "namespaces",
    "Node": "nodes",
    "Pod": "pods",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}


class Answer(NamedTuple):
    """An HTTP answer; `headers` with lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class RequestFailed(Exception):  # noqa: N818  (reads as what happened; "Error" adds nothing)
    """The server answered with 400 or more."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        self.status = answer.status
        self.answer = answer
        super().__init__(f"{method} {path}: {answer.status} {answer.body[:2000].decode()}")


def object_path(manifest: Mapping[str, Any]) -> str:
    """The path of an object, from its own apiVersion, kind, namespace and name."""
    api, metadata = manifest["apiVersion"], manifest["metadata"]
    prefix = f"/apis/{api}" if "/" in api else f"/api/{api}"
    namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{prefix}{namespace}/{_PLURALS[manifest['kind']]}/{metadata['name']}"


class Client:
    """Requests to one server as one identity; a connection per thread, kept open.

    Args:
        url: scheme, host and port.
        authority: PEM the server's certificate is verified with; None verifies nothing.
        pair: client certificate.
        token: bearer token.

    """

    def __init__(
        self,
        url: str,
        authority: bytes | None,
        pair: Pair | None = None,
        token: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._context = client_context(authority, pair)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._local = threading.local()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return whatever came back; `body` is bytes or becomes JSON.

        Raises:
            OSError: no connection, or it broke.

        """
        sent = {"Accept": "application/json", **self._headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response, content = self._exchange(method, path, data, sent)
        return Answer(
            response.status, {key.lower(): value for key, value in response.getheaders()}, content
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send one request and return the decoded JSON (None for an empty body).

        Raises:
            RequestFailed: status 400 or more.
            OSError: no connection, or it broke.

        """
        answer = self.send(method, path, body, headers)
        if answer.status >= 400:
            raise RequestFailed(method, path, answer)
        return answer.json() if answer.body else None

    def apply(self, manifest: Mapping[str, Any]) -> Any:
        """Create the object or bring it to what `manifest` says (server-side apply)."""
        path = f"{object_path(manifest)}?fieldManager=realcluster&force=true"
        kind = {"Content-Type": "application/apply-patch+yaml"}
        return self.request("PATCH", path, manifest, kind)

    def delete(self, manifest: Mapping[str, Any]) -> None:
        """Delete the object if it is there."""
        answer = self.send("DELETE", object_path(manifest))
        if answer.status >= 400 and answer.status != 404:
            raise RequestFailed("DELETE", object_path(manifest), answer)

    def close(self) -> None:
        """Close this thread's connection."""
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        fresh = "connection" not in self._local.__dict__
        if fresh:
            self._local.connection = _Connection(
                self._host, self._port, context=self._context, timeout=TIMEOUT_SECONDS
            )
        try:
            self._local.connection.request(method, path, data, dict(headers))
            response = self._local.connection.getresponse()
            return response, response.read()
        except (OSError, HTTPException) as error:
            self.close()
            if fresh:
                raise OSError(f"{method} {path}: {error!r}") from error
        # A kept connection may have been closed by the other side since; a new one tells.
        return self._exchange(method, path, data, headers)


class _Connection(HTTPSConnection):
    """Closes itself with its thread or client, which is all that anybody wants of it."""

    def __del__(self) -> None:
        self.close()


def client_context(authority: bytes | None, pair: Pair | None = None) -> ssl.SSLContext:
    """A TLS context that trusts `authority` alone, or everything, and shows `pair`."""
    if authority is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context(cadata=authority.decode())
    if pair is not None:
        load_pair(context, pair)
    return context


def load_pair(context: ssl.SSLContext, pair: Pair) -> None:
    """Give a context its certificate; the ssl module takes it from files only."""
    with TemporaryDirectory() as folder:
        certificate, key = pair.write(Path(folder), "pair")
        context.load_cert_chain(certificate, key)
