"""Kubeconfig: text to records, merged and resolved by kubectl's rules.

Rules (Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files"):
- KUBECONFIG lists files; those that do not exist are skipped; the first file that names a cluster,
  user or context wins with the whole entry, and so does the first `current-context`.
- Paths are relative to the file that holds them, and so is an exec command with a slash in it.
- Inline data and a file for the same thing contradict each other; so do a CA and skipping its use.
Unlike kubectl, nothing falls back to localhost:8080, and what would be ignored in silence
(username and password, auth-provider) is refused.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tidegauge.cluster.access import Access, ExecConfig, Pem
from tidegauge.cluster.errors import KubeconfigError
from tidegauge.cluster.kubefile import Cluster, Context, Exec, User, parse_file

EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
INTERACTIVE_MODES = ("Never", "IfAvailable", "Always")
EXEC_EXTENSION = "client.authentication.k8s.io/exec"
"""Reserved name of the cluster extension that is passed to an exec plugin."""

_T = TypeVar("_T")


@dataclass
class Kubeconfig:
    """Files merged; every entry stands beside the file it came from."""

    clusters: dict[str, tuple[Path, Cluster]] = field(default_factory=dict)
    users: dict[str, tuple[Path, User]] = field(default_factory=dict)
    contexts: dict[str, tuple[Path, Context]] = field(default_factory=dict)
    current_context: str = ""

    def add(self, path: Path, text: str) -> None:
        """Merge one more file; what is already there wins."""
        file = parse_file(path, text)
        clusters = ((entry.name, entry.cluster) for entry in file.clusters)
        users = ((entry.name, entry.user) for entry in file.users)
        contexts = ((entry.name, entry.context) for entry in file.contexts)
        self.clusters = _named(path, "clusters", clusters) | self.clusters
        self.users = _named(path, "users", users) | self.users
        self.contexts = _named(path, "contexts", contexts) | self.contexts
        self.current_context = self.current_context or file.current_context

    def access(self, context: str = "") -> Access:
        """What a context (the current one unless named) leads to. Raises KubeconfigError."""
        name = context or self.current_context
        if not name:
            raise KubeconfigError(
                f"no current-context is set; choose one of {_names(self.contexts)} with "
                "`kubectl config use-context`"
            )
        path, chosen = _find(self.contexts, "contexts", name, f"context {name!r}")
        where = f"{path}: contexts[{name}]"
        cluster_path, cluster = _find(self.clusters, "clusters", chosen.cluster, where)
        user_path, user = (
            _find(self.users, "users", chosen.user, where) if chosen.user else (path, User())
        )
        cluster_at = _Place(cluster_path, f"clusters[{chosen.cluster}].cluster")
        user_at = _Place(user_path, f"users[{chosen.user}].user")
        return Access(
            source=where,
            namespace=chosen.namespace or "default",
            **_cluster_part(cluster_at, cluster),
            **_user_part(user_at, user, cluster),
        )


def kubeconfig_paths(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The files that kubectl would read: those of KUBECONFIG, else `~/.kube/config`."""
    listed = [part for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return [Path(part) for part in dict.fromkeys(listed)] or [home / ".kube" / "config"]


def load_kubeconfig(paths: Sequence[Path], context: str = "") -> Access:
    """Read and merge files and resolve a context. Files that do not exist are skipped.

    Raises KubeconfigError when none exists, one can't be read, or what they say can't be used.
    """
    merged = Kubeconfig()
    present = [path for path in paths if path.exists()]
    if not present:
        raise KubeconfigError(f"no kubeconfig at {', '.join(map(str, paths))}")
    for path in present:
        merged.add(path, _read(path))
    return merged.access(context)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KubeconfigError(f"{path}: can't be read: {error}") from error


def _named(path: Path, kind: str, entries: Iterable[tuple[str, _T]]) -> dict[str, tuple[Path, _T]]:
    found: dict[str, tuple[Path, _T]] = {}
    for name, entry in entries:
        if name in found:
            raise KubeconfigError(f"{path}: {kind} has {name!r} twice; rename or remove one")
        found[name] = path, entry
    return found


def _find(
    entries: Mapping[str, tuple[Path, _T]], kind: str, name: str, where: str
) -> tuple[Path, _T]:
    if name not in entries:
        raise KubeconfigError(f"{where}: {kind} has no {name!r}, only {_names(entries)}")
    return entries[name]


def _names(entries: Iterable[str]) -> str:
    return ", ".join(map(repr, entries)) or "none"


@dataclass(frozen=True)
class _Place:
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


def _cluster_part(at: _Place, cluster: Cluster) -> dict[str, Any]:
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


def _user_part(at: _Place, user: User, cluster: Cluster) -> dict[str, Any]:
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


def _exec(at: _Place, plugin: Exec, cluster: Cluster) -> ExecConfig:
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


def _impersonation(at: _Place, user: User) -> Iterable[tuple[str, str]]:
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
