"""Answers remembered for a while."""

import asyncio

import pytest

from tests.clock import ManualClock
from tidegauge.serving.caching import Remembered


class Source:
    """Gives the number of its calls, when it is let."""

    def __init__(self) -> None:
        self.calls = 0
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False

    async def __call__(self) -> int:
        self.calls += 1
        await self.open.wait()
        if self.broken:
            raise OSError("away")
        return self.calls


async def test_forgets_the_longest_unused() -> None:
    """Over its size it forgets what nobody asked for the longest."""
    cache: Remembered[str, int] = Remembered(2, ManualClock())
    source = Source()
    for key in ("a", "b", "a", "c"):
        await cache.get(key, source, lambda _: 10)

    assert await cache.get("a", source, lambda _: 10) == 1
    assert await cache.get("b", source, lambda _: 10) == 4


async def test_asks_again_when_the_answer_is_too_old() -> None:
    """An answer counts for as long as was said, and not a moment longer."""
    clock, source = ManualClock(), Source()
    cache: Remembered[str, int] = Remembered(2, clock)
    seen = []
    for _ in range(3):
        seen.append(await cache.get("a", source, lambda _: 10))
        clock.advance(5)

    assert seen == [1, 1, 2]


async def test_not_worth_remembering() -> None:
    """An answer good for no time is asked for each time."""
    cache: Remembered[str, int] = Remembered(2, ManualClock())
    source = Source()

    assert [await cache.get("a", source, lambda _: 0) for _ in range(2)] == [1, 2]


async def test_who_gives_up_does_not_end_it_for_others() -> None:
    """A cancelled asker leaves the question to the one that still waits."""
    cache: Remembered[str, int] = Remembered(2, ManualClock())
    source = Source()
    source.open.clear()
    first = asyncio.create_task(cache.get("a", source, lambda _: 10))
    await asyncio.sleep(0)
    second = asyncio.create_task(cache.get("a", source, lambda _: 10))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.open.set()

    assert await second == 1


async def test_failures_are_not_remembered() -> None:
    """A failure goes to all who wait, and the next one asks again."""
    cache: Remembered[str, int] = Remembered(2, ManualClock())

    async def fail() -> int:
        await asyncio.sleep(0)
        raise OSError("away")

    both = await asyncio.gather(
        *(cache.get("a", fail, lambda _: 10) for _ in range(2)), return_exceptions=True
    )

    assert [str(error) for error in both] == ["away", "away"]
    assert await cache.get("a", Source(), lambda _: 10) == 1


def spared(clock: ManualClock) -> Remembered[str, int]:
    """Answers are good for 10 s below, and may do for 100 s more; nobody waits for a new one."""
    return Remembered(2, clock, spare=lambda _: 100.0, patience=0.0)


async def test_an_old_answer_does_when_no_new_one_can_be_got() -> None:
    """Who answers is away: the old answer is given, asked for again now and then, until its end."""
    clock, source = ManualClock(), Source()
    cache = Remembered[str, int](2, clock, spare=lambda _: 100.0)
    await cache.get("a", source, lambda _: 10)
    source.broken = True
    seen = []
    for step in (10.0, 4.9, 0.2, 94.8):
        clock.advance(step)
        seen.append((await cache.get("a", source, lambda _: 10), source.calls))
    clock.advance(0.2)

    assert seen == [(1, 2), (1, 2), (1, 3), (1, 4)]
    with pytest.raises(OSError, match="away"):
        await cache.get("a", source, lambda _: 10)


async def test_an_old_answer_does_when_the_new_one_is_late() -> None:
    """It is given at once, and the new one counts when it comes."""
    clock, source = ManualClock(), Source()
    cache = spared(clock)
    await cache.get("a", source, lambda _: 10)
    clock.advance(10)
    source.open.clear()
    late = await cache.get("a", source, lambda _: 10)
    source.open.set()
    await asyncio.sleep(0)

    assert late == 1
    assert await cache.get("a", source, lambda _: 10) == 2


async def test_a_new_answer_is_waited_for() -> None:
    """When it can be got, nobody sees an old one."""
    clock, source = ManualClock(), Source()
    cache = Remembered[str, int](2, clock, spare=lambda _: 100.0)
    await cache.get("a", source, lambda _: 10)
    clock.advance(10)

    assert await cache.get("a", source, lambda _: 10) == 2


async def test_an_answer_that_is_not_kept_ends_the_old_one() -> None:
    """What was said last counts, though it was good for no time: nothing older comes back."""
    clock, source = ManualClock(), Source()
    cache = Remembered[str, int](2, clock, spare=lambda _: 100.0)
    await cache.get("a", source, lambda _: 10)
    clock.advance(10)
    await cache.get("a", source, lambda _: 0)
    source.broken = True

    with pytest.raises(OSError, match="away"):
        await cache.get("a", source, lambda _: 10)
