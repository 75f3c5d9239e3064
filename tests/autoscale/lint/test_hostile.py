"""Lint of whatever people write: no object, however mangled, ends it."""

import random
from copy import deepcopy
from typing import Any

import pytest

from tests.autoscale.lint.cases import CASES
from tidegauge.autoscale.lint.judging import findings

GARBAGE: tuple[Any, ...] = (
    *(None, True, 5, -3, 2.5, 2**40, float("inf"), "x", "", "1x", "Disabled"),
    *([], {}, [None], [1], ["a"], {"a": 1}, {"a": None}, [[]], [{}], {"name": []}),
)
TIMES = 15


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every key and index below, with what it is of."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = [(value, key) for key, _ in inside]
    parts = value.values() if isinstance(value, dict) else value
    return found + [
        place for part in parts if isinstance(part, dict | list) for place in places(part)
    ]


@pytest.mark.parametrize("seed", range(TIMES))
def test_mangled_objects(seed: int) -> None:
    """Anything may stand anywhere, in HPAs and in the objects beside them."""
    chance = random.Random(seed)
    for case in CASES:
        objects = deepcopy(case.objects)
        for _ in range(chance.choice((1, 1, 2, 3))):
            within, key = chance.choice(places(objects))
            within[key] = deepcopy(chance.choice(GARBAGE))
        mangled = [each for each in objects if isinstance(each, dict)]

        for found in findings(mangled, case.knowledge):
            assert found.message
            assert found.remedy
