"""What a node, its pods and their containers use at one moment; what all readers here give.

Names are such as the API server admits: namespaces and containers DNS labels, pods and nodes DNS
subdomains. So no writer has to escape them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pressure:
    """One line of pressure stall information: percentages over three spans, a total in ns."""

    avg10: float
    avg60: float
    avg300: float
    total: int


@dataclass(frozen=True, slots=True)
class Pressures:
    """How long some of the processes, and all of them, waited for one resource."""

    some: Pressure
    full: Pressure | None = None
    """Old kernels have none for the CPU."""


@dataclass(frozen=True, slots=True)
class Stalls:
    """Pressures by what was waited for; None where the kernel keeps no account."""

    cpu: Pressures | None = None
    memory: Pressures | None = None
    io: Pressures | None = None


_NO_STALLS = Stalls()


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes, and counts of page faults. `limit` is None where there is none."""

    usage: int
    working_set: int
    rss: int
    faults: int = 0
    major_faults: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU is cumulative, in nanoseconds; `time` is when it was read, wall seconds.

    `swap` is None where it isn't accounted for, `swap_limit` also where there is no limit.
    """

    time: float
    cpu: int
    memory: Memory
    swap: int | None = None
    swap_limit: int | None = None
    stalls: Stalls = _NO_STALLS
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    received: int
    receive_errors: int
    sent: int
    send_errors: int


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes and inodes that somebody has on the node's file system."""

    used: int
    inodes: int


@dataclass(frozen=True, slots=True)
class Container:
    """`start` is in wall seconds. `root` is what it wrote, `logs` what was written for it."""

    name: str
    start: float
    usage: Usage
    root: Written | None = None
    logs: Written | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """`usage` is the pod's own: at least the sum of its containers."""

    namespace: str
    name: str
    uid: str
    start: float
    usage: Usage
    containers: tuple[Container, ...]
    interfaces: tuple[Interface, ...] = ()
    ephemeral: Written | None = None
    """All that its containers, logs and volumes without a claim have on disk."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """Bytes and inodes of the file system that holds `/`."""

    available: int
    capacity: int
    used: int
    inodes_free: int
    inodes: int


@dataclass(frozen=True, slots=True)
class Node:
    """All of one look. `whole` is false when something could not be read: it may still exist."""

    name: str
    start: float
    usage: Usage
    memory_capacity: int
    swap_capacity: int
    pods: tuple[Pod, ...]
    whole: bool = True
    interfaces: tuple[Interface, ...] = ()
    file_system: FileSystem | None = None
    images: Written | None = None
    system: tuple[Container, ...] = ()
    """What runs outside pods, as far as it is told by itself: the kubelet, the runtime."""

    most_processes: int | None = None
    """The highest process id, which bounds how many there may be."""
