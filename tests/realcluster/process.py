"""Child processes with a log, a wait for readiness, and an end even when the parent is killed."""

import atexit
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Below the range from which Linux takes ports for outgoing connections (32768 and up), so that a
# port found free is not taken by some client before its server binds it.
PORTS = range(20000, 32000)
LOG_TAIL_LINES = 30
# A Go API server drains for some seconds; what takes longer is hung.
STOP_SECONDS = 15.0

# Runs a program that the kernel kills when its parent dies, even when the parent was killed itself.
# Done in a wrapper, since code between fork and exec is not safe in a process with threads.
_TIED = (
    "import ctypes, os, signal, sys;"
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

_taken: set[int] = set()


class ProcessError(Exception):
    """A process ended early or was not ready in time; the message ends with its log's tail."""


class Process:
    """One child process, restartable, writing stdout and stderr to `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.env = dict(env) if env is not None else None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running child."""
        assert self._child is not None, f"{self.name} was not started"
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """As subprocess has it; None while running or never started."""
        return None if self._child is None else self._child.poll()

    def start(self) -> "Process":
        """Start the program. It dies with the *thread* that called this: use a lasting one."""
        assert not self.running, f"{self.name} is running already"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-ISc", _TIED, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
            )
        atexit.register(self.kill)
        return self

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """SIGTERM, then SIGKILL after `seconds`; returns the exit code."""
        if self.running:
            assert self._child is not None
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        atexit.unregister(self.kill)
        return self.exit_code

    def kill(self) -> None:
        """SIGKILL."""
        if self.running:
            assert self._child is not None
            self._child.kill()
            self._child.wait()

    def tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The end of its log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_until(
        self, check: Callable[[], T], what: str, seconds: float, every: float = 0.1
    ) -> T:
        """Wait for `check` as `wait_until` does, but no longer than the process lives.

        Raises:
            ProcessError: it ended, or the time ran out.

        """

        def alive() -> T:
            if not self.running:
                raise ProcessError(
                    f"{self.name} ended with {self.exit_code} before {what}; "
                    f"log {self.log}:\n{self.tail()}"
                )
            return check()

        try:
            return wait_until(alive, what, seconds, every)
        except TimeoutError as error:
            raise ProcessError(f"{error}; log {self.log}:\n{self.tail()}") from error

    def cpu_seconds(self) -> float:
        """User and system time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Resident memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def wait_until(check: Callable[[], T], what: str, seconds: float, every: float = 0.1) -> T:
    """Call `check` until it returns something true, and return that.

    Connection errors (OSError) count as not yet.

    Raises:
        TimeoutError: naming `what` and the last answer or error.

    """
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            answer = check()
        except OSError as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds:g} s; last: {last!r}")


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on and that this function never gave before."""
    while True:
        port = random.choice(PORTS)
        if port in _taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port
