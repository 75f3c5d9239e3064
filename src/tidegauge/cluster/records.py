"""The slim records that informers keep: only the fields that somebody reads."""

import msgspec

NO_LABELS = b"{}"


class Node(msgspec.Struct, frozen=True, gc=False):
    """A node. `labels` is the raw JSON object as the API server wrote it, shared between equals."""

    name: str
    labels: bytes = NO_LABELS
    addresses: tuple[tuple[str, str], ...] = ()
    """Type and address, in the order of `.status.addresses`."""
    kubelet_port: int = 0
    """`.status.daemonEndpoints.kubeletEndpoint.Port`; 0 when not set."""
    ready: bool = False
    created: str = ""
    """RFC 3339, as the API server wrote it."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Only those that say how to scrape the node."""

    @property
    def key(self) -> str:
        return self.name


class Pod(msgspec.Struct, frozen=True, gc=False):
    """A running pod."""

    namespace: str
    name: str
    node: str = ""
    """The node it was placed on; empty when not known."""
    labels: bytes = NO_LABELS

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name
