"""The files of one cgroup, of version 1 or 2, as usage: bytes in, records out, nothing raised.

What a file says that is no number of the kernel's counts as not said: a kernel may lack a file, and
one that vanishes while being read is empty.
"""

import re
from collections.abc import Mapping

from tidegauge.sandbox.records import Memory, Pressure, Pressures

V2_CPU = "cpu.stat"
V2_FILES = (
    "memory.current",
    "memory.stat",
    "memory.max",
    "memory.swap.current",
    "memory.swap.max",
)
STALLS = ("cpu", "memory", "io")
"""In the order of the record's fields; files are named after them."""

V1_CPU = "cpuacct.usage"
V1_FILES = (
    "memory.usage_in_bytes",
    "memory.stat",
    "memory.limit_in_bytes",
    "memory.memsw.limit_in_bytes",
)
PROCESSES = "cgroup.procs"

_NUMBER = re.compile(rb"[0-9]{1,19}")
_V1_UNLIMITED = 1 << 62
"""Version 1 writes no limit as the greatest multiple of a page, which differs among machines."""

_PRESSURE = re.compile(
    rb"(some|full) avg10=([0-9]{1,3}\.[0-9]{2}) avg60=([0-9]{1,3}\.[0-9]{2})"
    rb" avg300=([0-9]{1,3}\.[0-9]{2}) total=([0-9]{1,15})"
)


def number(content: bytes) -> int | None:
    """A file of one number; None for none, and for `max`."""
    word = content.strip()
    return int(word) if _NUMBER.fullmatch(word) else None


def keyed(content: bytes) -> dict[bytes, int]:
    """A file of lines with a name and a number; others are left out."""
    words = (line.split() for line in content.splitlines())
    return {
        pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and _NUMBER.fullmatch(pair[1])
    }


def cpu_v2(content: bytes) -> int | None:
    """`cpu.stat` as nanoseconds; it is there also without the cpu controller."""
    microseconds = keyed(content).get(b"usage_usec")
    return None if microseconds is None else microseconds * 1000


def cpu_v1(content: bytes) -> int | None:
    """`cpuacct.usage`, which is in nanoseconds."""
    return number(content)


def memory_v2(files: Mapping[str, bytes]) -> Memory | None:
    """None without the memory controller."""
    usage = number(files.get("memory.current", b""))
    if usage is None:
        return None
    stat = keyed(files.get("memory.stat", b""))
    return Memory(
        usage=usage,
        working_set=working_set(usage, stat.get(b"inactive_file", 0)),
        rss=stat.get(b"anon", 0),
        faults=stat.get(b"pgfault", 0),
        major_faults=stat.get(b"pgmajfault", 0),
        limit=number(files.get("memory.max", b"")),
    )


def memory_v1(files: Mapping[str, bytes]) -> Memory | None:
    """With all groups below, as version 2 counts anyway."""
    usage = number(files.get("memory.usage_in_bytes", b""))
    if usage is None:
        return None
    stat = keyed(files.get("memory.stat", b""))
    return Memory(
        usage=usage,
        working_set=working_set(usage, stat.get(b"total_inactive_file", 0)),
        rss=stat.get(b"total_rss", 0),
        faults=stat.get(b"total_pgfault", 0),
        major_faults=stat.get(b"total_pgmajfault", 0),
        limit=_limit_v1(files.get("memory.limit_in_bytes", b"")),
    )


def working_set(usage: int, inactive_file: int) -> int:
    """What can't be dropped without a loss, by cAdvisor's rule, which the kubelet follows."""
    return max(usage - inactive_file, 0)


def swap_v2(files: Mapping[str, bytes]) -> tuple[int | None, int | None]:
    """Bytes in swap, and how many may be."""
    used = number(files.get("memory.swap.current", b""))
    return used, None if used is None else number(files.get("memory.swap.max", b""))


def swap_v1(files: Mapping[str, bytes]) -> tuple[int | None, int | None]:
    """As `swap_v2`; the limit of version 1 is that of memory and swap together."""
    used = keyed(files.get("memory.stat", b"")).get(b"total_swap")
    both = _limit_v1(files.get("memory.memsw.limit_in_bytes", b""))
    memory = _limit_v1(files.get("memory.limit_in_bytes", b""))
    if used is None or both is None or memory is None:
        return used, None
    return used, max(both - memory, 0)


def _limit_v1(content: bytes) -> int | None:
    limit = number(content)
    return None if limit is None or limit >= _V1_UNLIMITED else limit


def pressures(content: bytes) -> Pressures | None:
    """A pressure file, whose totals are microseconds; None where the kernel keeps none."""
    lines = {
        match[1]: Pressure(float(match[2]), float(match[3]), float(match[4]), int(match[5]) * 1000)
        for match in _PRESSURE.finditer(content)
    }
    some = lines.get(b"some")
    return Pressures(some, lines.get(b"full")) if some else None
