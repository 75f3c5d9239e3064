"""Finds the cgroups worth showing and reads their files: the thin shell around pure parsers.

A walk is bounded in groups, depth and time, so that a host with a hundred thousand cgroups costs
some of them, said as a look that isn't whole, and never the loop or the endpoint.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidegauge.sandbox.thismachine.naming import CgroupPath, Place, Role, place

MAX_GROUPS = 4000
"""Looked at in one walk; a busy host has some hundred, a node full of pods a thousand."""

MAX_SECONDS = 2.0
"""Of one walk: a fifth of the housekeeping period, when kernels are slow to add up many CPUs."""

MAX_DEPTH = 10
"""A container in a pod of a user's Podman stands at nine."""

MAX_FILE = 4 << 20
"""Bytes read of one file. Most have some hundred; the mounts of a node full of pods, and Podman's
list of its containers, a megabyte."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pod's cgroup and those of its containers; a unit is its own container."""

    path: CgroupPath
    place: Place
    containers: tuple[tuple[CgroupPath, Place], ...]


class Walk:
    """One walk. `whole` turns false when a bound was met."""

    def __init__(self, roots: Sequence[Path], seconds: float = MAX_SECONDS) -> None:
        self._roots = roots
        self._ends = time.monotonic() + seconds
        self._left = MAX_GROUPS
        self.whole = True

    def pods(self) -> Iterator[Found]:
        """Breadth first, so that what is missed at a bound is what lies deepest."""
        queue: deque[CgroupPath] = deque([()])
        while queue:
            path = queue.popleft()
            children = self._children(path)
            places = [(child, place(child)) for child in children]
            if path and not any(found.role is not Role.NOTHING for _, found in places):
                yield from self._lone_group(path)
            for child, found in places:
                if found.role is Role.GROUP:
                    queue.append(child)
                elif found.role is Role.UNIT:
                    yield Found(child, found, ((child, found),))
                elif found.role is Role.POD:
                    yield Found(child, found, tuple(self._containers(child)))

    def _lone_group(self, path: CgroupPath) -> Iterator[Found]:
        if any(read(root.joinpath(*path, "cgroup.procs")).strip() for root in self._roots):
            found = place(path)
            yield Found(path, found, ((path, found),))

    def _containers(self, pod: CgroupPath) -> Iterator[tuple[CgroupPath, Place]]:
        for child in self._children(pod):
            found = place(child)
            if found.role is Role.CONTAINER:
                yield child, found

    def _children(self, path: CgroupPath) -> list[CgroupPath]:
        """In all hierarchies together, sorted."""
        if len(path) >= MAX_DEPTH:
            self.whole = False
            return []
        names = {name for root in self._roots for name in self._names(root.joinpath(*path))}
        return [(*path, name) for name in sorted(names)]

    def _names(self, directory: Path) -> Iterator[str]:
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        continue
                    if not self._left or time.monotonic() > self._ends:
                        self.whole = False
                        return
                    self._left -= 1
                    yield entry.name
        except OSError:
            return  # gone since its parent was read, or another hierarchy has it


def read(path: Path) -> bytes:
    """A file's content as far as we look; empty when it can't be read, as when just removed."""
    try:
        with path.open("rb") as file:  # buffered, for the kernel gives long files in pieces
            return file.read(MAX_FILE)
    except OSError:
        return b""
