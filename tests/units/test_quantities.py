"""Quantities: what texts mean, how they are written, and where they overflow."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.units.quantities import (
    BINARY_SI,
    DECIMAL_SI,
    QuantityError,
    milli_quantity,
    parse,
)

SUFFIXES = ["n", "u", "m", "", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-2"]


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("0", 0),
        ("250m", 250),
        ("250000001n", 251),
        ("1n", 1),
        ("-1n", -1),
        ("1.5", 1500),
        (".5", 500),
        ("5.", 5000),
        ("1Ki", 1_024_000),
        ("1e3", 1_000_000),
        ("128Mi", 134_217_728_000),
        ("+5", 5000),
        ("m", 0),
        ("-", 0),
    ],
)
def test_milli_units_round_up(text, milli):
    """A figure finer than a milli goes to the next one, away from zero."""
    assert parse(text).milli == milli


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("100P", 0),
        ("8E", 0),
        ("1e18", 0),
        ("92233720368547758", -80),
        ("9223372036854775807", -1000),
        ("9223372036854775808", 0),
        ("9Ei", -1000),
        ("-1.5Mi", -1_572_864_000),
        ("-0.00001Ki", -9),
    ],
)
def test_milli_units_beyond_int64_are_lost(text, milli):
    """Nothing caps them: the small form gives 0 or wraps, the big one wraps."""
    assert parse(text).milli == milli


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("1500Mi", "1500Mi"),
        ("0.5Gi", "512Mi"),
        ("0.0001Ki", "102400u"),
        ("1000Ki", "1000Ki"),
        ("1e3", "1e3"),
        ("114e-2", "1140e-3"),
        ("10000k", "10M"),
        ("0.1n", "1n"),
        ("-84281u", "-84281u"),
        ("0.0", "0"),
        ("1000E", "1"),
    ],
)
def test_canonical_text(text, canonical):
    """The largest suffix of its own family that leaves a whole number; past exa it is lost."""
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "--1",
        "1x",
        "0x10",
        "1e3m",
        "1.2.3",
        "\u0661",
        "1ki",
        "e",
        "Ei",
        "-e-12",
        "1e1001",
        "9" * 1001,
    ],
)
def test_what_is_no_quantity_is_refused(text):
    """With the text in the error."""
    with pytest.raises(QuantityError) as raised:
        parse(text)

    assert raised.value.text == text


@pytest.mark.parametrize(("text", "value"), [("50m", 0.05), ("0.57", 0.57 + 2**-53), ("1", 1.0)])
def test_the_float_is_mantissa_times_power(text, value):
    """Not the nearest float to the decimal: tolerances are read so."""
    assert parse(text).approximate == value


@pytest.mark.parametrize(
    ("milli", "form", "text"),
    [
        (134_217_728_000, BINARY_SI, "128Mi"),
        (77_628_702_333, BINARY_SI, "77628702333m"),
        (1_023_000, BINARY_SI, "1023"),
        (1_024_000, DECIMAL_SI, "1024"),
        (-(2**63), DECIMAL_SI, "-9223372036854775808m"),
    ],
)
def test_statuses_show_milli_units(milli, form, text):
    """Binary only for whole numbers of at least 1024."""
    assert str(milli_quantity(milli, form)) == text


@given(st.integers(-(10**11), 10**11), st.sampled_from(SUFFIXES))
def test_canonical_text_is_a_fixed_point(number, suffix):
    """Read and written again it is the same, and means the same."""
    quantity = parse(f"{number}{suffix}")
    again = parse(str(quantity))

    assert str(again) == str(quantity)
    assert (
        Fraction(again.value) * Fraction(10) ** again.scale
        == Fraction(quantity.value) * Fraction(10) ** quantity.scale
    )


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.sampled_from(SUFFIXES))
def test_sums_are_exact(one, other, suffix):
    """Rounding comes after adding."""
    total = parse(f"{one}{suffix}") + parse(f"{other}m")

    assert total.nano == parse(f"{one}{suffix}").nano + other * 10**6


def test_a_sum_beyond_int64_takes_the_big_form():
    """Nothing is lost by adding."""
    total = parse("9223372036854775807m") + parse("1m")

    assert str(total) == "9223372036854775808m"
