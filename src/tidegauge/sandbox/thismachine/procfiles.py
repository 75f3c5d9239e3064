"""Files of /proc as records: bytes in, records out. ValueError where a file is none of its kind."""

import re
from dataclasses import dataclass

from tidegauge.sandbox.records import Interface, Memory
from tidegauge.sandbox.thismachine.cgroupfiles import working_set

_KIBI = 1024
_MEMORY_LINE = re.compile(rb"^([A-Za-z0-9_()]+): +([0-9]{1,15}) kB$", re.MULTILINE)
_BOOT_LINE = re.compile(rb"^btime ([0-9]{1,15})$", re.MULTILINE)
_CPU_LINE = re.compile(rb"^cpu +((?:[0-9]{1,19} ?)+)$", re.MULTILINE)
_PROCESS = re.compile(rb"\s*([0-9]{1,10}) \((.*)\) (\S(?: -?[0-9]{1,20}){22,})\s*", re.DOTALL)
_INTERFACE = re.compile(rb"^ *([^\s:]+):((?: +[0-9]{1,20}){16})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SystemTime:
    """`cpu` is in ticks since the boot; `boot` is in wall seconds."""

    cpu: int
    boot: float


@dataclass(frozen=True, slots=True)
class SystemMemory:
    memory: Memory
    capacity: int
    swap: int
    swap_capacity: int


@dataclass(frozen=True, slots=True)
class Process:
    """`cpu` and `start` are in ticks, the latter since the boot; `kernel` is for kernel threads."""

    pid: int
    command: str
    parent: int
    session: int
    cpu: int
    start: int
    kernel: bool
    faults: int
    major_faults: int


@dataclass(frozen=True, slots=True)
class Mounts:
    """Where the hierarchies are that tell of usage; empty where there is none."""

    unified: str = ""
    cpu: str = ""
    memory: str = ""


def system_time(content: bytes) -> SystemTime:
    """`/proc/stat`. Time stolen by the hypervisor was nobody's here, guests' is within user's."""
    cpu, boot = _CPU_LINE.search(content), _BOOT_LINE.search(content)
    if not cpu or not boot:
        raise ValueError("/proc/stat has no cpu or btime line")
    user, nice, system, _idle, _wait, irq, softirq, *_ = (*map(int, cpu[1].split()), *[0] * 7)
    return SystemTime(user + nice + system + irq + softirq, float(boot[1]))


def system_memory(content: bytes) -> SystemMemory:
    """`/proc/meminfo`. Usage is anonymous memory and page cache, as the root cgroup counts."""
    size = {match[1]: int(match[2]) * _KIBI for match in _MEMORY_LINE.finditer(content)}
    if b"MemTotal" not in size:
        raise ValueError("/proc/meminfo has no MemTotal line")
    anonymous = size.get(b"AnonPages", 0)
    cache = sum(size.get(name, 0) for name in (b"Cached", b"Buffers", b"SwapCached"))
    usage, inactive = anonymous + cache, size.get(b"Inactive(file)", 0)
    swap = size.get(b"SwapTotal", 0)
    return SystemMemory(
        Memory(usage, working_set(usage, inactive), anonymous),
        size[b"MemTotal"],
        max(swap - size.get(b"SwapFree", 0), 0),
        swap,
    )


def faults(content: bytes) -> tuple[int, int]:
    """`/proc/vmstat`: page faults, and those that read from a disk."""
    counts = dict(re.findall(rb"^(pgfault|pgmajfault) ([0-9]{1,19})$", content, re.MULTILINE))
    return int(counts.get(b"pgfault", 0)), int(counts.get(b"pgmajfault", 0))


def tasks(content: bytes) -> int | None:
    """`/proc/loadavg`: how many threads there are, which kubelets report as processes."""
    match = re.fullmatch(rb"\S+ \S+ \S+ [0-9]+/([0-9]{1,10}) [0-9]+\s*", content)
    return int(match[1]) if match else None


def process(content: bytes) -> Process:
    """`/proc/<pid>/stat`. A command may hold anything, also blanks and brackets."""
    match = _PROCESS.fullmatch(content)
    if not match:
        raise ValueError("no /proc/<pid>/stat")
    words = match[3].split()
    _, parent, _, session, *_ = words
    flags, user, system = int(words[6]), int(words[11]), int(words[12])
    return Process(
        pid=int(match[1]),
        command=match[2].decode("utf-8", "replace"),
        parent=int(parent),
        session=int(session),
        cpu=user + system,
        start=int(words[19]),
        kernel=bool(flags & _KERNEL_THREAD),
        faults=int(words[7]),
        major_faults=int(words[9]),
    )


_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD among a process's flags."""


def resident_pages(content: bytes) -> tuple[int, int]:
    """`/proc/<pid>/statm`: pages in memory, and those of them that are of files or shared."""
    words = content.split()
    if len(words) < 3 or not all(word.isdigit() and len(word) < 20 for word in words[:3]):
        raise ValueError("no /proc/<pid>/statm")
    return int(words[1]), int(words[2])


def interfaces(content: bytes) -> tuple[Interface, ...]:
    """`/proc/net/dev`, without the loopback."""
    found = []
    for match in _INTERFACE.finditer(content):
        counts = [int(word) for word in match[2].split()]
        name = match[1].decode("utf-8", "replace")
        if name != "lo":
            found.append(Interface(name, counts[0], counts[2], counts[8], counts[10]))
    return tuple(found)


def mounts(content: bytes) -> Mounts:
    """`/proc/self/mountinfo`: where cgroups of either version, or of both, are mounted."""
    unified = cpu = memory = ""
    for line in content.splitlines():
        before, _, after = line.partition(b" - ")
        place, kind = before.split(b" "), after.split(b" ")
        if len(place) < 5 or len(kind) < 3:
            continue
        where = _unescape(place[4])
        options = kind[2].split(b",")
        if kind[0] == b"cgroup2":
            unified = unified or where
        elif kind[0] == b"cgroup":
            cpu = cpu or (where if b"cpuacct" in options else "")
            memory = memory or (where if b"memory" in options else "")
    return Mounts(unified, cpu, memory)


def _unescape(path: bytes) -> str:
    """Blanks and backslashes stand in such files as three octal digits."""
    return re.sub(rb"\\([0-3][0-7]{2})", lambda match: bytes([int(match[1], 8)]), path).decode(
        "utf-8", "surrogateescape"
    )
