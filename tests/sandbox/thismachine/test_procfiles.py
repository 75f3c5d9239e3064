"""Files of /proc as records."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.sandbox.records import Interface, Memory
from tidegauge.sandbox.thismachine import procfiles
from tidegauge.sandbox.thismachine.procfiles import Mounts, SystemTime

STAT = b"""cpu  100 20 30 4000 50 6 7 800 90 10
cpu0 100 20 30 4000 50 6 7 800 90 10
intr 5 4
btime 1786600000
processes 7
"""


def test_system_time_is_what_was_worked() -> None:
    """Neither idle nor waiting nor stolen time, and guests' only once: it is within user's."""
    assert procfiles.system_time(STAT) == SystemTime(163, 1_786_600_000.0)


def test_old_kernels_have_fewer_columns() -> None:
    """What is missing counts as nothing."""
    assert procfiles.system_time(b"cpu 1 2 3 4\nbtime 5\n") == SystemTime(6, 5.0)


MEMINFO = b"""MemTotal:       1000 kB
MemFree:         100 kB
Buffers:          20 kB
Cached:          300 kB
SwapCached:        5 kB
Inactive(file):  110 kB
SwapTotal:       400 kB
SwapFree:        150 kB
AnonPages:       200 kB
HugePages_Total:   3
"""


def test_system_memory() -> None:
    """Usage is anonymous memory and page cache, its working set without inactive files."""
    found = procfiles.system_memory(MEMINFO)

    assert found.memory == Memory(525 * 1024, 415 * 1024, 200 * 1024)
    assert (found.capacity, found.swap, found.swap_capacity) == tuple(
        kib * 1024 for kib in (1000, 250, 400)
    )


def stat_line(command: bytes, flags: int = 0x400100) -> bytes:
    return (
        b"42 (%b) S 1 42 40 0 -1 %d 7 0 2 0 150 50 9 9 20 0 1 0 12345 1000 20 1844"
        % (
            command,
            flags,
        )
        + b" 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n"
    )


@pytest.mark.parametrize("command", [b"sh", b"a b", b") R 1 1 1", b"", b"((", b"\n", b"\xff"])
def test_a_process_may_be_called_anything(command: bytes) -> None:
    """Also what looks like the rest of the line."""
    found = procfiles.process(stat_line(command))

    assert found.command == command.decode("utf-8", "replace")
    assert (found.pid, found.parent, found.session) == (42, 1, 40)
    assert (found.cpu, found.start) == (200, 12345)
    assert (found.faults, found.major_faults) == (7, 2)
    assert not found.kernel


def test_kernel_threads_are_told() -> None:
    """By their flag."""
    assert procfiles.process(stat_line(b"kthreadd", 0x208040)).kernel


def test_pages() -> None:
    """Resident, and those shared or of files."""
    assert procfiles.resident_pages(b"2000 500 100 1 0 300 0\n") == (500, 100)


def test_interfaces() -> None:
    """Without the loopback; a name may have its colon close to the number."""
    content = (
        b"Inter-|   Receive  |  Transmit\n face |bytes packets\n"
        b"    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"
        b"  eth0: 100 5 1 0 0 0 0 0 200 6 2 0 0 0 0 0\n"
    )

    assert procfiles.interfaces(content) == (Interface("eth0", 100, 1, 200, 2),)


def test_counts() -> None:
    """Faults of /proc/vmstat and threads of /proc/loadavg."""
    assert procfiles.faults(b"nr_free 1\npgfault 5\npgmajfault 2\n") == (5, 2)
    assert procfiles.tasks(b"0.00 0.01 0.05 2/345 6789\n") == 345
    assert procfiles.tasks(b"") is None


UNIFIED = b"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID = (
    b"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    b"32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    b"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    b"34 31 0:31 / /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory\n"
    b"35 31 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (UNIFIED, Mounts("/sys/fs/cgroup")),
        (
            HYBRID,
            Mounts(
                "/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/my memory"
            ),
        ),
        (b"23 1 8:1 / / rw - ext4 /dev/sda1 rw\n", Mounts()),
    ],
    ids=["version 2", "both", "none"],
)
def test_mounts(content: bytes, found: Mounts) -> None:
    """Where the hierarchies are, of either version."""
    assert procfiles.mounts(content) == found


PIECES = st.lists(
    st.sampled_from(
        [*STAT.split(), *MEMINFO.split(), *HYBRID.split(), b"\n", b"42 (", b") S", b" - "]
    )
    | st.binary(max_size=12)
).map(b" ".join)


@given(PIECES)
def test_any_bytes_are_survived(content: bytes) -> None:
    """Those that a figure can't do without raise ValueError, the others tell nothing."""
    for read in (
        procfiles.system_time,
        procfiles.system_memory,
        procfiles.process,
        procfiles.resident_pages,
    ):
        with contextlib.suppress(ValueError):
            read(content)
    procfiles.faults(content)
    procfiles.tasks(content)
    procfiles.interfaces(content)
    procfiles.mounts(content)


@pytest.mark.parametrize(
    "read",
    [
        procfiles.system_time,
        procfiles.system_memory,
        procfiles.process,
        procfiles.resident_pages,
    ],
)
def test_what_is_no_such_file_is_told(read) -> None:
    """By ValueError, never by figures."""
    with pytest.raises(ValueError, match="/proc/"):
        read(b"")
