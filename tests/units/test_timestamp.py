"""Times as the API writes them."""

import pytest

from tidegauge.units.timestamp import format_rfc3339

CASES = [
    (0, "1970-01-01T00:00:00Z"),
    (-1, "1969-12-31T23:59:59Z"),
    (1_709_164_800, "2024-02-29T00:00:00Z"),
    (1_795_435_215, "2026-11-23T12:00:15Z"),
    (253_402_300_799, "9999-12-31T23:59:59Z"),
    (-59_011_459_200, "0100-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("seconds", "text"), CASES, ids=[text for _, text in CASES])
def test_rfc3339(seconds, text):
    """Seconds since the epoch become a date and time in UTC, the year with four digits."""
    assert format_rfc3339(seconds) == text
