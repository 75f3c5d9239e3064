"""Quantities as the API server keeps them: `1000m` becomes `1`, `1024Mi` becomes `1Gi`."""

from fractions import Fraction

from tidegauge.units.quantities import QuantityError, parse

__all__ = ["QuantityError", "canonical", "value_of"]


def canonical(text: str) -> str:
    """The shortest way to write it in its own family of suffixes. Raises QuantityError."""
    return str(parse(text))


def value_of(text: str) -> Fraction:
    """The number it stands for. Raises QuantityError."""
    quantity = parse(text)
    return quantity.value * Fraction(10) ** quantity.scale
