"""How to ask one node: the only thing this room knows about it."""

from dataclasses import dataclass

RESOURCE_METRICS_PATH = "/metrics/resource"


@dataclass(frozen=True, slots=True)
class Target:
    """One node's kubelet.

    - `addresses`: host names or IP addresses (IPv6 without brackets), in the order to try them.
    - `path`: percent-encoded, begins with a slash, has no query.
    - `server_name`: the name its certificate must be for; None means the dialled address.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    path: str = RESOURCE_METRICS_PATH
    server_name: str | None = None

    def authority(self, address: str) -> str:
        """Host and port as a URL and the Host header have them."""
        return f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
