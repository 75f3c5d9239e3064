"""Expected failures are told when they change."""

import pytest
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def changes(clock):
    return OnChange(get_logger("test"), "scrape", clock, limit=3)


def logged(act):
    with capture_logs() as lines:
        act()
    return [{key: value for key, value in line.items() if key != "component"} for line in lines]


def test_first_failure_is_a_warning(changes):
    """The first failure of a key is logged with its cause and details."""
    lines = logged(lambda: changes.failed("node-a", "timeout", url="https://a"))

    assert lines == [
        {
            "event": "scrape failed",
            "log_level": "warning",
            "key": "node-a",
            "cause": "timeout",
            "url": "https://a",
        }
    ]


def test_repetition_is_silent(changes):
    """The same cause again logs nothing."""
    changes.failed("node-a", "timeout")

    assert logged(lambda: changes.failed("node-a", "timeout")) == []


def test_another_cause_is_told_with_the_count(changes, clock):
    """A change of cause is logged with the failures so far and the time since the first."""
    changes.failed("node-a", "timeout")
    clock.advance(15)
    changes.failed("node-a", "timeout")
    clock.advance(15)

    (line,) = logged(lambda: changes.failed("node-a", "refused"))

    assert (line["log_level"], line["cause"]) == ("warning", "refused")
    assert (line["failures"], line["seconds"]) == (3, 30)


def test_recovery_is_told_once_with_the_count(changes, clock):
    """A recovery is logged at info with the failures before it; success after that is silent."""
    changes.failed("node-a", "timeout")
    clock.advance(15)
    changes.failed("node-a", "timeout")
    clock.advance(0.5)

    lines = logged(lambda: [changes.succeeded("node-a", took=1), changes.succeeded("node-a")])

    assert lines == [
        {
            "event": "scrape recovered",
            "log_level": "info",
            "key": "node-a",
            "cause": "timeout",
            "failures": 2,
            "seconds": 15.5,
            "took": 1,
        }
    ]


def test_success_without_failure_is_silent(changes):
    """A key that never failed is not mentioned."""
    assert logged(lambda: changes.succeeded("node-a")) == []


def test_keys_are_independent(changes):
    """One key's failure does not silence another's."""
    changes.failed("node-a", "timeout")

    assert len(logged(lambda: changes.failed("node-b", "timeout"))) == 1


def test_a_forgotten_key_starts_anew(changes):
    """A key that was forgotten does not recover, and its next failure is a first one."""
    changes.failed("node-a", "timeout")

    assert logged(lambda: changes.forget("node-a")) == []
    assert logged(lambda: changes.succeeded("node-a")) == []
    assert len(logged(lambda: changes.failed("node-a", "timeout"))) == 1


def test_memory_is_bounded(changes):
    """Beyond the limit the key that has failed longest is forgotten."""
    for node in "abcd":
        changes.failed(node, "timeout")

    assert logged(lambda: changes.succeeded("a")) == []
    assert len(logged(lambda: changes.succeeded("b"))) == 1
