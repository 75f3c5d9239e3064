"""Quantities as the API server keeps them: `1000m` becomes `1`, `1024Mi` becomes `1Gi`."""

import re
from fractions import Fraction

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE](?P<exponent>[+-]?[0-9]{1,2}))?"
)

_PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_SMALLEST = Fraction(1, 10**9)


class QuantityError(ValueError):
    """Not a quantity; in Kubernetes' words."""

    def __init__(self) -> None:
        super().__init__(f"quantities must match the regular expression '{_PATTERN}'")


def value_of(text: str) -> Fraction:
    """The number a quantity stands for. Raises QuantityError."""
    return _parse(text)[0]


def canonical(text: str) -> str:
    """The shortest way to write it in its own family of suffixes. Raises QuantityError."""
    value, binary = _parse(text)
    if binary and value.denominator == 1 and abs(value) >= 1024:
        return _scaled(value, 1024, {power: suffix for suffix, power in _BINARY.items()}, 0)
    value = _rounded(value)
    return _scaled(value, 1000, {power: suffix for suffix, power in _DECIMAL.items()}, -3)


def _parse(text: str) -> tuple[Fraction, bool]:
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise QuantityError
    number, suffix = Fraction(match["number"].rstrip(".") or "0"), match["suffix"] or ""
    if match["exponent"] is not None:
        return number * Fraction(10) ** int(match["exponent"]), False
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix], True
    return number * Fraction(1000) ** _DECIMAL[suffix], False


def _rounded(value: Fraction) -> Fraction:
    """Up, to the smallest unit."""
    return -(-value // _SMALLEST) * _SMALLEST


def _scaled(value: Fraction, base: int, suffixes: dict[int, str], power: int) -> str:
    """With the largest suffix that leaves a whole number."""
    whole = value / Fraction(base) ** power
    while whole and not whole % base and power + 1 in suffixes | {0: ""}:
        whole /= base
        power += 1
    if not whole:
        return "0"
    return f"{whole}{suffixes.get(power, '')}"
