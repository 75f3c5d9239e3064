"""Quantities: the biggest suffix that keeps an integer."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.units.quantity import format_cpu, format_memory

CPU = [
    (0, "0"),
    (1, "1n"),
    (-1, "-1n"),
    (12_300_000, "12300u"),
    (50_000_000, "50m"),
    (1_500_000_000, "1500m"),
    (2_000_000_000, "2"),
    (10**12, "1k"),
    (2**63 - 1, "9223372036854775807n"),
    (2**63, "9223372036854775800n"),
    (2**64 - 1, "18446744073709551610n"),
]

MEMORY = [
    (0, "0"),
    (512, "512"),
    (1000, "1k"),
    (-1000, "-1k"),
    (1023, "1023"),
    (1024, "1Ki"),
    (1500, "1500"),
    (2000, "2000"),
    (12_533_760, "12240Ki"),
    (5 * 2**20, "5Mi"),
    (2**48 + 1, "281474976710657"),
    (3 * 2**60, "3Ei"),
    (-2048, "-2Ki"),
    (10**19 - 1, "9999999999999999990"),
]

SCALES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
BINARY = {"": 0, "Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def split(quantity):
    number = quantity.rstrip("numkMGKTPEi")
    return number, quantity[len(number) :]


@pytest.mark.parametrize(("nanocores", "text"), CPU, ids=[text for _, text in CPU])
def test_cpu(nanocores, text):
    """CPU is written in decimal steps from one nanocore up."""
    assert format_cpu(nanocores) == text


@pytest.mark.parametrize(("num_bytes", "text"), MEMORY, ids=[text for _, text in MEMORY])
def test_memory(num_bytes, text):
    """Memory is written in steps of 1024, and 1000 bytes are 1k."""
    assert format_memory(num_bytes) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_cpu_loses_nothing(nanocores):
    """Within 64 bits the text is worth exactly the number, and no bigger suffix would do."""
    number, suffix = split(format_cpu(nanocores))

    assert Decimal(number).scaleb(SCALES[suffix]) == Decimal(nanocores).scaleb(-9)
    assert suffix == "G" or number == "0" or int(number) % 1000


@given(st.integers(1024, 2**63 - 1))
def test_memory_loses_nothing(num_bytes):
    """The same for memory from 1024 bytes on."""
    number, suffix = split(format_memory(num_bytes))

    assert int(number) * 1024 ** BINARY[suffix] == num_bytes
    assert int(number) % 1024
