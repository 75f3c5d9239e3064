"""Whether this machine has room for so many nodes, before anything is started."""

import resource
import sys
from pathlib import Path

from tests.realcluster.fleet import Fleet

SPARE_FILES = 500
"""Open files besides a connection to each node: clients, logs, and what Python itself opens."""

BASE_BYTES = 300e6
"""Five interpreters with what they import."""

NODE_BYTES, POD_BYTES, CONTAINER_BYTES = 380e3, 4e3, 2e3
"""Of all processes together, as measured with 100 to 300 nodes. Most of it is the buffer of 256 KiB
that asyncio holds for each TLS connection of the fake kubelets."""


def shortages(fleet: Fleet, open_files: int, memory: float) -> list[str]:
    """What this machine lacks for the fleet, a line each with its remedy.

    `open_files` is the hard limit of a process, `memory` the bytes that are available.
    """
    found = []
    if (files := fleet.nodes + SPARE_FILES) > open_files:
        found.append(
            f"{fleet.nodes} nodes take {files} open files in each of two processes, and the hard "
            f"limit is {open_files}: raise it (ulimit -Hn {files}), or ask for fewer --nodes"
        )
    if (wanted := _bytes(fleet)) > memory:
        found.append(
            f"{fleet.nodes} nodes take about {wanted / 1e9:.1f} GB of memory in all, and "
            f"{memory / 1e9:.1f} GB are available: end other programs, or ask for fewer --nodes"
        )
    return found


def _bytes(fleet: Fleet) -> float:
    pod = POD_BYTES + fleet.containers * CONTAINER_BYTES
    return BASE_BYTES + fleet.nodes * (NODE_BYTES + fleet.pods * pod)


def open_files() -> int:
    """The hard limit, to which each process raises its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if most == resource.RLIM_INFINITY else most


def available_memory() -> float:
    """Bytes, as the kernel estimates them (proc(5))."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(line.split()[1]) * 1024.0
