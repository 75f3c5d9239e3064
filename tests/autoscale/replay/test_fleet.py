"""Pods over time: what the controller sees of them, where they find room, which ones go."""

import pytest

from tidegauge.autoscale.engine.pods import ReadyCondition
from tidegauge.autoscale.replay.fleet import Fleet
from tidegauge.autoscale.replay.workload import Container, Workload


def _fleet(replicas=1, room=None):
    workload = Workload(
        containers=(Container(name="app"),),
        replicas=replicas,
        start_delay=5,
        ready_delay=10,
        room=room,
    )
    fleet = Fleet(workload, "web", {"app": "web"}, ())
    fleet.begin(replicas, 0.0)
    return fleet


def _names(fleet):
    return [pod.name for pod in fleet.pods]


def test_the_first_pods_have_been_ready_for_long():
    """At the beginning all pods run, ready for more than any period of the controller."""
    fleet = _fleet(3)

    assert (fleet.ready, fleet.placed) == (3, 3)
    assert all(pod.ready.status == "True" and pod.ready.since < -3000 for pod in fleet.seen())


def test_a_new_pod_is_pending_then_runs_then_is_ready():
    """Each change comes at its time, which `next_change` tells ahead."""
    fleet = _fleet(1)
    fleet.resize(2, 100.0, 0.0)
    seen = [(fleet.seen()[1], fleet.next_change)]
    for at in (105.0, 115.0):
        fleet.advance(at, 7.0)
        seen.append((fleet.seen()[1], fleet.next_change))

    assert [(pod.phase, pod.ready, pod.started, change) for pod, change in seen] == [
        ("Pending", ReadyCondition("False", 100.0), 100.0, 105.0),
        ("Running", ReadyCondition("False", 100.0), 100.0, 115.0),
        ("Running", ReadyCondition("True", 115.0), 100.0, float("inf")),
    ]
    assert (fleet.ready, fleet.pods[1].served_before) == (2, 7.0)


def test_without_room_a_pod_stays_pending_until_another_goes():
    """It has no start time until it is placed, which is when room becomes free."""
    fleet = _fleet(2, room=2)
    fleet.resize(4, 10.0, 0.0)
    waiting = fleet.seen()[2]
    fleet.advance(1000.0, 0.0)
    fleet.resize(2, 1000.0, 0.0)
    fleet.resize(3, 2000.0, 0.0)

    assert (waiting.phase, waiting.started, waiting.ready) == ("Pending", None, None)
    assert _names(fleet) == ["web-1", "web-2", "web-5"]
    assert (fleet.placed, fleet.ready) == (2, 2)


def test_room_that_becomes_free_is_taken_at_once():
    """A pod that goes leaves its room to the one that waits."""
    fleet = _fleet(2, room=2)
    fleet.resize(3, 10.0, 0.0)
    fleet._delete(fleet.pods[:1])
    fleet._place(50.0)

    assert [(pod.name, pod.placed) for pod in fleet.pods][1] == ("web-3", 50.0)


@pytest.mark.parametrize(
    ("ages", "left", "kept"),
    [
        pytest.param([0, 100, 200], 2, ["web-1", "web-2"], id="the newest goes first"),
        pytest.param([0, 0, 0], 1, ["web-1"], id="of equals the one created last"),
        pytest.param([0, 50], 0, [], id="all"),
    ],
)
def test_goes_in_the_order_of_a_replica_set(ages, left, kept):
    """Pods that cost least to lose go first."""
    fleet = _fleet(0)
    for number, at in enumerate(sorted(ages)):
        fleet.resize(number + 1, float(at), 0.0)
    fleet.advance(max(ages), 0.0)
    fleet.resize(left, 120.0, 0.0)

    assert _names(fleet) == kept


def test_pending_before_running_before_ready():
    """Of three pods at different points of their start the one least far goes."""
    fleet = _fleet(1)
    fleet.resize(2, 100.0, 0.0)
    fleet.advance(105.0, 0.0)
    fleet.resize(3, 106.0, 0.0)
    gone: list[str] = []
    for left in (2, 1):
        before = set(_names(fleet))
        fleet.resize(left, 107.0, 0.0)
        gone += before - set(_names(fleet))

    assert gone == ["web-3", "web-2"]
