"""Scores, worked out by hand."""

import pytest

from tests.autoscale.replay.given import load, run, setup
from tidegauge.autoscale.replay.fleet import Fleet
from tidegauge.autoscale.replay.scores import Judge
from tidegauge.autoscale.replay.traffic import Traffic
from tidegauge.autoscale.replay.workload import Container, Workload


def _fleet(ready):
    fleet = Fleet(Workload(containers=(Container(name="app"),), replicas=ready), "web", {}, ())
    fleet.begin(ready, 0.0)
    return fleet


def _judged(*parts, steps=()):
    """Parts are (seconds, demand, ready pods, saturation); steps (demand, supply, had, size)."""
    traffic = Traffic(10, queue=True)
    judge = Judge(traffic)
    at = 0.0
    for seconds, demand, ready, saturation in parts:
        judge.lasted(at, seconds, demand, _fleet(ready), saturation)
        at += seconds
    for step in steps:
        judge.stepped(*step)
    return judge.scores(at or 1.0, traffic)


def test_accuracy_and_time_share():
    """A quarter of the time 1 of 4 pods lacks, half of it 2 are too many for 4, else it fits."""
    scores = _judged((25, 4, 3, 1.3), (50, 4, 6, 0.6), (25, 4, 4, 1.0))

    assert scores.under_provisioning == pytest.approx(100 * 0.25 * 1 / 4)
    assert scores.over_provisioning == pytest.approx(100 * 0.5 * 2 / 4)
    assert (scores.under_time, scores.over_time) == (25, 50)
    assert scores.saturated_time == 25


def test_without_demand_each_pod_is_one_too_many():
    """The denominator counts as one where nothing is demanded."""
    assert _judged((10, 0, 3, 0.0)).over_provisioning == 300


def test_pod_hours():
    """Three pods for two hours where one was needed."""
    scores = _judged((7200, 1, 3, 0.1))

    assert (scores.pod_hours, scores.pod_hours_needed, scores.peak_pods) == (6, 2, 3)


def test_instability_counts_moves_in_different_directions():
    """Of four intervals: both up, only the demand up, both still, against each other."""
    curve = [(1, 1), (2, 2), (3, 2), (3, 2), (2, 3)]

    scores = _judged((1, 1, 1, 0.1), steps=[(*point, 1, 1) for point in curve])

    assert scores.instability == 50


def test_changes_and_turns():
    """Up, up, down, nothing, up: four changes, two of them against the one before."""
    sizes = [(1, 2), (2, 4), (4, 3), (3, 3), (3, 5)]

    scores = _judged((1, 1, 1, 0.1), steps=[(1, 1, *size) for size in sizes])

    assert (scores.rescales, scores.reversals) == (4, 2)


@pytest.mark.parametrize(
    ("saturations", "worst", "at"),
    [((0.5, 2.5, 1.2), 2.5, 10), ((0.5, float("inf")), None, 10), ((0.0, 0.0), 0.0, 0)],
    ids=["highest", "no pod at all", "no load"],
)
def test_worst_saturation(saturations, worst, at):
    """The highest, and when it began; load without a pod has no figure."""
    scores = _judged(*((10, 1, 1, saturation) for saturation in saturations))

    assert (scores.worst_saturation, scores.worst_saturation_at) == (worst, at)


def test_a_whole_run():
    """Two full pods become four, the most allowed, at the first step: two too many until 60."""
    _, scores = run(setup(load((0, 200), (60, 400), seconds=300), minReplicas=2, maxReplicas=4))

    assert (scores.under_provisioning, scores.over_time) == (0, 20)
    assert scores.over_provisioning == pytest.approx(20)
    assert scores.rescales == 1
    assert scores.pod_hours_needed == pytest.approx((60 * 2 + 240 * 4) / 3600)
