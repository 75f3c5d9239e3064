"""Health checks: the rule of readiness, and what the replay of recordings does not show."""

import pytest
import structlog
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tidegauge.serving.health import Check, FirstData, Health, standard_checks
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


class Cluster:
    def __init__(self) -> None:
        self.data = False
        self.synced = False
        self.why = ""
        self.clock = ManualClock()
        self.check = FirstData(
            self.clock,
            has_data=lambda: self.data,
            synced=lambda: self.synced,
            patience=300.0,
            why=lambda: self.why,
        )


def test_red_until_first_data() -> None:
    """Readiness waits for the first data and stays when the data goes."""
    cluster = Cluster()
    seen = [cluster.check.problem()]
    cluster.data = True
    seen.append(cluster.check.problem())
    cluster.data = False
    seen.append(cluster.check.problem())

    assert seen == ["no metrics to serve", None, None]


def test_red_for_a_time_at_most() -> None:
    """It waits five minutes from the informers' sync on, not from the start."""
    cluster = Cluster()
    cluster.clock.advance(1000)
    assert cluster.check.problem()
    cluster.synced = True
    assert cluster.check.problem()
    cluster.clock.advance(299)
    assert cluster.check.problem()
    cluster.clock.advance(1)

    assert cluster.check.problem() is None
    cluster.synced = False
    assert cluster.check.problem() is None


def test_red_with_a_reason() -> None:
    """What is known about the missing data is told."""
    cluster = Cluster()
    cluster.why = "3 of 3 nodes failed: refused"

    assert cluster.check.problem() == "no metrics to serve: 3 of 3 nodes failed: refused"


def test_standard_checks() -> None:
    """What depends on others decides about readiness; only our own loop about restarts."""
    checks = standard_checks(
        storage=lambda: "storage",
        informers=lambda: "informers",
        trust=lambda: "trust",
        collection=lambda: "collection",
        shutdown=lambda: "shutdown",
    )
    failed = {
        endpoint: [check.name for check in each if check.problem()]
        for endpoint, each in checks.items()
    }

    assert failed == {
        "healthz": [],
        "livez": ["metric-collection-timely"],
        "readyz": [
            "metric-storage-ready",
            "metric-informer-sync",
            "authentication-config",
            "shutdown",
        ],
    }
