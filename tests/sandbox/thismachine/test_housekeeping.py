"""Looking once a period."""

import asyncio
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tests.sandbox.looks import node
from tidegauge.sandbox.records import Node
from tidegauge.sandbox.thismachine.housekeeping import Housekeeping
from tidegauge.sandbox.thismachine.machine import UnsupportedError


@dataclass
class Scripted:
    """Gives one look after another; an exception is raised."""

    looks: list[Node | Exception]
    grouped_by: str = "cgroups"
    seen: list[Node] = field(default_factory=list)

    def look(self) -> Node:
        look = self.looks.pop(0)
        if isinstance(look, Exception):
            raise look
        return look


def housekeeping(*looks: Node | Exception) -> Housekeeping:
    return Housekeeping(Scripted(list(looks)), ManualClock(), 10)  # type: ignore[arg-type]


async def test_the_last_two_looks_are_kept() -> None:
    """For figures, and for the rates between them."""
    first, second = node(), node(name="later")
    looks = housekeeping(first, second)

    await looks.tick()
    assert (looks.latest, looks.earlier) == (first, None)
    await looks.tick()
    assert (looks.latest, looks.earlier) == (second, first)


async def test_who_wants_to_know_is_told_of_each_look() -> None:
    """Once it is the latest one."""
    told: list[Node] = []
    script = Scripted([node(), node(name="later")])
    looks = Housekeeping(script, ManualClock(), 10, told.append)  # type: ignore[arg-type]

    await looks.tick()
    await looks.tick()

    assert [each.name for each in told] == ["node-a", "later"]


async def test_a_failed_look_leaves_the_last_one_marked() -> None:
    """Its stamps stay, so nobody takes it for new, and it says that it is not whole."""
    looks = housekeeping(node(), UnsupportedError("gone"))

    with capture_logs() as lines:
        await looks.tick()
        await looks.tick()

    assert looks.latest == node(whole=False)
    assert [line["log_level"] for line in lines if line["event"] == "look failed"] == ["warning"]


async def test_a_first_look_that_fails_is_told() -> None:
    """There is nothing to serve."""
    with pytest.raises(UnsupportedError):
        await housekeeping(UnsupportedError("no /proc")).tick()


async def test_how_pods_are_found_is_logged_on_change() -> None:
    """Not at every look."""
    looks = housekeeping(node(), node(), node())

    with capture_logs() as lines:
        await looks.tick()
        await looks.tick()
        looks._machine.grouped_by = "sessions"
        await looks.tick()

    assert [line["by"] for line in lines if line["event"] == "pods found"] == [
        "cgroups",
        "sessions",
    ]


async def test_looks_keep_to_their_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow look delays no later one, and one that takes over a period leaves one out."""
    clock, slept = ManualClock(), []
    durations = [0.5, 12.0, 0.0]

    class Slow(Housekeeping):
        async def tick(self) -> None:
            clock.advance(durations.pop(0))

    async def sleep(seconds: float) -> None:
        if not durations:
            raise asyncio.CancelledError
        slept.append(seconds)
        clock.advance(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await Slow(Scripted([]), clock, 10).run()  # type: ignore[arg-type]

    assert slept == [10, 9.5, 8]
