"""How a new size is written."""

import pytest

from tidegauge.autoscale.engine.rescaling import Refused, Step, rescaling

CONFLICT = Refused("changed meanwhile", conflict=True)
DENIED = Refused("forbidden")
WRITE, READ = Step.WRITE, Step.READ


def play(*results):
    """The steps that are asked for, and what comes of it."""
    steps = rescaling()
    asked = [next(steps)]
    for result in results:
        try:
            step = steps.send(result)
        except StopIteration as end:
            return asked, end.value
        asked.append(step)
    return asked, "unfinished"


@pytest.mark.parametrize(
    ("results", "asked", "outcome"),
    [
        ([None], [WRITE], None),
        ([DENIED], [WRITE], "forbidden"),
        ([CONFLICT, None, None], [WRITE, READ, WRITE], None),
        ([CONFLICT, None, DENIED], [WRITE, READ, WRITE], "forbidden"),
        ([CONFLICT, DENIED, None], [WRITE, READ, WRITE], None),
        (
            [CONFLICT, None] * 4 + [CONFLICT],
            [WRITE, READ] * 4 + [WRITE],
            "changed meanwhile",
        ),
    ],
    ids=["taken", "denied", "after a conflict", "then denied", "unreadable", "five conflicts"],
)
def test_conflicts_are_tried_again(results, asked, outcome):
    """Five writes at most, each with the scale read anew; other errors end it."""
    assert play(*results) == (asked, outcome)
