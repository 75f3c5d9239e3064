"""The arithmetic of rolling updates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.sandbox.simulation.controllers.rollout import Sizes, limits, next_sizes


@pytest.mark.parametrize(
    ("desired", "surge", "unavailable", "expected"),
    [
        pytest.param(10, "25%", "25%", (3, 2), id="up is rounded up, down is rounded down"),
        pytest.param(1, "25%", "25%", (1, 0), id="one pod is never missing"),
        pytest.param(4, 1, 1, (1, 1), id="numbers"),
        pytest.param(4, 0, 0, (0, 1), id="both zero would never move"),
        pytest.param(3, 0, "10%", (0, 1), id="rounded to zero both"),
        pytest.param(2, 0, 5, (0, 2), id="not more than there are"),
    ],
)
def test_limits(
    desired: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    """As Kubernetes resolves maxSurge and maxUnavailable."""
    assert limits(desired, surge, unavailable) == expected


@pytest.mark.parametrize(
    ("new", "old", "above", "below", "expected"),
    [
        pytest.param(Sizes(0, 0), [Sizes(4, 4)], 1, 1, (1, [4]), id="up first"),
        pytest.param(Sizes(1, 0), [Sizes(4, 4)], 1, 1, (1, [3]), id="then down"),
        pytest.param(Sizes(1, 0), [Sizes(4, 4)], 1, 0, (1, [4]), id="none may be missing"),
        pytest.param(Sizes(1, 1), [Sizes(4, 4)], 1, 0, (1, [3]), id="one for one"),
        pytest.param(Sizes(2, 0), [Sizes(3, 1)], 1, 1, (2, [3]), id="too few serve already"),
        pytest.param(
            Sizes(1, 0), [Sizes(2, 0), Sizes(3, 3)], 2, 1, (1, [0, 3]), id="dead ones go first"
        ),
        pytest.param(Sizes(4, 4), [Sizes(1, 1)], 1, 1, (4, [0]), id="the end"),
        pytest.param(Sizes(6, 6), [], 1, 1, (4, []), id="fewer are wanted"),
    ],
)
def test_next_sizes(
    new: Sizes, old: list[Sizes], above: int, below: int, expected: tuple[int, list[int]]
) -> None:
    """Of four pods."""
    assert next_sizes(4, new, old, above, below) == expected


@given(
    desired=st.integers(1, 30),
    starting=st.integers(0, 30),
    above=st.integers(0, 10),
    below=st.integers(0, 10),
)
def test_rollouts_end_within_their_limits(
    desired: int, starting: int, above: int, below: int
) -> None:
    """With pods that all come up, each step keeps the limits and the last one is the goal."""
    above, below = limits(desired, above, below)
    new, old = Sizes(0, 0), [Sizes(starting, starting)]
    for _ in range(200):
        size, kept = next_sizes(desired, new, old, above, below)
        total = size + sum(kept)
        assert total <= max(desired + above, new.wanted + old[0].wanted)
        available = min(new.available, size) + min(old[0].available, kept[0])
        assert available >= min(desired - below, new.available + old[0].available)
        new, old = Sizes(size, size), [Sizes(kept[0], kept[0])]

    assert (new.wanted, old[0].wanted) == (desired, 0)
