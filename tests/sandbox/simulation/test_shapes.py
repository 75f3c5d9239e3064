"""Shapes of load over time."""

from itertools import pairwise

import pytest

from tests.sandbox.simulation.worlds import tell
from tidegauge.sandbox.simulation.shapes import rate_at
from tidegauge.sandbox.simulation.story import Load

MINUTE = 60_000


def load(fields: str) -> Load:
    """A load with those fields, on some workload."""
    text = (
        "{title: t, images: {i: {}}, "
        "workloads: [{name: w, namespace: n, containers: [{name: c, image: i}]}], "
        f"load: [{{to: n/w, work: 1ms, {fields}}}]}}"
    )
    return tell(text).load[0]


@pytest.mark.parametrize(
    ("fields", "rates"),
    [
        pytest.param("rate: 7", {-5: 7, 0: 7, 500: 7}, id="even"),
        pytest.param(
            "rate: 7, steps: [{at: 2m, rate: 20}, {at: 3m, rate: 5}]",
            {-1: 7, 1.99: 7, 2: 20, 2.9: 20, 3: 5, 90: 5},
            id="steps",
        ),
        pytest.param(
            "rate: 100, wave: {period: 24h, low: 0.2, peak: 18h}",
            {18 * 60: 100, 6 * 60: 20, 12 * 60: 60, 42 * 60: 100, -6 * 60: 100},
            id="daily wave",
        ),
        pytest.param(
            "rate: 10, crowds: [{at: 5m, times: 4, rise: 1m, hold: 2m, fall: 2m}]",
            {4: 10, 5: 10, 5.5: 25, 6: 40, 7.9: 40, 8: 40, 9: 25, 10: 10, 60: 10},
            id="flash crowd",
        ),
        pytest.param(
            "rate: 10, crowds: [{at: 5m, times: 4, rise: 0s, hold: 1m, fall: 0s}]",
            {4.99: 10, 5: 40, 6: 40, 6.01: 10},
            id="a crowd at once",
        ),
    ],
)
def test_shapes(fields: str, rates: dict[float, float]) -> None:
    """Requests per second by minutes since the story began."""
    shape = load(fields)

    found = {minute: rate_at(shape, round(minute * MINUTE), "1") for minute in rates}

    assert found == pytest.approx(rates)


def test_noise_is_even_repeatable_and_bounded() -> None:
    """Within its share, never jumping, the same for the same seed, another for another."""
    shape = load("rate: 100, noise: 0.2")

    rates = [rate_at(shape, second * 1000, "1") for second in range(600)]

    steps = [abs(one - other) for one, other in pairwise(rates)]
    assert all(80 <= rate <= 120 for rate in rates)
    assert max(rates) - min(rates) > 20
    assert max(steps) <= 40 / 7 + 1e-6
    assert rates == [rate_at(shape, second * 1000, "1") for second in range(600)]
    assert rates != [rate_at(shape, second * 1000, "2") for second in range(600)]
