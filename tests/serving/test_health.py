"""Health checks: what the replay of recordings does not show."""

import pytest
import structlog
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tidegauge.serving.health import Check, Health
from tidegauge.serving.messages import Request
from tidegauge.telemetry.changes import OnChange


class Switch:
    """A check that a test turns red."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def problem(self) -> str | None:
        return self.reason


def health(*checks: Check) -> Health:
    changes = OnChange(structlog.get_logger(), "health check", ManualClock())
    return Health({"readyz": checks}, changes)


def ask(target: str, *checks: Check) -> tuple[int, str] | None:
    response = health(*checks).respond(Request("GET", target))
    if response is None:
        return None
    assert isinstance(response.body, bytes)
    return response.status, response.body.decode()


def failing(name: str, **options: bool) -> Check:
    return Check(name, lambda: f"{name} is broken", **options)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/readyz", (500, "[+]a ok\n[-]b failed: reason withheld\nreadyz check failed\n")),
        ("/readyz?exclude=b", (200, "ok")),
        ("/readyz?verbose&exclude=b", (200, "[+]a ok\n[+]b excluded: ok\nreadyz check passed\n")),
        ("/readyz/a", (200, "ok")),
        ("/readyz/b", (500, "internal server error: b is broken\n")),
        ("/read%79z/%61", (200, "ok")),
        ("/readyz/", None),
        ("/readyz/c", None),
        ("/readyz/a/", None),
        ("/livez", None),
        ("/", None),
    ],
)
def test_answers(target: str, expected: tuple[int, str] | None) -> None:
    """All checks at once withhold reasons, a check's own path tells its own."""
    assert ask(target, Check("a"), failing("b")) == expected


@pytest.mark.parametrize("red", [True, False])
def test_unlisted_when_fine(red: bool) -> None:
    """A check of our own shows in the list only while it fails."""
    own = failing("own", listed_when_fine=False) if red else Check("own", listed_when_fine=False)

    answer = ask("/readyz?verbose", Check("a"), own)

    assert answer
    assert ("own" in answer[1]) is red
    assert ask("/readyz/own", own) is not None


def test_failing() -> None:
    """A check tells whether it fails, for a metric of it."""
    assert [Check("a").failing(), failing("b").failing()] == [False, True]


def test_paths() -> None:
    """The index lists each endpoint and each check."""
    assert health(Check("a"), Check("b/c")).paths == ["/readyz", "/readyz/a", "/readyz/b/c"]


def test_logged_on_change() -> None:
    """The log tells why a check fails once, and once that it recovered."""
    switch = Switch()
    answering = health(Check("a", switch.problem))
    with capture_logs() as lines:
        for reason in (None, "no data", "no data", None, None):
            switch.reason = reason
            answering.respond(Request("GET", "/readyz"))

    assert [(line["event"], line["key"], line["cause"]) for line in lines] == [
        ("health check failed", "readyz/a", "no data"),
        ("health check recovered", "readyz/a", "no data"),
    ]
