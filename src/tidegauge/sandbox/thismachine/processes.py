"""Reads processes from /proc: a thin, bounded shell around procfiles.py."""

import os
import time
from pathlib import Path

from tidegauge.sandbox.thismachine.grouping import Seen
from tidegauge.sandbox.thismachine.procfiles import Process, process, resident_pages
from tidegauge.sandbox.thismachine.walking import read

MAX_PROCESSES = 20_000
"""Looked at in one go: ten times what a busy server without cgroups runs."""

MAX_SECONDS = 2.0
"""As a walk of cgroups may take."""

NANO = 1_000_000_000


class Processes:
    """`boot` is when this host booted, wall seconds; process ages count from there."""

    def __init__(self, proc: Path, boot: float) -> None:
        self._proc = proc
        self._boot = boot
        self._tick = NANO // os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def start(self, pid: int) -> float | None:
        """When a process started, wall seconds; None when there is none."""
        found = self._process(pid)
        return None if found is None else self._boot + found.start * self._tick / NANO

    def nanoseconds(self, ticks: int) -> int:
        return ticks * self._tick

    def look(self) -> tuple[list[Seen], bool]:
        """All processes, and whether these are really all."""
        ends = time.monotonic() + MAX_SECONDS
        seen: list[Seen] = []
        for pid in self._pids():
            if len(seen) >= MAX_PROCESSES or time.monotonic() > ends:
                return seen, False
            if each := self._seen(pid):
                seen.append(each)
        return seen, True

    def _pids(self) -> list[int]:
        try:
            return sorted(int(each.name) for each in self._proc.iterdir() if each.name.isdigit())
        except OSError:
            return []

    def _seen(self, pid: int) -> Seen | None:
        found = self._process(pid)
        if found is None or found.kernel:
            return None
        try:
            pages, shared = resident_pages(read(self._proc / str(pid) / "statm"))
        except ValueError:
            return None  # it ended in between
        start = self._boot + found.start * self._tick / NANO
        cpu = self.nanoseconds(found.cpu)
        return Seen(found, cpu, start, pages * self._page, shared * self._page)

    def _process(self, pid: int) -> Process | None:
        try:
            return process(read(self._proc / str(pid) / "stat"))
        except ValueError:
            return None
