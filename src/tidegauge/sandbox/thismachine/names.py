"""Readable names of containers, where this machine's runtimes keep them.

The kubelet names its log directories and links after pods, Docker and Podman keep a list each. All
are internals of theirs: what can't be read, or has another form one day, costs only the name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from tidegauge.sandbox.thismachine.naming import Place, Role, label, subdomain

_POD_LOGS = re.compile(r"([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})_([0-9a-f-]{32,36})")
_CONTAINER_LOG = re.compile(
    r"[a-z0-9.-]{1,253}_[a-z0-9-]{1,63}_([a-z0-9-]{1,63})-([0-9a-f]{64})\.log"
)


@dataclass(frozen=True, slots=True)
class Names:
    """`pods` has namespace and name by UID; `containers` a name by id."""

    pods: dict[str, tuple[str, str]]
    containers: dict[str, str]

    def of(self, place: Place) -> Place:
        """The same place under its readable names."""
        if place.role is Role.POD and (known := self.pods.get(place.identity)):
            return Place(place.role, *known, identity=place.identity)
        name = self.containers.get(place.identity)
        if not name:
            return place
        if place.role is Role.CONTAINER:
            return Place(place.role, container=label(name), identity=place.identity)
        return Place(place.role, place.namespace, subdomain(name), place.container, place.identity)


class _DockerConfig(msgspec.Struct):
    Name: str = ""


class _PodmanContainer(msgspec.Struct):
    id: str = ""
    names: list[str] = []


def pods_in(log_directories: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The names in `/var/log/pods`: namespace, name and UID of each pod."""
    found = map(_POD_LOGS.fullmatch, log_directories)
    return {match[3]: (match[1], match[2]) for match in found if match}


def containers_in(log_links: Iterable[str]) -> dict[str, str]:
    """The names in `/var/log/containers`: pod, namespace, container and its id."""
    found = map(_CONTAINER_LOG.fullmatch, log_links)
    return {match[2]: match[1] for match in found if match}


def docker_name(config: bytes) -> str:
    """The name in a container's `config.v2.json`, or nothing."""
    try:
        return msgspec.json.decode(config, type=_DockerConfig).Name.removeprefix("/")
    except msgspec.DecodeError:
        return ""


def podman_names(containers: bytes) -> dict[str, str]:
    """The names in the storage's `containers.json`, by id."""
    try:
        entries = msgspec.json.decode(containers, type=list[_PodmanContainer])
    except msgspec.DecodeError:
        return {}
    return {entry.id: entry.names[0] for entry in entries if entry.id and entry.names}
