"""Files of a Linux host below a temporary directory, as the kernel would show them."""

from pathlib import Path

BOOT = 1_795_400_000
TICKS = 100
"""Of a second, which is what every Linux here has."""

_STAT = f"""cpu  1000 0 500 9000 0 0 0 0 0 0
btime {BOOT}
"""
_MEMINFO = """MemTotal: 1000000 kB
Cached: 300000 kB
Inactive(file): 100000 kB
AnonPages: 200000 kB
SwapTotal: {swap} kB
SwapFree: 0 kB
"""

V2_MOUNTS = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1_MOUNTS = (
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
HYBRID_MOUNTS = (
    "32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)


class Host:
    """`mounts` says which hierarchies there are."""

    def __init__(self, root: Path, mounts: str, *, swap_kib: int = 0) -> None:
        self.root = root
        self.write("proc/stat", _STAT)
        self.write("proc/meminfo", _MEMINFO.format(swap=swap_kib))
        self.write("proc/self/mountinfo", mounts)

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def group2(
        self, path: str, *, cpu_us: int, memory: int, swap: int | None = None, procs: str = ""
    ) -> None:
        """A cgroup of version 2."""
        where = f"sys/fs/cgroup/{path}"
        self.write(f"{where}/cpu.stat", f"usage_usec {cpu_us}\nuser_usec 0\n")
        self.write(f"{where}/memory.current", f"{memory}\n")
        self.write(f"{where}/memory.stat", "inactive_file 1000\n")
        self.write(f"{where}/cgroup.procs", procs)
        if swap is not None:
            self.write(f"{where}/memory.swap.current", f"{swap}\n")
            self.write(f"{where}/memory.swap.max", "4096\n")

    def group1(self, path: str, *, cpu_ns: int | None = None, memory: int | None = None) -> None:
        """A cgroup of version 1, in the hierarchies of the figures given."""
        if cpu_ns is not None:
            self.write(f"sys/fs/cgroup/cpu,cpuacct/{path}/cpuacct.usage", f"{cpu_ns}\n")
        if memory is not None:
            where = f"sys/fs/cgroup/memory/{path}"
            self.write(f"{where}/memory.usage_in_bytes", f"{memory}\n")
            self.write(f"{where}/memory.stat", "total_inactive_file 1000\n")

    def process(
        self, pid: int, command: str, *, session: int, ticks: int, start: int, kernel: bool = False
    ) -> None:
        """`start` is in ticks since the boot."""
        flags = 0x200000 if kernel else 0
        line = f"{pid} ({command}) S 1 {pid} {session} 0 -1 {flags} 1 0 0 0 {ticks} 0 0 0 20 0 1 0"
        self.write(f"proc/{pid}/stat", f"{line} {start} 0 0 0 0 0 0 0 0 0\n")
        self.write(f"proc/{pid}/statm", "900 300 100 1 0 200 0\n")
