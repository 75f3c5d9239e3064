"""Durations in Go's notation, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.units.duration import format_duration, parse_duration

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

READ = [
    ("0", 0),
    ("-0", 0),
    ("0s", 0),
    ("15s", 15 * SECOND),
    ("+15s", 15 * SECOND),
    ("-1m", -MINUTE),
    ("1m30s", 90 * SECOND),
    ("30s1m", 90 * SECOND),
    ("1h0m0.5s", HOUR + SECOND // 2),
    (".5s", SECOND // 2),
    ("1.s", SECOND),
    ("1.5h", 90 * MINUTE),
    ("100ms", SECOND // 10),
    ("7us", 7_000),
    ("7\u00b5s", 7_000),
    ("7\u03bcs", 7_000),
    ("3ns", 3),
    ("0.9ns", 0),
    ("0.3333333333333333333h", 20 * MINUTE),
    ("0.9223372036854775808h", 3_320_413_933_267),
    ("9223372036854775807ns", 2**63 - 1),
    ("-9223372036854775808ns", -(2**63)),
]

REFUSED = [
    ("", 'time: invalid duration ""'),
    ("s", 'time: invalid duration "s"'),
    (".s", 'time: invalid duration ".s"'),
    ("--1s", 'time: invalid duration "--1s"'),
    ("1s ", 'time: unknown unit "s " in duration "1s "'),
    (" 1s", 'time: invalid duration " 1s"'),
    ("15", 'time: missing unit in duration "15"'),
    ("1.5", 'time: missing unit in duration "1.5"'),
    ("1d", 'time: unknown unit "d" in duration "1d"'),
    ("1S", 'time: unknown unit "S" in duration "1S"'),
    ("1m\n", 'time: unknown unit "m\\n" in duration "1m\\n"'),
    ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
    ("1e3s", 'time: unknown unit "e" in duration "1e3s"'),
    ("\u0661s", 'time: invalid duration "\u0661s"'),
]


@pytest.mark.parametrize(("text", "ns"), READ, ids=[text for text, _ in READ])
def test_reads(text, ns):
    """Every form that Go takes is taken, fractions in Go's own arithmetic."""
    assert parse_duration(text) == ns


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[repr(text) for text, _ in REFUSED])
def test_refuses(text, message):
    """What Go refuses is refused, in its words."""
    with pytest.raises(ValueError, match=r"^time: ") as caught:
        parse_duration(text)

    assert str(caught.value) == message


def test_refuses_endless_digits_in_the_same_words():
    """A text of thousands of digits is an invalid duration, not an error of int()."""
    with pytest.raises(ValueError, match=r"^time: invalid duration"):
        parse_duration("9" * 5000 + "s")


@given(st.integers(-(2**63), 2**63 - 1))
def test_reads_what_it_wrote(ns):
    """Writing and reading a duration gives the duration."""
    assert parse_duration(format_duration(ns)) == ns
