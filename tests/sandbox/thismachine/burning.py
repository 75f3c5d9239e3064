"""A process that burns a known share of a CPU, and the accounts it keeps of itself.

Run as a program it waits for a line on its input, so that it may be moved to another cgroup first,
and then prints wall time and CPU seconds (getrusage, of all its threads) every tenth of a second.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    """`accounts` can be read after `stop`: wall time and CPU seconds, in order."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid
        self.accounts: list[tuple[float, float]] = []

    def start(self) -> None:
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        self._process.terminate()
        out, _ = self._process.communicate(timeout=10)
        words = (line.split() for line in out.splitlines())
        self.accounts = [(float(pair[0]), float(pair[1])) for pair in words if len(pair) == 2]

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


def move(pid: int, group: Path) -> None:
    """To that cgroup. OSError when we may not."""
    (group / "cgroup.procs").write_text(f"{pid}\n")


if __name__ == "__main__":
    burn(float(sys.argv[1]), float(sys.argv[2]))
