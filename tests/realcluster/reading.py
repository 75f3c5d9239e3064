"""Reading what kubectl prints and what the metrics API answers."""

from collections.abc import Iterable
from decimal import Decimal

API = "/apis/metrics.k8s.io"

_SUFFIXES = {
    "n": "1e-9",
    "u": "1e-6",
    "m": "1e-3",
    "Ki": "1024",
    "Mi": "1048576",
    "Gi": "1073741824",
}


def rows(text: str) -> list[list[str]]:
    """The words of each line; kubectl's columns are made of words without spaces here."""
    return [line.split() for line in text.splitlines()]


def rows_of(text: str, names: Iterable[str]) -> list[list[str]]:
    """As `rows`, only those that begin with one of the names: a cluster holds others too."""
    wanted = set(names)
    return [row for row in rows(text) if row and row[0] in wanted]


def quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity stands for."""
    number = text.rstrip("numKMGi")
    return Decimal(number) * Decimal(_SUFFIXES.get(text[len(number) :], "1"))


def millicores(text: str) -> int:
    """A rate as the nearest whole millicores: its last nanocore depends on the window's length."""
    return round(quantity(text) * 1000)
