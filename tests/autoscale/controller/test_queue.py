"""Whose turn it is: the rules of upstream's queue."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.autoscale.controller.queue import Turn, WorkQueue

PERIOD = 15.0


def test_new_ones_are_taken_at_once_in_order():
    """First come, first served; whoever waits is in the line once."""
    queue = WorkQueue(PERIOD)
    for key in ("a", "b", "a"):
        queue.add(key, 1.0)

    assert [queue.take(2.0), queue.take(2.0), queue.take(2.0)] == [
        Turn("a", 1.0),
        Turn("b", 1.0),
        None,
    ]


@pytest.mark.parametrize(
    ("calls", "due"),
    [
        ([(0.0, 0.0)], 15.0),
        ([(0.0, 0.0), (7.0, 7.0)], 15.0),
        ([(7.0, 7.0), (7.0, 0.0)], 15.0),
        ([(2.0, 0.5)], 15.5),
        ([(20.0, 1.0)], 35.0),
    ],
    ids=[
        "a-period-from-then",
        "the-earlier-moment-stays",
        "an-earlier-moment-wins",
        "from-when-it-was-due",
        "too-late-for-that",
    ],
)
def test_later(calls, due):
    """What is added for later is due a period after it was due before, or after now."""
    queue = WorkQueue(PERIOD)
    for now, since in calls:
        queue.add_later("a", now, since)

    assert queue.take(due - 0.01) is None
    assert queue.take(due) == Turn("a", due)
    assert queue.take(due + PERIOD) is None


def test_at_once_leaves_the_period_as_it_is():
    """A changed spec is looked at in between; the next regular look comes when it would have."""
    queue = WorkQueue(PERIOD)
    queue.add_later("a", 0.0, 0.0)
    queue.add("a", 7.0)

    assert queue.take(7.0) == Turn("a", 7.0)
    queue.done("a")
    queue.add_later("a", 7.1, 7.0)
    assert queue.take(14.9) is None
    assert queue.take(15.0) == Turn("a", 15.0)


def test_added_while_worked_on():
    """It is taken once more after that, never by two at a time."""
    queue = WorkQueue(PERIOD)
    queue.add("a", 0.0)
    queue.take(0.0)
    queue.add("a", 1.0)
    queue.add("a", 2.0)

    assert queue.take(3.0) is None
    queue.done("a")
    assert queue.take(3.0) == Turn("a", 1.0)
    queue.done("a")
    assert queue.take(4.0) is None


def test_forgotten():
    """What is gone is not looked at again, unless it comes back."""
    queue = WorkQueue(PERIOD)
    queue.add_later("a", 0.0, 0.0)
    queue.forget("a")
    queue.add_later("a", 5.0, 5.0)

    assert queue.take(15.0) is None
    assert queue.take(20.0) == Turn("a", 20.0)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "later", "take", "done", "forget"]), st.integers(0, 2)),
        max_size=60,
    )
)
def test_never_twice(steps):
    """Whatever is done in whatever order, no key is given out while it is worked on, and the next
    moment that is told is never after something is due.
    """
    queue, busy, now = WorkQueue(PERIOD), [], 0.0
    for step, which in steps:
        now += 3.0
        key = "abc"[which]
        if step == "add":
            queue.add(key, now)
        elif step == "later":
            queue.add_later(key, now, now)
        elif step == "forget":
            queue.forget(key)
        elif step == "take":
            told = queue.next_at()
            turn = queue.take(now)
            assert turn is None or turn.key not in busy
            assert turn is None or turn.since <= now
            if turn and turn.since == told:
                assert told <= now
            busy += [turn.key] if turn else []
        elif busy:
            queue.done(busy.pop())
    assert len(queue) <= 3
