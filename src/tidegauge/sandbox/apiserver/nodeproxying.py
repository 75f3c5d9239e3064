"""The way from the API server to a kubelet: `/api/v1/nodes/NAME/proxy/PATH`."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from tidegauge.sandbox.apiserver.identities import KUBELET_CLIENT, Identities
from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.security.contexts import client_context
from tidegauge.security.files import Inline
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import Status, StatusError

ANSWER_SECONDS = 10.0
"""For a kubelet's whole answer: the simulated ones answer in milliseconds, or play a fault."""

KUBELET_PORT = 10250
"""Of a kubelet that told none."""


class NodeProxy:
    """Asks as the API server itself, whoever it is that asked, as a real one does."""

    def __init__(self, storage: Storage, identities: Identities) -> None:
        self._storage = storage
        self._token = identities.token(KUBELET_CLIENT)
        self._context = client_context([Inline("the CA", identities.authority.certificate)])

    async def forward(self, request: Request, info: RequestInfo) -> Response:
        """The kubelet's own answer. Raises StatusError: no such node, or it cannot be asked."""
        node = self._storage.get("nodes", "", info.name)
        if node is None:
            text = f'nodes "{info.name}" not found'
            raise StatusError(Status(404, "NotFound", text))
        _, _, path = request.target.partition("/proxy")
        try:
            return await self._asked(request.method, _url(node) + path)
        except (aiohttp.ClientError, OSError) as error:
            text = f"error trying to reach service: {_in_gos_words(error)}"
            raise StatusError(Status(503, "ServiceUnavailable", text)) from error

    async def _asked(self, method: str, url: str) -> Response:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.request(method, url, ssl=self._context, allow_redirects=False) as got,
        ):
            kind = got.headers.get("Content-Type", "text/plain")
            return Response(got.status, [("Content-Type", kind)], await got.read())


def _in_gos_words(error: BaseException) -> str:
    """As clients of a real API server know them."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"dial tcp {error.host}:{error.port}: connect: connection refused"
    if isinstance(error, TimeoutError):
        return "context deadline exceeded"
    return "EOF"


def _url(node: Mapping[str, Any]) -> str:
    """Raises StatusError where no kubelet has told its address."""
    status = node.get("status", {})
    told = {one["type"]: one["address"] for one in status.get("addresses", ())}
    if "InternalIP" not in told:
        raise StatusError(Status(500, "", "no preferred addresses found; known addresses: []"))
    endpoint = status.get("daemonEndpoints", {}).get("kubeletEndpoint", {})
    return f"https://{told['InternalIP']}:{endpoint.get('Port', KUBELET_PORT)}"
