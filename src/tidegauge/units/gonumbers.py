"""Go's number conversions on amd64: what the HPA's unguarded arithmetic makes of any figure.

Integers wrap; a float that does not fit an integer becomes that type's minimum, which is what the
processor's instruction answers; dividing floats by zero is no error.
"""

import math

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def wrap_int32(value: int) -> int:
    """The low 32 bits, signed."""
    return (value + 2**31) % 2**32 - 2**31


def wrap_int64(value: int) -> int:
    """The low 64 bits, signed."""
    if INT64_MIN <= value <= INT64_MAX:
        return value
    return (value + 2**63) % 2**64 - 2**63


def quotient(dividend: int, divisor: int) -> int:
    """int64 division: toward zero. ZeroDivisionError where Go panics."""
    result = abs(dividend) // abs(divisor)
    return wrap_int64(result if (dividend < 0) is (divisor < 0) else -result)


def divide(dividend: float, divisor: float) -> float:
    """float64 division: by zero it gives an infinity, or NaN for zero by zero."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def ceil_int32(value: float) -> int:
    """int32 of the float rounded up."""
    return _ceil(value, INT32_MIN, INT32_MAX)


def ceil_int64(value: float) -> int:
    """int64 of the float rounded up."""
    return _ceil(value, INT64_MIN, INT64_MAX)


def _ceil(value: float, minimum: int, maximum: int) -> int:
    if not math.isfinite(value):
        return minimum
    result = math.ceil(value)
    return result if minimum <= result <= maximum else minimum


def trunc_int32(value: float) -> int:
    """int32 of the float rounded toward zero."""
    if not math.isfinite(value):
        return INT32_MIN
    result = math.trunc(value)
    return result if INT32_MIN <= result <= INT32_MAX else INT32_MIN


_TENS_PER_TABLE = 32
"""Go's Pow10 multiplies two table entries, one of each 32nd power; 1e33 is 1e32 times 1e1."""


def pow10(exponent: int) -> float:
    """Go's math.Pow10."""
    if exponent > 308:
        return math.inf
    if exponent < -323:
        return 0.0
    tables, rest = divmod(abs(exponent), _TENS_PER_TABLE)
    if exponent < 0:
        return float(f"1e-{tables * _TENS_PER_TABLE}") / float(f"1e{rest}")
    return float(f"1e{tables * _TENS_PER_TABLE}") * float(f"1e{rest}")
