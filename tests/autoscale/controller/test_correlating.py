"""Events that are counted instead of repeated, and floods that are cut."""

import re

import pytest

from tests.autoscale.controller.virtual import BEGIN
from tidegauge.autoscale.controller.correlating import BURST, COMBINED, About, Correlator
from tidegauge.autoscale.engine.status import Event

WEB = About("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "web", "u1", "7")
CART = About("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "cart", "u2", "8")


def tell(correlator, about, event, now):
    """Something that is told."""
    told = correlator.tell(about, event, now)
    assert told
    return told


def failed(message="no metrics", reason="FailedGetResourceMetric"):
    return Event("Warning", reason, message)


@pytest.mark.parametrize("name", ["w" * 253, "w" * 235 + "-.-" + "w" * 15])
def test_a_long_name(name):
    """What is called by as many letters as can be has events with names that can be, too."""
    about = About("autoscaling/v2", "HorizontalPodAutoscaler", "shop", name, "u3", "9")

    told = tell(Correlator(), about, failed(), BEGIN)

    assert len(told.name) <= 253
    assert re.fullmatch(r"w+\.[0-9a-f]+", told.name)


def test_the_first_time():
    """A new event is created, with all that says what it is about and who says it."""
    told = tell(Correlator(), WEB, failed(), BEGIN)

    assert told.manifest() == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "shop", "name": told.name},
        "involvedObject": {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "namespace": "shop",
            "name": "web",
            "uid": "u1",
            "resourceVersion": "7",
        },
        "type": "Warning",
        "reason": "FailedGetResourceMetric",
        "message": "no metrics",
        "source": {"component": "horizontal-pod-autoscaler"},
        "reportingComponent": "horizontal-pod-autoscaler",
        "firstTimestamp": "2026-11-23T12:00:00Z",
        "lastTimestamp": "2026-11-23T12:00:00Z",
        "count": 1,
    }
    assert told.name.startswith("web.")


def test_again():
    """The same words about the same object are the same event, one more time."""
    correlator = Correlator()
    first = tell(correlator, WEB, failed(), BEGIN)
    again = tell(correlator, WEB, failed(), BEGIN + 15)

    assert again.name == first.name
    assert again.patch() == {
        "count": 2,
        "lastTimestamp": "2026-11-23T12:00:15Z",
        "message": "no metrics",
    }


@pytest.mark.parametrize(
    ("about", "event"),
    [
        (CART, failed()),
        (WEB, failed("other words")),
        (WEB, failed(reason="FailedRescale")),
        (WEB, Event("Normal", "FailedGetResourceMetric", "no metrics")),
    ],
    ids=["object", "message", "reason", "type"],
)
def test_another(about, event):
    """Whatever differs makes another event, also at the same moment."""
    correlator = Correlator()
    first = tell(correlator, WEB, failed(), BEGIN)
    other = tell(correlator, about, event, BEGIN)

    assert other.count == 1
    assert other.name != first.name


def test_many_similar():
    """The tenth of different words for one reason begins an event for all that follow."""
    correlator = Correlator()
    told = [tell(correlator, WEB, failed(f"try {i}"), BEGIN + i) for i in range(12)]

    assert [one.event.message for one in told[8:]] == [
        "try 8",
        COMBINED + "try 9",
        COMBINED + "try 10",
        COMBINED + "try 11",
    ]
    assert [one.count for one in told[8:]] == [1, 1, 2, 3]
    assert len({one.name for one in told}) == 10


def test_similar_ones_far_apart():
    """After ten quiet minutes words are told one by one again."""
    correlator = Correlator()
    for i in range(12):
        correlator.tell(WEB, failed(f"try {i}"), BEGIN + i)

    told = tell(correlator, WEB, failed("try 12"), BEGIN + 11 + 601)
    assert told.event.message == "try 12"


def test_flood():
    """About one object come so many at once, then one in five minutes; others are not concerned.

    What is not told is counted all the same.
    """
    correlator = Correlator()
    told = [correlator.tell(WEB, failed(), BEGIN + i) for i in range(BURST + 5)]

    assert [one is None for one in told] == [False] * BURST + [True] * 5
    assert correlator.tell(CART, failed(), BEGIN + 30) is not None
    assert correlator.tell(WEB, failed(), BEGIN + 299) is None
    assert tell(correlator, WEB, failed(), BEGIN + 301).count == BURST + 5 + 2
    assert correlator.tell(WEB, failed(), BEGIN + 302) is None
