"""What a cgroup is, by its path alone: a slice, a service, a container, a pod of containers.

Paths are those that systemd, Docker, Podman, containerd, CRI-O and the kubelet make, under systemd
or without it. What has no form we know is shown under its own name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

CgroupPath: TypeAlias = tuple[str, ...]
"""Names from the root down; the root itself is empty."""

SHORT_ID = 12
"""Digits of a container's id, as its runtime's own lists show it."""

HOST = "host"
"""The namespace of what stands in no slice."""


class Role(Enum):
    GROUP = auto()
    """Holds others; a pod itself only if it holds processes and no other group."""
    UNIT = auto()
    """A pod of one container, and nothing below is looked at."""
    POD = auto()
    """Its children are its containers."""
    CONTAINER = auto()
    """One of the pod above it."""
    NOTHING = auto()
    """Not shown: its usage is in the node's only."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a cgroup is and how it is called. `identity` is a container's id or a pod's UID."""

    role: Role
    namespace: str = ""
    pod: str = ""
    container: str = ""
    identity: str = ""


_ID = "[0-9a-f]{64}"
_CONTAINER = re.compile(f"(?:(?P<runtime>[a-z][a-z-]*)-)?(?P<id>{_ID})(?:\\.scope)?")
_PODMAN_POD = re.compile(f"(?:machine-|user-)?libpod_pod_(?P<id>{_ID})(?:\\.slice)?")
_KUBE_POD = re.compile(
    r"(?:.*kubepods(?:-burstable|-besteffort)?-)?"
    r"pod(?P<uid>[0-9a-f]{32}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?"
)
_RUNTIMES = {
    "docker": "docker",
    "libpod": "podman",
    "libpod_parent": "podman",
    "cri-containerd": "containerd",
    "nerdctl": "containerd",
    "crio": "crio",
}
_HIDDEN_UNITS = (".mount", ".automount", ".socket", ".swap", ".device", ".timer", ".path")
_USER_MANAGER = re.compile(r"user@[0-9]+\.service")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_NO_NAME = "unnamed"


def place(path: CgroupPath) -> Place:
    """What the cgroup at that path is. An empty path is the root, a group."""
    name = path[-1] if path else ""
    if match := _CONTAINER.fullmatch(name):
        return _container(path, match["runtime"] or "", match["id"])
    if name.endswith(_HIDDEN_UNITS):
        return Place(Role.NOTHING)
    return _pod(path) or _unit(path) or Place(Role.GROUP, namespace(path), subdomain(name), "slice")


def _container(path: CgroupPath, prefix: str, identity: str) -> Place:
    if "conmon" in prefix:  # who watches over a container, and has its id
        return Place(Role.NOTHING)
    short = identity[:SHORT_ID]
    if _pod(path[:-1]):
        return Place(Role.CONTAINER, container=short, identity=identity)
    maker = prefix or (path[-2] if len(path) > 1 else HOST)
    return Place(Role.UNIT, _RUNTIMES.get(maker) or label(maker), short, "container", identity)


def _pod(path: CgroupPath) -> Place | None:
    name = path[-1] if path else ""
    if match := _PODMAN_POD.fullmatch(name):
        return Place(Role.POD, "podman", f"pod-{match['id'][:SHORT_ID]}", identity=match["id"])
    if _in_kubernetes(path) and (match := _KUBE_POD.fullmatch(name)):
        uid = match["uid"].replace("_", "-")
        return Place(Role.POD, "kubepods", f"pod-{uid}", identity=uid)
    return None


def _unit(path: CgroupPath) -> Place | None:
    if not path or _is_group(path[-1]):
        return None
    stem, _, kind = path[-1].rpartition(".")
    if kind in ("service", "scope"):
        pod = stem if kind == "service" else path[-1]  # a scope may have a service's name
        return Place(Role.UNIT, namespace(path), subdomain(pod), kind)
    if len(path) > 1 and not _in_kubernetes(path):
        return Place(Role.UNIT, namespace(path), subdomain(path[-1]), "group")
    return None


def _in_kubernetes(path: CgroupPath) -> bool:
    return any("kubepods" in part for part in path)


def _is_group(name: str) -> bool:
    return name.endswith(".slice") or _USER_MANAGER.fullmatch(name) is not None


def namespace(path: Sequence[str]) -> str:
    """The outermost group's name, or below `user.slice` that of the user."""
    if len(path) < 2 and not (path and _is_group(path[0])):
        return HOST if not path or path[0].endswith((".service", ".scope")) else label(path[0])
    outer = path[1] if path[0] == "user.slice" and len(path) > 1 else path[0]
    return label(outer.removesuffix(".slice"))


def subdomain(text: str) -> str:
    """A unit's name as a pod's: a DNS subdomain, with systemd's escapes undone."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).lower()
    text = re.sub("[^a-z0-9.-]+", "-", text)
    text = re.sub(r"-*\.[-.]*", ".", text)[:253]
    return text.strip("-.") or _NO_NAME


def label(text: str) -> str:
    """A name as a namespace's or a container's: a DNS label."""
    return subdomain(text).replace(".", "-")[:63].strip("-") or _NO_NAME
