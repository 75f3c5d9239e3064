"""Where the API server is and how to prove who we are, be it from kubeconfig or in a pod."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tidegauge.cluster.errors import KubeconfigError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where every container with a service account finds its files."""

Pem: TypeAlias = bytes | Path
"""PEM text given inline, or the file that holds it and may be replaced while we run."""


@dataclass(frozen=True, slots=True)
class ExecConfig:
    """An exec credential plugin, as `users[].user.exec` describes it."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = "IfAvailable"
    cluster_config: object = None
    """The cluster's extension for exec plugins, handed on as it stands."""


@dataclass(frozen=True, slots=True)
class Access:
    """One API server and one identity. `source` names the file or environment it was read from."""

    source: str
    server: str
    """Scheme, host and perhaps a port and path; without a slash at the end."""
    namespace: str = "default"
    certificate_authority: Pem | None = None
    """None means the system's own roots."""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    token: str = ""
    token_file: Path | None = None
    client_certificate: Pem | None = None
    client_key: Pem | None = None
    exec: ExecConfig | None = None
    impersonation: tuple[tuple[str, str], ...] = field(default=())
    """Header names and values that ask the API server to act as somebody else."""

    def __post_init__(self) -> None:
        if self.server.startswith("http://") and self._has_credentials():
            raise KubeconfigError(
                f"{self.source}: cluster.server {self.server} is plain HTTP, and credentials are "
                "not sent in the clear; use https:// or a user without credentials"
            )

    def _has_credentials(self) -> bool:
        return bool(self.token or self.token_file or self.client_certificate or self.exec)


def in_cluster(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Access:
    """Access as a pod has it; the files are read, and read again, by whoever uses them.

    Raises KubeconfigError when this does not run in a pod.
    """
    host = environ.get("KUBERNETES_SERVICE_HOST", "")
    port = environ.get("KUBERNETES_SERVICE_PORT", "")
    if not (host and port):
        raise KubeconfigError(
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is no pod; "
            "pass --kubeconfig"
        )
    if not (folder / "token").is_file():
        raise KubeconfigError(
            f"{folder / 'token'} is missing; let the pod mount its service account's token "
            "(automountServiceAccountToken)"
        )
    namespace = folder / "namespace"
    return Access(
        source="in-cluster service account",
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        certificate_authority=folder / "ca.crt",
        token_file=folder / "token",
    )
