"""A process that burns a known share of a CPU, and the accounts it keeps of itself.

Run as a program it waits for a line on its input, so that it may be moved to another cgroup first,
and then prints wall time and CPU seconds (getrusage, of all its threads) every tenth of a second.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tidegauge.sandbox.thismachine.procfiles import Mounts, mounts

MOUNTS = mounts(Path("/proc/self/mountinfo").read_bytes()) if sys.platform == "linux" else Mounts()

SLOT = 0.05
"""Seconds; the share is burnt in each of them."""


def burn(share: float, seconds: float) -> None:
    """Burn and tell, then end."""
    sys.stdin.readline()
    began = time.monotonic()
    slot = 0
    while (slot_began := time.monotonic()) < began + seconds:
        # By its own accounts, so that others on the machine change nothing.
        used = time.process_time()
        while time.process_time() - used < share * SLOT:
            pass
        slot += 1
        if slot % 2 == 0:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            print(time.time(), usage.ru_utime + usage.ru_stime, flush=True)
        time.sleep(max(0.0, slot_began + SLOT - time.monotonic()))


class Burner:
    """`accounts` are wall time and CPU seconds, in order; complete after `stop`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid
        self.accounts: list[tuple[float, float]] = []

    def start(self) -> None:
        """It has given its first account afterwards."""
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        self._read()

    def stop(self) -> None:
        """Now, but not before an account of now: on a busy machine that may take its time."""
        now = time.time()
        while self.accounts[-1][0] < now:
            self._read()
        self._process.terminate()
        self._process.communicate(timeout=10)

    def _read(self) -> None:
        assert self._process.stdout
        at, used = self._process.stdout.readline().split()
        self.accounts.append((float(at), float(used)))

    def used_until(self, at: float) -> float:
        """CPU seconds at that wall time, between the two nearest accounts."""
        after = next(i for i, (time, _) in enumerate(self.accounts) if time >= at)
        (t0, c0), (t1, c1) = self.accounts[after - 1], self.accounts[after]
        return c0 + (c1 - c0) * (at - t0) / (t1 - t0)


@contextmanager
def burner(share: float, seconds: float = 60.0) -> Iterator[Burner]:
    """In a session of its own; ended with the block."""
    command = [sys.executable, __file__, str(share), str(seconds)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield Burner(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


GROUP = f"tidegauge-test-{os.getpid()}"
"""Of version 1 in each hierarchy, of version 2 in its only one; holds `burner.service`."""


@contextmanager
def own_groups() -> Iterator[list[Path]]:
    """The cgroups of a service in each hierarchy with accounts, or skips the test."""
    import pytest  # noqa: PLC0415  (the program that burns needs none)

    made: list[Path] = []
    try:
        for root in filter(None, (MOUNTS.unified, MOUNTS.cpu, MOUNTS.memory)):
            for directory in (Path(root, GROUP), Path(root, GROUP, "burner.service")):
                try:
                    directory.mkdir()
                except OSError as error:
                    pytest.skip(f"no cgroup can be made: {error}")
                made.append(directory)
            with suppress(OSError):  # version 1, or a controller that is not ours to give
                Path(root, GROUP, "cgroup.subtree_control").write_text("+memory")
        leaves = [each for each in made if each.name == "burner.service"]
        if not any((leaf / "memory.stat").exists() for leaf in leaves):
            pytest.skip("no cgroup with accounts of memory can be made")
        yield leaves
    finally:
        for directory in reversed(made):
            remove(directory)


def remove(directory: Path) -> None:
    """A group whose processes have just ended is busy for a moment."""
    ends = time.monotonic() + 5
    while True:
        try:
            directory.rmdir()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)
        else:
            return


def move(pid: int, group: Path) -> None:
    """To that cgroup. OSError when we may not."""
    (group / "cgroup.procs").write_text(f"{pid}\n")


if __name__ == "__main__":
    burn(float(sys.argv[1]), float(sys.argv[2]))
