"""Files of one cgroup as figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.sandbox.records import Memory, Pressure, Pressures
from tidegauge.sandbox.thismachine import cgroupfiles as files

V2 = {
    "memory.current": b"1000000\n",
    "memory.stat": b"anon 400000\nfile 600000\ninactive_file 250000\npgfault 12\npgmajfault 3\n",
    "memory.max": b"2000000\n",
    "memory.swap.current": b"5000\n",
    "memory.swap.max": b"max\n",
}
V1 = {
    "memory.usage_in_bytes": b"1000000\n",
    "memory.stat": (
        b"cache 1\nrss 2\ninactive_file 7\ntotal_rss 400000\ntotal_inactive_file 250000\n"
        b"total_pgfault 12\ntotal_pgmajfault 3\ntotal_swap 5000\n"
    ),
    "memory.limit_in_bytes": b"2000000\n",
    "memory.memsw.limit_in_bytes": b"2600000\n",
}
EXPECTED = Memory(1_000_000, 750_000, 400_000, 12, 3, 2_000_000)


def test_both_versions_tell_the_same() -> None:
    """The working set is usage less inactive_file; version 1 counts groups below by `total_`."""
    assert files.memory_v2(V2) == EXPECTED
    assert files.memory_v1(V1) == EXPECTED


def test_cpu_is_in_nanoseconds() -> None:
    """Version 2 counts microseconds, version 1 nanoseconds."""
    assert files.cpu_v2(b"usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n") == 1_234_000
    assert files.cpu_v1(b"1234000\n") == 1_234_000


def test_swap() -> None:
    """Version 1's limit is of memory and swap together; no limit is None."""
    assert files.swap_v2(V2) == (5000, None)
    assert files.swap_v2(V2 | {"memory.swap.max": b"9000"}) == (5000, 9000)
    assert files.swap_v1(V1) == (5000, 600_000)


UNLIMITED = b"9223372036854771712\n"


def test_no_limit_of_version_1_is_none() -> None:
    """It is written as the greatest number of whole pages."""
    found = files.memory_v1(V1 | {"memory.limit_in_bytes": UNLIMITED})

    assert found is not None
    assert found.limit is None
    assert files.swap_v1(V1 | {"memory.memsw.limit_in_bytes": UNLIMITED}) == (5000, None)


@pytest.mark.parametrize("read", [files.memory_v1, files.memory_v2])
def test_without_accounts_there_is_no_memory(read) -> None:
    """A controller that is off leaves no files; nothing is made up."""
    assert read({}) is None
    assert files.swap_v1({}) == files.swap_v2({}) == (None, None)
    assert files.cpu_v1(b"") is files.cpu_v2(b"") is None


def test_the_working_set_is_never_negative() -> None:
    """The two figures are not read in the same moment."""
    assert files.working_set(10, 11) == 0


def test_pressures() -> None:
    """Totals come in microseconds; old kernels have no full line for the CPU."""
    some = b"some avg10=1.50 avg60=0.25 avg300=0.00 total=51823\n"
    full = b"full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"

    assert files.pressures(some + full) == Pressures(
        Pressure(1.5, 0.25, 0.0, 51_823_000), Pressure(0.0, 0.0, 0.0, 7000)
    )
    assert files.pressures(some) == Pressures(Pressure(1.5, 0.25, 0.0, 51_823_000))
    assert files.pressures(b"") is None


LINES = st.lists(
    st.sampled_from(
        [
            b"usage_usec 5",
            b"anon",
            b"inactive_file -3",
            b"total_swap 9",
            b"some avg10=1.5",
            b"max",
            b"\xff",
        ]
    )
    | st.binary(max_size=30)
).map(b"\n".join)


@given(LINES)
def test_any_bytes_are_survived(content: bytes) -> None:
    """What is no number of the kernel's counts as not said; figures are never negative."""
    names = (*files.V1_FILES, *files.V2_FILES)
    everything = dict.fromkeys(names, content)

    found = [files.cpu_v1(content), files.cpu_v2(content)]
    found += [*files.swap_v1(everything), *files.swap_v2(everything)]
    for memory in (files.memory_v1(everything), files.memory_v2(everything)):
        found += [memory.usage, memory.working_set, memory.rss] if memory else []
    files.pressures(content)

    assert all(each is None or each >= 0 for each in found)
