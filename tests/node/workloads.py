"""Pods of known usage, run by the Python of our own image: no other image is needed."""

from collections.abc import Mapping, Sequence
from typing import Any

PYTHON = ["/usr/bin/python3", "-c"]
# Works until its CPU time is the share of the time that passed, and holds what it lacks of memory.
BURN = """
import sys, time
milli, mebi, seconds = map(int, sys.argv[1:])
held = bytearray(b"x") * ((mebi << 20) - OVERHEAD)
begun, used = time.monotonic(), time.process_time()
while not seconds or time.monotonic() - begun < seconds:
    if time.process_time() - used > (time.monotonic() - begun) * milli / 1000:
        time.sleep(0.002)
time.sleep(1 << 20)
"""
# What the kernel counts for such a process beside what it holds: its own heap, and pages of
# libraries that are used all the time.
OVERHEAD = 6 << 20
IDLE = "import signal; signal.pause()"
CRASH = "raise SystemExit(1)"
DONE = "pass"


def burner(name: str, image: str, milli: int, mebi: int, *, seconds: int = 0) -> dict[str, Any]:
    """A container that uses so many millicores and mebibytes; the former for so long, or always."""
    script = BURN.replace("OVERHEAD", str(OVERHEAD))
    return container(name, image, script, str(milli), str(mebi), str(seconds))


def container(name: str, image: str, script: str, *arguments: str) -> dict[str, Any]:
    """A container that runs a script."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "command": [*PYTHON, script, *arguments],
    }


def pod(
    name: str,
    containers: Sequence[Mapping[str, Any]],
    *,
    initial: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A pod in the namespace `default`."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"pod": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "initContainers": list(initial),
            "containers": list(containers),
        },
    }
