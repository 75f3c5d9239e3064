"""Requests as a fluid: served, dropped, waiting, and for how long."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.autoscale.replay.traffic import Traffic


def _flown(*flows, capacity=10.0, queue=True):
    traffic = Traffic(capacity, queue=queue)
    for seconds, rate, pods in flows:
        traffic.flow(seconds, rate, pods)
    return traffic


def test_within_capacity_all_is_served_at_once():
    """Nobody waits, and each ready pod serves its share."""
    traffic = _flown((10, 30, 4))

    assert (traffic.arrived, traffic.served, traffic.late, traffic.waiting) == (300, 300, 0, 0)
    assert (traffic.each, traffic.pace) == (75, 7.5)


def test_exactly_full_is_not_too_much():
    """At a saturation of exactly one nobody waits."""
    traffic = _flown((10, 40, 4))

    assert (traffic.late, traffic.waiting, traffic.saturation(40, 4)) == (0, 0, 1)


def test_what_is_too_much_is_dropped():
    """Without a queue the surplus is lost, and only that."""
    traffic = _flown((10, 30, 2), (10, 10, 2), queue=False)

    assert (traffic.served, traffic.dropped, traffic.waiting, traffic.late) == (300, 100, 0, 0)


def test_what_is_too_much_waits_and_is_served_later():
    """200 come in 10 s where 100 can be served: the last one waits for 10 s."""
    traffic = _flown((10, 20, 1), (30, 0, 1))

    assert (traffic.served, traffic.late, traffic.waiting) == (200, 200, 0)
    assert traffic.longest_wait == pytest.approx(10)
    assert traffic.pace == 0


def test_who_comes_while_others_wait_is_late():
    """A queue of 100 shrinks by 5 a second, so it takes 20 s, in which 100 more come."""
    traffic = _flown((10, 20, 1), (60, 5, 1))

    assert traffic.late == pytest.approx(200 + 100)
    assert traffic.longest_wait == pytest.approx(10)


def test_without_pods_requests_wait_for_one():
    """After a minute without a pod the first one has waited for that minute."""
    traffic = _flown((60, 1, 0), (10, 1, 1))

    assert traffic.longest_wait == pytest.approx(60)
    assert (traffic.waiting, traffic.served) == (0, 70)


def test_unlimited_pods_serve_whatever_waits_at_once():
    """Without a limit there is no saturation, only a time without pods."""
    traffic = _flown((10, 5, 0), (10, 5, 1), capacity=float("inf"))

    assert (traffic.served, traffic.waiting, traffic.saturation(5, 1)) == (100, 0, 0)


_FLOWS = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 60), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(max_examples=60)
@given(_FLOWS, st.booleans())
def test_nothing_is_lost_or_made(flows, queue):
    """What came was served or dropped, or it waits."""
    traffic = _flown(*flows, queue=queue)

    total = traffic.served + traffic.dropped + traffic.waiting
    assert total == pytest.approx(traffic.arrived, abs=1e-5)
    assert traffic.late <= traffic.arrived + 1e-6


def _naive(flows, parts=20):
    """A queue of drops, one step after the other: total late, longest wait."""
    waiting: deque[list[float]] = deque()
    late = longest = now = 0.0
    for seconds, rate, pods in flows:
        for _ in range(seconds * parts):
            now += 1 / parts
            if rate:
                waiting.append([now, rate / parts])
            room = 10.0 * pods / parts
            came = rate / parts
            before = sum(amount for _, amount in waiting) - came
            late += came if before > 1e-9 or came > room + 1e-9 else 0.0
            while waiting and room > 1e-12:
                when, amount = waiting[0]
                longest = max(longest, now - when)
                taken = min(amount, room)
                room -= taken
                waiting[0][1] -= taken
                if waiting[0][1] <= 1e-12:
                    waiting.popleft()
    if waiting:
        longest = max(longest, now - waiting[0][0])
    return late, longest


@settings(max_examples=15)
@given(_FLOWS)
def test_waits_are_those_of_a_queue(flows):
    """Late requests and the longest wait agree with a queue that is stepped through."""
    late, longest = _naive(flows)
    traffic = _flown(*flows)

    assert traffic.longest_wait == pytest.approx(longest, abs=0.2)
    assert traffic.late == pytest.approx(late, abs=0.1 * sum(rate for _, rate, _ in flows) + 5)
