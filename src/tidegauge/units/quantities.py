"""Quantities of the API as the HPA computes with them: exact, with upstream's accidents.

A quantity is held in one of two forms. The small one is an int64 times a power of ten; what does
not fit is held big, as any number of digits. They answer differently once a figure leaves int64,
so the form is part of the value. Facts from apimachinery's `resource.Quantity`.
"""

from tidegauge.units.gonumbers import INT64_MAX, INT64_MIN, pow10, quotient, wrap_int64
from tidegauge.units.quantitytext import (
    BINARY_SI,
    BINARY_SUFFIX,
    DECIMAL_EXPONENT,
    DECIMAL_SI,
    DECIMAL_SUFFIX,
    Parts,
    QuantityError,
    split,
)

__all__ = ["BINARY_SI", "DECIMAL_SI", "Quantity", "QuantityError", "milli_quantity", "parse"]

_NANO, _MILLI = -9, -3

_SMALL_DIGITS = 18
"""Decimal digits that always fit into int64."""

_SMALL_BINARY_DIGITS = 15
"""The budget of digits for a mantissa times a power of two."""

_WRAPPING_STEPS = frozenset((0, 1, 2, 3, 6, 9))
"""Powers of ten by which the small form multiplies in one step, wrapping; by others it gives 0."""


class Quantity:
    """`value` times 10 to the `scale`. Text, milli-units and float come out as upstream's."""

    __slots__ = ("big", "form", "milli", "scale", "value")

    def __init__(self, value: int, scale: int, form: str, *, big: bool = False) -> None:
        self.value = value
        self.scale = scale
        self.form = form
        self.big = big
        self.milli = _scaled_big(value, scale) if big else _scaled_small(value, scale)
        """MilliValue: whole milli-units as int64, rounded up; made once, read each reconcile."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Quantity({self})"

    @property
    def _key(self) -> tuple[int, int, str, bool]:
        return self.value, self.scale, self.form, self.big

    @property
    def approximate(self) -> float:
        """AsApproximateFloat64, as tolerances are read."""
        base = float(self.value)
        return base * pow10(self.scale) if self.scale else base

    @property
    def nano(self) -> int:
        """Exact, for comparing."""
        return self.value * int(10 ** (self.scale - _NANO))

    def __add__(self, other: "Quantity") -> "Quantity":
        small = not (self.big or other.big)
        if small and not (self.value and other.value):
            return self if self.value else other
        form = self.form if self.value else other.form
        scale = min(self.scale, other.scale)
        aligned = [one.value * 10 ** (one.scale - scale) for one in (self, other)]
        small = small and all(map(_fits, (*aligned, sum(aligned))))
        return Quantity(sum(aligned), scale, form, big=not small)

    def __str__(self) -> str:
        """The canonical text."""
        if not self.value:
            return "0"
        if self.form == BINARY_SI and (text := _binary_text(self.nano)):
            return text
        return _decimal_text(self)


def parse(text: str) -> Quantity:
    """A quantity's text. Raises QuantityError."""
    parts = split(text)
    small = _small(parts)
    if small is None and parts.empty:
        raise QuantityError(text)
    return small or _big(parts)


def milli_quantity(milli: int, form: str) -> Quantity:
    """What upstream makes of int64 milli-units for a status."""
    return Quantity(milli, _MILLI, form)


def _small(parts: Parts) -> Quantity | None:
    mantissa, scale = 1, parts.exponent - len(parts.fraction)
    precision = _SMALL_DIGITS - len(parts.whole) - len(parts.fraction)
    if parts.form == BINARY_SI:
        if parts.fraction:
            return None
        mantissa, scale = 1 << parts.exponent, 0
        precision = _SMALL_BINARY_DIGITS - len(parts.whole) - parts.exponent * 3 // 10 - 1
    value = int(parts.whole + parts.fraction) * mantissa
    if precision < 0 or scale < _NANO or not _fits(value):
        return None
    return Quantity(-value if parts.negative else value, scale, parts.form)


def _big(parts: Parts) -> Quantity:
    """Any precision, rounded away from zero to nano-units; a binary one is capped at int64."""
    digits, power = int(parts.whole + parts.fraction), -len(parts.fraction) - _NANO
    binary = parts.form == BINARY_SI
    digits, power = (
        (digits << parts.exponent, power) if binary else (digits, power + parts.exponent)
    )
    nano = digits * 10**power if power >= 0 else -(-digits // 10**-power)
    sign = -1 if parts.negative else 1
    if binary and nano > INT64_MAX * 10**9:
        return Quantity(sign * INT64_MAX, 0, BINARY_SI, big=True)
    form = DECIMAL_SI if binary and 0 < nano < 10**9 else parts.form
    return Quantity(sign * nano, _NANO, form, big=True)


def _fits(value: int) -> bool:
    return INT64_MIN <= value <= INT64_MAX


def _scaled_small(value: int, scale: int) -> int:
    steps = scale - _MILLI
    if steps < 0:
        magnitude = -(-abs(value) // int(10**-steps))
        return -magnitude if value < 0 else magnitude
    scaled = value * int(10**steps)
    if steps in _WRAPPING_STEPS:
        return wrap_int64(scaled)
    return scaled if _fits(scaled) else 0


def _scaled_big(value: int, scale: int) -> int:
    """Below int64 upstream cuts and adds one for a rest, so that `-1.5m` of this form gives 0."""
    if scale >= _MILLI:
        factor = 10 ** (scale - _MILLI)
        return wrap_int64(wrap_int64(value) * (factor if _fits(factor) else INT64_MIN))
    divisor = int(10 ** (_MILLI - scale))
    if value < INT64_MAX:
        value = wrap_int64(value)
        return quotient(value, divisor) + bool(value % divisor)
    return wrap_int64(-(-value // divisor))


def _decimal_text(quantity: Quantity) -> str:
    """With the largest power of a thousand that leaves a whole number."""
    value, exponent = quantity.value, quantity.scale
    while not value % 10:
        value //= 10
        exponent += 1
    surplus = exponent % 3
    value, exponent = value * 10**surplus, exponent - surplus
    if quantity.form == DECIMAL_EXPONENT:
        return f"{value}e{exponent}" if exponent else str(value)
    return f"{value}{DECIMAL_SUFFIX.get(exponent, '')}"


def _binary_text(nano: int) -> str | None:
    """Whole numbers of at least 1024 only; others are written in decimal."""
    value, rest = divmod(nano, 10**9)
    if rest or abs(value) < 1024:
        return None
    exponent = 0
    while not value % 1024:
        value //= 1024
        exponent += 10
    return f"{value}{BINARY_SUFFIX.get(exponent, '')}"
