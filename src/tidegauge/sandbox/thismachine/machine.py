"""One look at this host: the node's totals from /proc, and pods from whatever tells of them."""

import os
from pathlib import Path

from tidegauge.sandbox.records import FileSystem, Memory, Node, Pod, Stalls, Usage
from tidegauge.sandbox.thismachine import procfiles
from tidegauge.sandbox.thismachine.cgroupfiles import STALLS, pressures
from tidegauge.sandbox.thismachine.cgroups import Cgroups
from tidegauge.sandbox.thismachine.grouping import Sessions
from tidegauge.sandbox.thismachine.processes import Processes
from tidegauge.sandbox.thismachine.walking import read
from tidegauge.units.clock import Clock

BY_CGROUPS = "services, containers and slices, by their cgroups"
BY_SESSIONS = (
    "processes by session, for no cgroup here accounts for both CPU and memory (as in a container "
    "or without systemd); what a process uses just before its end is missed"
)


class UnsupportedError(Exception):
    """The host can't be read; the message says why and what to do."""


class Machine:
    """`look` blocks for milliseconds; call it from one thread at a time.

    `root` is where this host's file tree begins: / unless it is mounted elsewhere, as tests do.
    Raises UnsupportedError where there is no Linux.
    """

    def __init__(self, name: str, clock: Clock, root: Path = Path("/")) -> None:
        self._name = name
        self._clock = clock
        self._proc = root / "proc"
        self._root = root
        self._boot = self._time().boot
        self._processes = Processes(self._proc, self._boot)
        mounts = procfiles.mounts(read(self._proc / "self/mountinfo"))
        self._cgroups = Cgroups(mounts, self._processes, clock, root)
        self._sessions = Sessions()
        self.grouped_by = ""
        """How pods were found in the last look, in words for people."""

    def look(self) -> Node:
        """What this host and all on it use now. Raises UnsupportedError when /proc went away."""
        pods, whole = self._pods()
        memory = self._memory()
        most = read(self._proc / "sys/kernel/pid_max").strip()
        return Node(
            name=self._name,
            start=self._boot,
            usage=self._usage(memory),
            memory_capacity=memory.capacity,
            swap_capacity=memory.swap_capacity,
            pods=tuple(pods),
            whole=whole,
            interfaces=procfiles.interfaces(read(self._proc / "net/dev")),
            file_system=_file_system(self._root),
            most_processes=int(most) if most.isdigit() else None,
        )

    def _pods(self) -> tuple[list[Pod], bool]:
        pods, whole = self._cgroups.look()
        if pods or not whole:  # a walk that was cut short proves no absence
            self.grouped_by = BY_CGROUPS
            return pods, whole
        self.grouped_by = BY_SESSIONS
        seen, whole = self._processes.look()
        return self._sessions.pods(seen, self._clock.now()), whole

    def _usage(self, system: procfiles.SystemMemory) -> Usage:
        cpu, time = self._processes.nanoseconds(self._time().cpu), self._clock.now()
        minor, major = procfiles.faults(read(self._proc / "vmstat"))
        memory = system.memory
        stalls = Stalls(*(pressures(read(self._proc / "pressure" / name)) for name in STALLS))
        return Usage(
            time,
            cpu,
            Memory(memory.usage, memory.working_set, memory.rss, minor, major),
            system.swap,
            stalls=stalls,
            processes=procfiles.tasks(read(self._proc / "loadavg")),
        )

    def _time(self) -> procfiles.SystemTime:
        try:
            return procfiles.system_time(read(self._proc / "stat"))
        except ValueError as error:
            raise _unsupported(error) from error

    def _memory(self) -> procfiles.SystemMemory:
        try:
            return procfiles.system_memory(read(self._proc / "meminfo"))
        except ValueError as error:
            raise _unsupported(error) from error


def _unsupported(error: ValueError) -> UnsupportedError:
    return UnsupportedError(f"{error}: usage is read from Linux' /proc; run this on Linux")


def _file_system(root: Path) -> FileSystem | None:
    try:
        status = os.statvfs(root)
    except OSError:
        return None
    block = status.f_frsize
    return FileSystem(
        available=status.f_bavail * block,
        capacity=status.f_blocks * block,
        used=(status.f_blocks - status.f_bfree) * block,
        inodes_free=status.f_ffree,
        inodes=status.f_files,
    )
