"""Where float64 gives another answer than exact arithmetic: the sizes hang on it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.autoscale.engine.given import NOW, pods, usages, view
from tidegauge.autoscale.engine.limiting import limit_by_policies
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.podmetrics import by_utilization
from tidegauge.autoscale.engine.spec import Behavior, Policy, Rules
from tidegauge.autoscale.engine.tolerance import Tolerance
from tidegauge.units.gonumbers import divide


@pytest.mark.parametrize(
    ("utilization", "target", "count", "replicas", "exact"),
    [(56, 50, 25, 29, 28), (110, 50, 25, 56, 55), (111, 50, 50, 112, 111)],
)
def test_a_ratio_times_pods_may_be_one_too_many(utilization, target, count, replicas, exact):
    """The ratio is rounded before it is multiplied, and then rounded up."""
    got = by_utilization(
        view(pods=pods(count), replicas=count, answers=usages(*[utilization] * count)),
        "cpu",
        "",
        target,
    )

    assert got.replicas == replicas
    assert -(-utilization * count // target) == exact


@pytest.mark.parametrize(
    ("usage", "target", "tolerance", "now", "before"),
    [
        (55, 50, 0.1, True, False),
        (45, 50, 0.1, True, True),
        (99, 100, 0.01, True, False),
        (101, 100, 0.01, True, False),
        (57, 60, 0.05, True, False),
        (63, 60, 0.05, True, False),
        (88, 80, 0.1, True, False),
        (72, 80, 0.1, True, True),
        (69, 60, 0.15, True, True),
        (60, 50, 0.2, True, True),
        (56, 50, 0.1, False, False),
        (44, 50, 0.1, False, False),
    ],
)
def test_the_ends_of_the_band(usage, target, tolerance, now, before):
    """On an exact edge the test of 1.33 and the one before it may differ."""
    ratio = divide(float(usage), float(target))

    assert Tolerance(tolerance, tolerance).holds(ratio) is now
    assert Tolerance(tolerance, tolerance, two_sided=False).holds(ratio) is before


def rounded(figure: Fraction) -> Fraction:
    """To the nearest double, from the exact figure."""
    return Fraction(float(figure))


@given(
    st.integers(0, 10**6), st.integers(1, 10**6), st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.2, 0.3])
)
def test_both_tests_round_each_step_once(usage, target, tolerance):
    """Against the same steps in exact arithmetic, each rounded by itself."""
    ratio, width = rounded(Fraction(usage, target)), Fraction(tolerance)
    now = rounded(1 - width) <= ratio <= rounded(1 + width)
    before = abs(rounded(1 - ratio)) <= width

    got = divide(float(usage), float(target))

    assert Tolerance(tolerance, tolerance).holds(got) is now
    assert Tolerance(tolerance, tolerance, two_sided=False).holds(got) is before


def percent(value: int) -> Rules:
    return Rules(policies=(Policy(type="Percent", value=value, period_seconds=60),))


@pytest.mark.parametrize(
    ("current", "value", "wanted", "replicas", "exact"),
    [(100, 10, 1000, 111, 110), (10, 90, 0, 0, 1), (10, 80, 0, 1, 2)],
)
def test_a_percentage_may_be_one_off(current, value, wanted, replicas, exact):
    """One more on the way up, one fewer on the way down."""
    behavior = Behavior(scale_up=percent(value), scale_down=percent(value))
    got = limit_by_policies(current, wanted, 0, 1000, behavior, Memory(), NOW)

    assert got.replicas == replicas
    sign = 1 if wanted > current else -1
    assert Fraction(current * (100 + sign * value), 100) == exact
