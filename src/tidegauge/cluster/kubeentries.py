"""One cluster and one user of a kubeconfig: what their fields mean together.

Every error names the file and the field.
"""

import base64
import binascii
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tidegauge.cluster.access import ExecConfig, Pem
from tidegauge.cluster.errors import KubeconfigError
from tidegauge.cluster.kubefile import Cluster, Exec, User

EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
INTERACTIVE_MODES = ("Never", "IfAvailable", "Always")
EXEC_EXTENSION = "client.authentication.k8s.io/exec"
"""Reserved name of the cluster extension that is passed to an exec plugin."""


@dataclass(frozen=True)
class Place:
    """Where a field was read, for messages and for relative paths."""

    path: Path
    entry: str

    def error(self, name: str, problem: str) -> KubeconfigError:
        return KubeconfigError(f"{self.path}: {self.entry}.{name}: {problem}")

    def resolve(self, value: str) -> Path:
        return self.path.parent / Path(value).expanduser() if value else Path()

    def pem(self, name: str, file: str, data: str) -> Pem | None:
        if file and data:
            raise self.error(name, f"given as a file and as {name}-data; keep one")
        if not data:
            return self.resolve(file) if file else None
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except binascii.Error as error:
            raise self.error(f"{name}-data", f"is not base64: {error}") from error


def cluster_part(at: Place, cluster: Cluster) -> dict[str, Any]:
    server = cluster.server.rstrip("/")
    if urlsplit(server).scheme not in {"https", "http"} or not urlsplit(server).hostname:
        raise at.error("server", f"{cluster.server!r} is no https:// or http:// URL")
    if cluster.proxy_url and urlsplit(cluster.proxy_url).scheme != "http":
        raise at.error("proxy-url", f"{cluster.proxy_url!r}: only http:// proxies work")
    authority = at.pem(
        "certificate-authority", cluster.certificate_authority, cluster.certificate_authority_data
    )
    if authority and cluster.insecure_skip_tls_verify:
        raise at.error("insecure-skip-tls-verify", "contradicts certificate-authority; keep one")
    return {
        "server": server,
        "certificate_authority": authority,
        "insecure_skip_tls_verify": cluster.insecure_skip_tls_verify,
        "tls_server_name": cluster.tls_server_name,
        "proxy_url": cluster.proxy_url,
    }


def user_part(at: Place, user: User, cluster: Cluster) -> dict[str, Any]:
    if user.username or user.password:
        raise at.error("username", "API servers no longer take passwords; use a token or exec")
    if user.auth_provider is not None:
        raise at.error("auth-provider", "was replaced by exec plugins; use one of those")
    certificate = at.pem(
        "client-certificate", user.client_certificate, user.client_certificate_data
    )
    key = at.pem("client-key", user.client_key, user.client_key_data)
    if bool(certificate) != bool(key):
        raise at.error("client-key", "client-certificate and client-key are needed together")
    return {
        "token": user.token,
        "token_file": at.resolve(user.token_file) if user.token_file else None,
        "client_certificate": certificate,
        "client_key": key,
        "exec": _exec(at, user.exec, cluster) if user.exec else None,
        "impersonation": tuple(_impersonation(at, user)),
    }


def _exec(at: Place, plugin: Exec, cluster: Cluster) -> ExecConfig:
    if plugin.api_version not in EXEC_VERSIONS:
        raise at.error(
            "exec.apiVersion", f"{plugin.api_version!r} is none of {', '.join(EXEC_VERSIONS)}"
        )
    mode = plugin.interactive_mode or (
        "IfAvailable" if plugin.api_version == EXEC_VERSIONS[1] else ""
    )
    if mode not in INTERACTIVE_MODES:
        raise at.error(
            "exec.interactiveMode", f"{mode!r} is none of {', '.join(INTERACTIVE_MODES)}"
        )
    by_path = os.sep in plugin.command
    return ExecConfig(
        api_version=plugin.api_version,
        command=str(at.resolve(plugin.command)) if by_path else plugin.command,
        args=tuple(plugin.args),
        env=tuple((variable.name, variable.value) for variable in plugin.env),
        install_hint=plugin.install_hint,
        provide_cluster_info=plugin.provide_cluster_info,
        interactive_mode=mode,
        cluster_config=next(
            (e.extension for e in cluster.extensions if e.name == EXEC_EXTENSION), None
        ),
    )


def _impersonation(at: Place, user: User) -> Iterable[tuple[str, str]]:
    """Source of the headers: Kubernetes documentation, "User impersonation"."""
    if not user.act_as and (user.act_as_uid or user.act_as_groups or user.act_as_extra):
        raise at.error("as", "is needed for as-uid, as-groups and as-user-extra")
    if user.act_as:
        yield "Impersonate-User", user.act_as
    if user.act_as_uid:
        yield "Impersonate-Uid", user.act_as_uid
    for group in user.act_as_groups:
        yield "Impersonate-Group", group
    for key, values in user.act_as_extra.items():
        for value in values:
            yield f"Impersonate-Extra-{key}", value
