"""Pods from cgroups: one walk, the files of each group found, and what is remembered of it."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tidegauge.sandbox.records import Container, Memory, Pod, Stalls, Usage
from tidegauge.sandbox.thismachine import cgroupfiles as files
from tidegauge.sandbox.thismachine.names import (
    Names,
    containers_in,
    docker_name,
    podman_names,
    pods_in,
)
from tidegauge.sandbox.thismachine.naming import CgroupPath, Role
from tidegauge.sandbox.thismachine.processes import Processes
from tidegauge.sandbox.thismachine.procfiles import Mounts
from tidegauge.sandbox.thismachine.walking import Found, Walk, read
from tidegauge.units.clock import Clock

MAX_MEMBERS = 64
"""Processes of a group that are asked for their age: the oldest usually come first."""


@dataclass(frozen=True, slots=True)
class _Life:
    """One life of a cgroup: a new one at the same path has other inodes."""

    inodes: tuple[int, ...]
    start: float


class Cgroups:
    """`look` as often as wanted; it takes milliseconds for each hundred groups."""

    def __init__(self, mounts: Mounts, processes: Processes, clock: Clock, root: Path) -> None:
        self._unified = _directory(root, mounts.unified)
        self._cpu = _directory(root, mounts.cpu)
        self._memory = _directory(root, mounts.memory)
        self._roots = [each for each in (self._unified, self._cpu, self._memory) if each]
        self._processes = processes
        self._clock = clock
        self._root = root
        self._lives: dict[CgroupPath, _Life] = {}

    def look(self) -> tuple[list[Pod], bool]:
        """What the groups use now, and whether that is all of them.

        A group without accounts of both CPU and memory is left out: it has no usage to show.
        """
        walk = Walk(self._roots)
        found = list(walk.pods())
        names = _names(self._root, found)
        lives, self._lives = self._lives, {}
        pods = [self._pod(each, names, lives) for each in found]
        return _distinct(zip(found, pods, strict=True)), walk.whole

    def _pod(self, found: Found, names: Names, lives: dict[CgroupPath, _Life]) -> Pod | None:
        containers = [
            Container(names.of(place).container, self._start(path, lives), usage)
            for path, place in found.containers
            if (usage := self._usage(path))
        ]
        if not containers:
            return None
        alone = found.place.role is not Role.POD
        # Read after its containers, so that it is never less than their sum.
        usage = containers[0].usage if alone else self._usage(found.path)
        start = containers[0].start if alone else self._start(found.path, lives)
        if usage is None:
            return None
        shown = names.of(found.place)
        return Pod(
            shown.namespace,
            shown.pod,
            found.place.identity or _uid(found.path, start),
            start,
            usage,
            tuple(sorted(containers, key=lambda each: each.name)),
        )

    def _usage(self, path: CgroupPath) -> Usage | None:
        cpu, time = self._cpu_time(path), self._clock.now()
        memory, swap, swap_limit = self._memory_use(path)
        if cpu is None or memory is None:
            return None
        return Usage(time, cpu, memory, swap, swap_limit, self._stalls(path))

    def _stalls(self, path: CgroupPath) -> Stalls:
        if not self._unified:
            return Stalls()
        group = self._unified.joinpath(*path)
        return Stalls(*(files.pressures(read(group / f"{name}.pressure")) for name in files.STALLS))

    def _cpu_time(self, path: CgroupPath) -> int | None:
        """Of version 1 where it has the group: on hybrid hosts either may."""
        cpu = None
        if self._cpu:
            cpu = files.cpu_v1(read(self._cpu.joinpath(*path, files.V1_CPU)))
        if cpu is None and self._unified:
            cpu = files.cpu_v2(read(self._unified.joinpath(*path, files.V2_CPU)))
        return cpu

    def _memory_use(self, path: CgroupPath) -> tuple[Memory | None, int | None, int | None]:
        if self._memory:
            content = {name: read(self._memory.joinpath(*path, name)) for name in files.V1_FILES}
            return files.memory_v1(content), *files.swap_v1(content)
        if self._unified:
            content = {name: read(self._unified.joinpath(*path, name)) for name in files.V2_FILES}
            return files.memory_v2(content), *files.swap_v2(content)
        return None, None, None

    def _start(self, path: CgroupPath, before: dict[CgroupPath, _Life]) -> float:
        """When the group was made, the same in every look of its life.

        A directory's time may be later than that, when the kernel had dropped and re-made its
        inode, so the oldest process in it counts too.
        """
        found = [root.joinpath(*path) for root in self._roots]
        stats = [status for each in found if (status := _status(each))]
        inodes = tuple(inode for inode, _ in stats)
        life = before.get(path)
        if life is None or life.inodes != inodes:
            members = self._members(found)
            ages = [time for _, time in stats] + members
            life = _Life(inodes, round(min(ages, default=self._clock.now()), 3))
        self._lives[path] = life
        return life.start

    def _members(self, directories: Iterable[Path]) -> list[float]:
        pids = {pid for each in directories for pid in read(each / files.PROCESSES).split()}
        starts = map(self._processes.start, sorted(map(int, filter(bytes.isdigit, pids))))
        return [start for start, _ in zip(starts, range(MAX_MEMBERS), strict=False) if start]


def _directory(root: Path, mount: str) -> Path | None:
    return root / mount.lstrip("/") if mount else None


def _status(directory: Path) -> tuple[int, float] | None:
    try:
        status = directory.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime


def _uid(path: CgroupPath, start: float) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{'/'.join(path)} {start}"))


def _distinct(pods: Iterable[tuple[Found, Pod | None]]) -> list[Pod]:
    """Sorted. Names that came out the same are told apart by what was their path."""
    named: dict[tuple[str, str], Pod] = {}
    for found, pod in pods:
        if pod is None:
            continue
        if (pod.namespace, pod.name) in named:
            mark = hashlib.sha256("/".join(found.path).encode(errors="replace")).hexdigest()[:6]
            pod = replace(pod, name=f"{pod.name[:246]}-{mark}")  # noqa: PLW2901  (the same pod under its other name)
        named[pod.namespace, pod.name] = pod
    return [named[key] for key in sorted(named)]


def _names(root: Path, found: Iterable[Found]) -> Names:
    """From where the kubelet, Docker and Podman keep them, for the containers that are there."""
    identities = [place.identity for each in found for _, place in each.containers]
    if not any(identities):
        return Names({}, {})
    containers = containers_in(_listed(root / "var/log/containers"))
    containers |= podman_names(read(root / _PODMAN))
    for identity in filter(None, identities):
        config = read(root / "var/lib/docker/containers" / identity / "config.v2.json")
        if name := docker_name(config):
            containers[identity] = name
    return Names(pods_in(_listed(root / "var/log/pods")), containers)


_PODMAN = "var/lib/containers/storage/overlay-containers/containers.json"


def _listed(directory: Path) -> list[str]:
    try:
        return [each.name for each in directory.iterdir()]
    except OSError:
        return []
