"""Kubeconfig: text to records, merged and resolved by kubectl's rules.

Rules (Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files"):
- KUBECONFIG lists files; those that do not exist are skipped; the first file that names a cluster,
  user or context wins with the whole entry, and so does the first `current-context`.
- Paths are relative to the file that holds them, and so is an exec command with a slash in it.
- Inline data and a file for the same thing contradict each other; so do a CA and skipping its use.
Unlike kubectl, nothing falls back to localhost:8080, and what would be ignored in silence
(username and password, auth-provider) is refused.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tidegauge.cluster.access import Access
from tidegauge.cluster.errors import KubeconfigError
from tidegauge.cluster.kubeentries import Place, cluster_part, user_part
from tidegauge.cluster.kubefile import Cluster, Context, User, parse_file

_T = TypeVar("_T")


@dataclass
class Kubeconfig:
    """Files merged; every entry stands beside the file it came from."""

    clusters: dict[str, tuple[Path, Cluster]] = field(default_factory=dict)
    users: dict[str, tuple[Path, User]] = field(default_factory=dict)
    contexts: dict[str, tuple[Path, Context]] = field(default_factory=dict)
    current_context: str = ""
    files: list[Path] = field(default_factory=list)

    def add(self, path: Path, text: str) -> None:
        """Merge one more file; what is already there wins."""
        file = parse_file(path, text)
        self.files.append(path)
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
        read = ", ".join(map(str, self.files))
        if not name:
            remedy = (
                f"choose one of {_names(self.contexts)} with `kubectl config use-context`"
                if self.contexts
                else "it has no contexts either, so this is no whole kubeconfig"
            )
            raise KubeconfigError(f"{read}: no current-context is set; {remedy}")
        path, chosen = _find(self.contexts, "contexts", name, f"{read}: context {name!r}")
        where = f"{path}: contexts[{name}]"
        cluster_path, cluster = _find(self.clusters, "clusters", chosen.cluster, where)
        user_path, user = (
            _find(self.users, "users", chosen.user, where) if chosen.user else (path, User())
        )
        cluster_at = Place(cluster_path, f"clusters[{chosen.cluster}].cluster")
        user_at = Place(user_path, f"users[{chosen.user}].user")
        return Access(
            source=where,
            namespace=chosen.namespace or "default",
            **cluster_part(cluster_at, cluster),
            **user_part(user_at, user, cluster),
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
