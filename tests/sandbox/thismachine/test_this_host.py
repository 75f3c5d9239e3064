"""Figures of the host we run on, against its own files and a process that burns a known share."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.thismachine.burning import GROUP, MOUNTS, burner, move, own_groups
from tidegauge.kubelet.exposition import parse
from tidegauge.sandbox import exposition
from tidegauge.sandbox.records import Pod, Usage
from tidegauge.sandbox.thismachine.cgroups import Cgroups
from tidegauge.sandbox.thismachine.grouping import Sessions
from tidegauge.sandbox.thismachine.machine import Machine
from tidegauge.sandbox.thismachine.processes import Processes
from tidegauge.sandbox.thismachine.procfiles import system_time
from tidegauge.units.clock import SystemClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and cgroups")

SHARE = 0.3
SECONDS = 3.0
TOLERANCE = 0.03
"""Of a CPU: the kernel's ticks and the time between our stamp and its reading, over SECONDS."""

LATE = 0.2
"""Seconds that a busy machine may keep us waiting between a reading and its stamp."""

LEAST = 0.02
"""Of a CPU that the burner gets, however busy others keep the machine; more than SHARE never."""


@pytest.fixture
def groups() -> Iterator[list[Path]]:
    """A cgroup for a service in each hierarchy; the test is skipped where we may make none."""
    with own_groups() as made:
        yield made


def rate(before: Usage, after: Usage) -> float:
    """Cores."""
    return (after.cpu - before.cpu) / 1e9 / (after.time - before.time)


def test_a_burning_service_in_its_own_cgroup(groups: list[Path]) -> None:
    """Its rate is that of its own accounts, its memory that of the cgroup's files."""
    machine, unified = Machine("here", SystemClock()), by_unified_cpu()
    with burner(SHARE) as burning:
        for group in groups:
            move(burning.pid, group)
        burning.start()
        before = pod_named(machine.look().pods, "burner")
        unified_before = burning_pod(unified)
        time.sleep(SECONDS)
        node = machine.look()
        unified_after = burning_pod(unified)
        burning_files = [memory_files(group) for group in groups]
        burning.stop()

    after = pod_named(node.pods, "burner")
    began, ended = before.usage.time, after.usage.time
    own = (burning.used_until(ended) - burning.used_until(began)) / (ended - began)
    assert rate(before.usage, after.usage) == pytest.approx(own, abs=TOLERANCE)
    assert LEAST < own < SHARE + TOLERANCE
    if unified_before and unified_after:
        unified_rate = rate(unified_before.usage, unified_after.usage)
        assert unified_rate == pytest.approx(own, abs=TOLERANCE)
    assert after.namespace == GROUP
    working_set = next(filter(None, burning_files))
    assert after.usage.memory.working_set == pytest.approx(working_set, rel=0.2, abs=1 << 20)
    assert after.start == before.start
    assert abs(after.start - burning.accounts[0][0]) < 10
    assert parse(exposition.encode(node), 0, None).bad_lines == 0


def by_unified_cpu() -> Cgroups | None:
    """A reader that takes CPU from version 2 on a host that has both, so both are tested there."""
    if not (MOUNTS.unified and MOUNTS.cpu):
        return None
    processes = Processes(Path("/proc"), 0.0)
    return Cgroups(replace(MOUNTS, cpu=""), processes, SystemClock(), Path("/"))


def burning_pod(cgroups: Cgroups | None) -> Pod | None:
    return pod_named(tuple(cgroups.look()[0]), "burner") if cgroups else None


def memory_files(group: Path) -> int | None:
    """Read in another way than the product does."""
    for usage, inactive in (
        ("memory.usage_in_bytes", "total_inactive_file"),
        ("memory.current", "inactive_file"),
    ):
        if (group / usage).exists():
            lines = (group / "memory.stat").read_text().splitlines()
            stat = dict(line.split(" ", 1) for line in lines)
            return int((group / usage).read_text()) - int(stat[inactive])
    return None


def test_a_burning_session() -> None:
    """By /proc alone, as where cgroups tell nothing."""
    boot = system_time(Path("/proc/stat").read_bytes()).boot
    processes, sessions, clock = Processes(Path("/proc"), boot), Sessions(), SystemClock()

    def look() -> Pod:
        seen, whole = processes.look()
        assert whole
        pods = sessions.pods(seen, clock.now())
        return next(pod for pod in pods if pod.name.endswith(f"-{burning.pid}"))

    with burner(SHARE) as burning:
        started = time.time()
        burning.start()
        before = look()
        time.sleep(SECONDS)
        after = look()
        burning.stop()

    began, ended = before.usage.time, after.usage.time
    own = (burning.used_until(ended) - burning.used_until(began)) / (ended - began)
    assert rate(before.usage, after.usage) == pytest.approx(own, abs=TOLERANCE)
    assert LEAST < own < SHARE + TOLERANCE
    assert after.start == before.start == pytest.approx(started, abs=2)


def pod_named(pods: tuple[Pod, ...], name: str) -> Pod:
    return next(pod for pod in pods if pod.name == name)


def root_files() -> tuple[Path, str, str] | None:
    """The root cgroup's own account of memory, which version 2 keeps only in part."""
    if MOUNTS.memory:
        return Path(MOUNTS.memory), "total_rss", "total_cache"
    if MOUNTS.unified and Path(MOUNTS.unified, "memory.stat").exists():
        return Path(MOUNTS.unified), "anon", "file"
    return None


def test_the_nodes_memory_is_the_root_cgroups() -> None:
    """Usage is what the root cgroup counts: anonymous memory and page cache."""
    found = root_files()
    if found is None:
        pytest.skip("the root cgroup keeps no account of memory here")
    root, anonymous, cache = found
    memory = Machine("here", SystemClock()).look().usage.memory
    stat = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())

    counted = (
        int((root / "memory.usage_in_bytes").read_text())
        if (root / "memory.usage_in_bytes").exists()
        else int(stat[anonymous]) + int(stat[cache])
    )
    inactive = int(stat.get("total_inactive_file") or stat["inactive_file"])
    slack = 64 << 20  # others on this machine go on in between
    assert memory.usage == pytest.approx(counted, rel=0.02, abs=slack)
    assert memory.working_set == pytest.approx(counted - inactive, rel=0.02, abs=slack)


def test_the_nodes_cpu_grows_by_what_is_burnt() -> None:
    """Never more than the machine has, and at least what we burn ourselves."""
    machine = Machine("here", SystemClock())
    before = machine.look().usage
    used = time.process_time()
    while time.process_time() - used < 0.5:
        pass
    after = machine.look().usage

    assert (after.cpu - before.cpu) / 1e9 >= 0.45
    longest = after.time - before.time + LATE
    assert (after.cpu - before.cpu) / 1e9 <= (os.cpu_count() or 1) * longest


def test_a_look_takes_little_time() -> None:
    """Less than a tenth of the shortest period there is."""
    machine = Machine("here", SystemClock())
    machine.look()

    began = time.process_time()
    machine.look()

    assert time.process_time() - began < 0.1
