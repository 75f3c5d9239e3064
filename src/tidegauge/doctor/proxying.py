"""Asks kubelets through the API server: from a laptop there is often no other way to them.

It shows what they say, not whether the metrics server can reach them.
"""

import re

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ApiError, ErrorAnswer, Forbidden, NotFound
from tidegauge.kubelet import errors
from tidegauge.kubelet.diagnosis import STATUS_ERRORS
from tidegauge.kubelet.errors import ConnectError, KubeletError, StatusError
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body
from tidegauge.units.clock import Clock


class NoProxyError(KubeletError):
    """The API server does not let this user through, whatever the kubelet would say."""

    cause = "no_proxy"


class ProxyTransport:
    """A `kubelet.transport.Transport`, as the user whose client it is."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def get(self, target: Target, timeout: float) -> Body:  # noqa: ASYNC109, ARG002  (the protocol's; the client has a limit of its own)
        path = f"/api/v1/nodes/{target.name}/proxy{target.path}"
        requested_at = self._clock.now()
        try:
            _type, data = await self._client.read(path, accept="text/plain")
        except ApiError as error:
            raise _explained(target.name, error) from error
        return Body(data, requested_at)

    def forget(self, name: str) -> None:
        """Nothing is kept of a node."""

    def close(self) -> None:
        """The client is not ours."""


_WORDS: tuple[tuple[str, type[KubeletError]], ...] = (
    ("is valid for|doesn't contain any IP SANs|not valid for any names", errors.WrongNameError),
    ("certificate has expired|not yet valid", errors.ExpiredError),
    ("certificate|x509", errors.UnknownAuthorityError),
    ("connection refused", errors.RefusedError),
    ("no such host", errors.DnsError),
    ("no route to host|network is unreachable", errors.UnreachableError),
    ("dial tcp .*timeout", errors.ConnectTimeoutError),
    ("timeout|deadline exceeded", errors.DeadlineError),
    ("EOF|reset by peer", errors.ConnectionLostError),
)
"""Of Go's errors, as the API server hands them on; the first that is found counts."""


def _explained(node: str, error: ApiError) -> KubeletError:
    """The API server's own refusals are a Status with a reason; a kubelet's are plain text."""
    if isinstance(error, (Forbidden, NotFound)) and error.status.reason:
        return NoProxyError(node, error.url, error.detail)
    if isinstance(error, ErrorAnswer) and not error.status.reason:
        return STATUS_ERRORS.get(error.code, StatusError)(node, error.url, error.detail)
    found = (kind for words, kind in _WORDS if re.search(words, error.detail))
    return next(found, ConnectError)(node, error.url, error.detail)
