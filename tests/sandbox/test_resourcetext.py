"""Numbers as Go writes them."""

import pytest

from tidegauge.sandbox.resourcetext import Figures, go_float, render


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.1 + 0.2, "0.30000000000000004"),
        (999_999.0, "999999"),
        (999_999.5, "999999.5"),
        (1_000_000.0, "1e+06"),
        (32_923_648.0, "3.2923648e+07"),
        (1_786_510_120.3148203, "1.7865101203148203e+09"),
        (1e22, "1e+22"),
    ],
)
def test_floats(value: float, text: str) -> None:
    """The shortest digits, with an exponent below 1e-4 and from 1e6."""
    assert go_float(value) == text


def test_cpu_is_rounded_as_in_go() -> None:
    """Nanoseconds become a float before they are divided, which shows after 104 days of CPU."""
    body = render({}, {}, Figures(stamp=1, cpu=29_514_929_935_856_117, memory=0))

    assert b"\nnode_cpu_usage_seconds_total 2.9514929935856115e+07 1\n" in body
