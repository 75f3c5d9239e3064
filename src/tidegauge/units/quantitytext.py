"""The parts of a quantity's text, as Kubernetes' parser cuts it.

It is lenient: `+`, `.` and `m` are zero, `1.` is one. (But `Ei` is nothing.)
"""

import re
from typing import NamedTuple

DECIMAL_SI = "DecimalSI"
BINARY_SI = "BinarySI"
DECIMAL_EXPONENT = "DecimalExponent"

_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
"""Powers of two."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
"""Powers of ten."""

DECIMAL_SUFFIX = {power: suffix for suffix, power in _DECIMAL.items()}
BINARY_SUFFIX = {0: "", **{power: suffix for suffix, power in _BINARY.items()}}

_TEXT = re.compile(
    r"(?P<sign>[+-]?)(?P<zeros>0*)(?P<whole>[0-9]*)(?:(?P<point>\.)(?P<fraction>[0-9]*))?"
    r"(?P<suffix>[eEinumkKMGTP]*[+-]?[0-9]*)",
    re.ASCII,
)

_MAX_TEXT = 1000
"""No sane quantity is longer, and int() refuses thousands of digits in words of its own."""

_MAX_EXPONENT = 1000
"""Past every float and every suffix; a text of ten bytes must not ask for gigabytes of digits."""

_PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"


class QuantityError(ValueError):
    """Not a quantity; in Kubernetes' words."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"quantities must match the regular expression '{_PATTERN}'")


class Parts(NamedTuple):
    """Digits before and after the point, and what the suffix says."""

    negative: bool
    whole: str
    fraction: str
    empty: bool
    """There is no digit at all."""
    exponent: int
    """Of two where the format is binary, else of ten."""
    form: str


def split(text: str) -> Parts:
    """Cut a quantity's text. Raises QuantityError."""
    match = _TEXT.fullmatch(text) if 0 < len(text) <= _MAX_TEXT else None
    if match is None:
        raise QuantityError(text)
    exponent, form = _suffix(text, match["suffix"])
    whole, fraction = match["whole"], match["fraction"] or ""
    return Parts(
        negative=match["sign"] == "-",
        whole=whole or "0",
        fraction=fraction,
        empty=not (match["zeros"] or whole or fraction),
        exponent=exponent,
        form=form,
    )


def _suffix(text: str, suffix: str) -> tuple[int, str]:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix], DECIMAL_SI
    if suffix in _BINARY:
        return _BINARY[suffix], BINARY_SI
    exponent = re.fullmatch(r"[eE]([+-]?[0-9]+)", suffix)
    if exponent is None or abs(int(exponent[1])) > _MAX_EXPONENT:
        raise QuantityError(text)
    return int(exponent[1]), DECIMAL_EXPONENT
