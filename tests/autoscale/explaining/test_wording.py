"""Times, amounts and ratios for a person."""

import math

import pytest

from tidegauge.autoscale.explaining.wording import amount, count, ratio, span


@pytest.mark.parametrize(
    ("milli", "resource", "text"),
    [
        (0, "cpu", "0"),
        (430, "cpu", "430m"),
        (1_250, "cpu", "1.25"),
        (12_345_678, "", "12.3k"),
        (2_000_000, "", "2k"),
        (90_177_536_000, "memory", "86Mi"),
        (90_700_000_000, "memory", "86.5Mi"),
        (1_023_000, "memory", "1023"),
        (2**40 * 1000, "hugepages-2Mi", "1Ti"),
        (-1_500, "", "-1.5"),
    ],
)
def test_amounts(milli, resource, text):
    """Three digits, in binary steps for bytes."""
    assert amount(milli, resource) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.00"),
        (1.86, "1.86"),
        (1.004, "1.0040"),
        (math.inf, "infinite"),
        (math.nan, "not a number"),
    ],
)
def test_ratios(value, text):
    """What is not one does not look like it."""
    assert ratio(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (0, "0s"),
        (45.4, "45s"),
        (200, "3m20s"),
        (7_500, "2h5m"),
        (273_600, "3d4h"),
        (3600, "1h"),
    ],
)
def test_spans(seconds, text):
    """The two greatest units; none below zero."""
    assert span(seconds) == text


def test_counts():
    """One is no plural."""
    assert (count(1, "pod"), count(2, "pod")) == ("1 pod", "2 pods")
