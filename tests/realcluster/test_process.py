"""Child processes end when they are told, and when nobody is left to tell them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.realcluster.process import Process, ProcessError, free_port, wait_until


def test_a_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    """Even a parent that was killed leaves nothing running."""
    code = (
        "import pathlib, sys, time; from tests.realcluster.process import Process;"
        "p = Process('sleep', ['sleep', '60'], pathlib.Path(sys.argv[1])).start();"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        comm = Path(f"/proc/{pid}/comm")
        wait_until(lambda: comm.read_text() == "sleep\n", "sleep runs", 10)
        parent.kill()

    wait_until(lambda: not comm.exists() or "Z" in _state(pid), "the child's end", 10)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_an_early_end_is_told_with_the_log(tmp_path: Path) -> None:
    """Waiting for a process that ended is over at once, and says why it ended."""
    process = Process("sh", ["sh", "-c", "echo no such luck >&2; exit 3"], tmp_path / "log").start()

    with pytest.raises(ProcessError, match=r"(?s)ended with 3 before luck.*no such luck"):
        process.wait_until(lambda: False, "luck", 30)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """Stopping takes no longer than it was told to."""
    script = "trap '' TERM; echo deaf; while :; do sleep 0.05; done"
    process = Process("sh", ["sh", "-c", script], tmp_path / "log").start()
    process.wait_until(lambda: "deaf" in process.tail(), "trap set", 10)

    assert process.stop(0.2) == -signal.SIGKILL


def test_a_process_can_be_started_again(tmp_path: Path) -> None:
    """Restarting keeps the command and goes on with the log."""
    process = Process("sh", ["sh", "-c", "echo hello; sleep 60"], tmp_path / "log")
    for times in (1, 2):
        process.start()
        wait_until(lambda: process.tail().count("hello") == times, "hello", 10)  # noqa: B023  (called at once)
        assert process.resident_bytes() > 0
        assert process.cpu_seconds() >= 0
        os.kill(process.pid, signal.SIGTERM)
        wait_until(lambda: not process.running, "the end", 10)


def test_ports_are_given_once() -> None:
    """No two servers of one run are given the same port."""
    ports = [free_port() for _ in range(50)]

    assert len(set(ports)) == 50
