"""When a replay has passed."""

import pytest

from tests.transcripts.verdict import Outcome, Tally


def outcomes(section, equal, failed, on_purpose=0):
    differing = ["status 500, recorded 200"]
    return [
        *(Outcome(f"{section}-{number}", section, "GET /") for number in range(equal)),
        *(Outcome(f"{section}-f{number}", section, "GET /", differing) for number in range(failed)),
        *(Outcome("id", section, "GET /", differing, "a reason") for _ in range(on_purpose)),
    ]


@pytest.mark.parametrize(
    ("section", "equal", "failed", "enough"),
    [
        ("client", 99, 0, True),
        ("client", 99, 1, False),
        ("kubectl", 99, 1, False),
        ("agg-large", 99, 1, False),
        ("path", 95, 5, True),
        ("path", 94, 6, False),
    ],
)
def test_sections_have_a_share_that_must_be_equal(section, equal, failed, enough):
    """95 % of some sections, and all of the others."""
    tally = Tally(outcomes(section, equal, failed))

    assert tally.short() == ([] if enough else [section])
    assert tally.report().endswith(f"\n{equal} passed, {failed} failed")


def test_a_difference_with_a_reason_is_counted_by_it():
    """What differs on purpose passes, and the report says how often and why."""
    tally = Tally(outcomes("label", 3, 0, on_purpose=2), skipped=7)

    report = tally.report()

    assert tally.short() == []
    assert "differ on purpose:    2  a reason" in report
    assert "left out: 7 requests" in report
    assert report.endswith("\n5 passed, 0 failed")


def test_failures_are_shown_field_by_field():
    """The first failures are shown with what differs, the others are counted."""
    report = Tally(outcomes("client", 0, 25)).report()

    assert "FAILED client-f0 GET /\n    status 500, recorded 200\n" in report
    assert report.count("FAILED") == 20
    assert "… and 5 more failed" in report
