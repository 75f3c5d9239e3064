"""Events in their order."""

import pytest

from tests.clock import ManualClock
from tidegauge.sandbox.simulation.engine import Engine, EventClock


def test_events_run_in_order_of_time_then_of_making() -> None:
    """Including those that events make, if they are due."""
    engine, seen = Engine(1000), []
    engine.at(1300, lambda: seen.append("c"))
    engine.at(1100, lambda: seen.append("a"))
    engine.at(1300, lambda: seen.append("d"))
    engine.at(1200, lambda: engine.after(50, lambda: seen.append("b")))
    engine.at(1301, lambda: seen.append("too late"))

    engine.run_until(1300)

    assert seen == ["a", "b", "c", "d"]
    assert engine.now == 1300


def test_past_events_run_next() -> None:
    """Time doesn't go back for them."""
    engine, times = Engine(1000), []
    engine.at(5, lambda: times.append(engine.now))

    engine.run_until(2000)

    assert times == [1000]


def test_cancelled_events_do_not_run() -> None:
    """Nor do they hold up others."""
    engine, seen = Engine(0), []
    event = engine.at(10, lambda: seen.append("cancelled"))
    engine.at(20, lambda: seen.append("other"))
    event.cancel()

    engine.run_until(30)

    assert seen == ["other"]


def test_repeated_events() -> None:
    """At the first time, and each period from then."""
    engine, times = Engine(100), []
    engine.every(50, lambda: times.append(engine.now), 10)

    engine.run_until(275)

    assert times == [110, 160, 210, 260]


def test_the_clock_shows_the_time_of_events() -> None:
    """While one runs; else that of the clock below, also after an event failed."""
    clock = EventClock(ManualClock(wall=99.0, running=5.0))
    engine, times = Engine(0, clock), []

    def fail() -> None:
        raise RuntimeError

    engine.at(1500, lambda: times.append(clock.now()))
    engine.at(1600, fail)

    with pytest.raises(RuntimeError):
        engine.run_until(2000)

    assert times == [1.5]
    assert (clock.now(), clock.monotonic()) == (99.0, 5.0)
