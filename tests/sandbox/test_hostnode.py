"""The machine we run on as a node of the cluster, with and without power."""

import sys

import pytest

from tests.clock import ManualClock
from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.hostnode import THIS_MACHINE, ThisMachine
from tidegauge.sandbox.simulation.podspec import is_ready

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and cgroups")


@pytest.mark.parametrize(
    ("seconds", "writable", "ready"),
    [(49, True, True), (51, True, False), (51, False, True)],
    ids=["not yet", "silent for long", "nobody could be heard"],
)
async def test_without_power_it_is_not_ready(seconds: int, writable: bool, ready: bool) -> None:
    """After the same silence as any other node."""
    clock, states = ManualClock(), {"writable": True, "powered": True}
    storage = Storage(clock)
    machine = ThisMachine(
        storage,
        clock,
        1.0,
        ("127.0.0.1", 1),
        writable=lambda: states["writable"],
        powered=lambda: states["powered"],
    )
    await machine.look()
    states |= {"writable": writable, "powered": False}
    clock.advance(seconds)
    await machine.look()
    states["writable"] = True
    await machine.look()

    node = storage.get("nodes", "", THIS_MACHINE)
    assert node
    assert is_ready(node) is ready
