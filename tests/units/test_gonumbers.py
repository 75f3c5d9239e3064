"""Go's conversions on amd64, at the edges."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.units.gonumbers import (
    ceil_int32,
    ceil_int64,
    divide,
    pow10,
    quotient,
    trunc_int32,
    wrap_int32,
    wrap_int64,
)

MIN32, MAX32 = -(2**31), 2**31 - 1
MIN64, MAX64 = -(2**63), 2**63 - 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (MAX64, MAX64),
        (MAX64 + 1, MIN64),
        (MIN64 - 1, MAX64),
        (MAX64 * 1000, -1000),
        (2**64, 0),
    ],
)
def test_int64_wraps(value, expected):
    """What does not fit loses its high bits."""
    assert wrap_int64(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(MAX32, MAX32), (MAX32 + 1, MIN32), (2**32 + 5, 5), (-(2**31) - 1, MAX32)],
)
def test_int32_wraps(value, expected):
    """What does not fit loses its high bits."""
    assert wrap_int32(value) == expected


@pytest.mark.parametrize(
    ("dividend", "divisor", "expected"),
    [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (-1, 2, 0), (MIN64, -1, MIN64)],
)
def test_integers_divide_toward_zero(dividend, divisor, expected):
    """Not toward minus infinity, as Python's do; the one overflow wraps."""
    assert quotient(dividend, divisor) == expected


def test_an_integer_by_zero_is_an_error():
    """Go panics there."""
    with pytest.raises(ZeroDivisionError):
        quotient(1, 0)


@pytest.mark.parametrize(
    ("dividend", "divisor", "expected"),
    [
        (1.0, 0.0, math.inf),
        (-1.0, 0.0, -math.inf),
        (1.0, -0.0, -math.inf),
        (0.0, 0.0, math.nan),
        (math.nan, 0.0, math.nan),
        (1.0, 4.0, 0.25),
    ],
)
def test_floats_divide_by_zero(dividend, divisor, expected):
    """An infinity, or not a number."""
    assert divide(dividend, divisor) == pytest.approx(expected, nan_ok=True, abs=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2.0**31, 1e300, -(2.0**31) - 1.0])
def test_floats_that_do_not_fit_become_the_minimum(value):
    """That is what the processor answers, whatever the sign."""
    assert ceil_int32(value) == MIN32
    assert trunc_int32(value) == MIN32


def test_floats_of_64_bits():
    """The same with the wider range."""
    assert ceil_int64(2.0**31 + 0.5) == 2**31 + 1
    assert ceil_int64(2.0**63) == MIN64
    assert ceil_int64(-(2.0**63)) == MIN64


@pytest.mark.parametrize(
    ("value", "up", "toward_zero"),
    [(1.2, 2, 1), (-1.2, -1, -1), (2.0, 2, 2), (-0.5, 0, 0), (2147483646.5, MAX32, MAX32 - 1)],
)
def test_floats_that_fit_are_rounded(value, up, toward_zero):
    """Up, or toward zero."""
    assert ceil_int32(value) == up
    assert trunc_int32(value) == toward_zero


@given(st.integers(-22, 22))
def test_small_powers_of_ten_are_the_nearest_floats(exponent):
    """There the table is exact."""
    assert pow10(exponent) == float(f"1e{exponent}")


@pytest.mark.parametrize(("exponent", "expected"), [(309, math.inf), (-324, 0.0), (308, 1e308)])
def test_far_powers_of_ten_end(exponent, expected):
    """Past the range of floats it is infinite or zero."""
    assert pow10(exponent) == expected
