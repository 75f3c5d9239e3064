"""Which pods count, and why."""

import pytest

from tests.autoscale.engine.given import LONG_AGO, NOW, pod
from tidegauge.autoscale.engine.answers import Sample
from tidegauge.autoscale.engine.grouping import Group, group_pods
from tidegauge.autoscale.engine.pods import ReadyCondition
from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.settings import Settings

YOUNG = NOW - 100.0
SETTINGS = Settings()
WINDOW = 15.0
FRESH = Sample(50, NOW - 5.0, WINDOW)


def group_of(one, sample=FRESH, resource="cpu"):
    samples = {} if sample is None else {one.name: sample}
    [got] = group_pods([one], samples, resource, SETTINGS, NEWEST, NOW)
    return got


@pytest.mark.parametrize(
    ("changes", "group", "reason"),
    [
        ({"deleted": True, "phase": "Pending"}, Group.IGNORED, "is being deleted"),
        ({"phase": "Failed"}, Group.IGNORED, "has failed"),
        ({"phase": "Succeeded"}, Group.READY, "its sample counts"),
        ({"phase": "Pending"}, Group.UNREADY, "is pending"),
        ({"phase": "Unknown"}, Group.READY, "its sample counts"),
        ({"ready": None}, Group.UNREADY, "has no Ready condition"),
        ({"started": None}, Group.UNREADY, "has no start time"),
    ],
    ids=str,
)
def test_phases_and_gaps(changes, group, reason):
    """The first rule that fits decides."""
    got = group_of(pod("a", **changes))

    assert (got.group, got.reason) == (group, reason)


def test_a_pod_without_a_sample_is_missing():
    """Whatever its readiness; but a pending one is unready first."""
    assert group_of(pod("a", ready=None), sample=None).group is Group.MISSING
    assert group_of(pod("a", phase="Pending"), sample=None).group is Group.UNREADY


@pytest.mark.parametrize(
    ("status", "since", "sampled", "group"),
    [
        ("False", YOUNG, NOW, Group.UNREADY),
        ("True", YOUNG + 20.0, YOUNG + 20.0 + WINDOW, Group.READY),
        ("True", YOUNG + 20.0, YOUNG + 20.0 + WINDOW - 0.5, Group.UNREADY),
        ("Unknown", YOUNG + 20.0, NOW, Group.READY),
    ],
)
def test_while_a_pod_starts_its_sample_must_begin_after_it_became_ready(
    status, since, sampled, group
):
    """Else the cost of starting would count as load."""
    young = pod("a", started=YOUNG, ready=ReadyCondition(status, since))

    assert group_of(young, Sample(50, sampled, WINDOW)).group is group


@pytest.mark.parametrize(
    ("age", "group"), [(299.5, Group.UNREADY), (300.0, Group.READY), (300.5, Group.READY)]
)
def test_the_initialization_period_ends_exactly(age, group):
    """At its end the rules for grown pods hold: one that lost its readiness later counts."""
    one = pod("a", started=NOW - age, ready=ReadyCondition("False", NOW - 200.0))

    assert group_of(one).group is group


@pytest.mark.parametrize(
    ("unready_after", "group"), [(29.5, Group.UNREADY), (30.0, Group.READY), (500.0, Group.READY)]
)
def test_a_grown_pod_that_was_never_ready_does_not_count(unready_after, group):
    """It is told by when it became unready: within the delay after its start."""
    one = pod("a", ready=ReadyCondition("False", LONG_AGO + unready_after))

    assert group_of(one).group is group


@pytest.mark.parametrize("resource", ["memory", ""])
def test_readiness_matters_for_cpu_only(resource):
    """Neither for other resources nor for custom metrics."""
    assert group_of(pod("a", ready=None, started=None), resource=resource).group is Group.READY
