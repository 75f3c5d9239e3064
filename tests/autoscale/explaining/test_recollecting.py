"""What the running controller probably remembers, from events and status."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.autoscale.engine.given import NOW, autoscaler
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.autoscale.explaining.recollecting import Past, recollect
from tidegauge.autoscale.explaining.rescales import Rescale, rescales
from tidegauge.autoscale.reading.objects import EventObject

PERIOD = 15.0
LOOKED = NOW - PERIOD / 2
POLICIES = [{"type": "Pods", "value": 4, "periodSeconds": 60}]
BEHAVIOR = {"scaleUp": {"policies": POLICIES}, "scaleDown": {"policies": POLICIES}}
SEEN = Rescale(NOW - 90.0, 3, is_change=False)


def status(able="", limited="DesiredWithinRange", scaled=None, current=6, desired=6):
    reasons = {"AbleToScale": able, "ScalingLimited": limited}
    conditions = tuple(Condition(kind, "True", reason, "") for kind, reason in reasons.items())
    return Status(
        last_scale_time=scaled,
        current_replicas=current,
        desired_replicas=desired,
        conditions=conditions,
    )


def recollected(status: Status, past: Past = Past(), **spec: Any):  # noqa: B008  (immutable)
    return recollect(autoscaler(**spec).spec, status, past, NOW, Settings(), PERIOD)


def event(message, first, last=None, reason="SuccessfulRescale"):
    return EventObject(
        reason=reason,
        message=message,
        first_timestamp=datetime.fromtimestamp(first, UTC),
        last_timestamp=datetime.fromtimestamp(first if last is None else last, UTC),
    )


def test_changes_are_read_from_events():
    """In order of time, with their direction; a repeated one twice."""
    events = [
        event("New size: 4; reason: cpu resource above target", NOW - 20, NOW - 5),
        event("New size: 2; reason: All metrics below target", NOW - 10),
        event("New size: 9; reason: Current number of replicas above Spec.MaxReplicas", NOW - 30),
        event("New size: 3; reason: x; error: y", NOW - 1, reason="FailedRescale"),
    ]

    assert rescales(events) == (
        Rescale(NOW - 30, 9, None),
        Rescale(NOW - 20, 4, True),
        Rescale(NOW - 10, 2, False),
        Rescale(NOW - 5, 4, True),
    )


def test_of_an_hpa_that_nobody_looked_at_nothing_is_remembered():
    """Not even an empty list, so the first look records the size."""
    assert recollected(Status()).memory == Memory()


@pytest.mark.parametrize(
    ("status", "past", "entries", "undated"),
    [
        (status("ReadyForNewScale"), Past(), [(LOOKED, 6)], False),
        (status("ReadyForNewScale", "TooManyReplicas"), Past(), [(LOOKED, 6)], False),
        (status("ReadyForNewScale", "TooFewReplicas"), Past(), [], False),
        (status("ScaleDownStabilized"), Past(), [(LOOKED, 6)], True),
        (status("SucceededGetScale"), Past(), [], False),
        (
            status("SucceededRescale", scaled=NOW - 9),
            Past(rescales=(Rescale(NOW - 9, 6, True),)),
            [(NOW - 9, 6)],
            False,
        ),
        (
            status("SucceededRescale", scaled=NOW - 9, current=8),
            Past(rescales=(Rescale(NOW - 9, 6, False),)),
            [(NOW - 9, 6)],
            True,
        ),
        (
            status("SucceededRescale", "ScaleDownLimit", scaled=NOW - 9, current=8),
            Past(rescales=(Rescale(NOW - 9, 6, False),)),
            [],
            False,
        ),
        (status("SucceededGetScale"), Past(created=NOW - 50), [(NOW - 50, 6)], False),
        (
            status("SucceededGetScale"),
            Past(rescales=(Rescale(NOW - 400, 6, True),)),
            [],
            False,
        ),
    ],
    ids=[
        "asked for its size",
        "asked for more than the maximum",
        "asked for less",
        "held",
        "metrics failed",
        "just went up",
        "just went down",
        "just went down, cut by a policy",
        "new",
        "went up long ago",
    ],
)
def test_recommendations_are_told_by_conditions(status, past, entries, undated):
    """And by the last change; those older than the window do not matter."""
    got = recollected(status, past)

    assert [(one.at, one.replicas) for one in got.memory.recommendations or ()] == entries
    assert (got.undated is not None) is undated


def test_what_was_watched_is_known():
    """Then conditions are not consulted."""
    carried = (Recommendation(NOW - 100, 6),)

    got = recollected(status("ScaleDownStabilized"), Past(carried=carried))

    assert (got.memory.recommendations, got.recommended) == (carried, ())


@pytest.mark.parametrize(
    ("status", "spec", "entries"),
    [
        pytest.param(status("ReadyForNewScale"), {}, [(5, 6), (60, 5)], id="none was higher"),
        pytest.param(
            status("ReadyForNewScale", "ScaleUpLimit"), {}, [(5, 6), (60, 5), (60, 7)], id="limited"
        ),
        pytest.param(
            status("ReadyForNewScale"),
            {"behavior": BEHAVIOR},
            [(5, 6), (60, 5), (60, 7)],
            id="with behaviour a higher one does not lift the size",
        ),
        pytest.param(
            status("ScaleDownStabilized", desired=7),
            {},
            [(5, 6), (60, 5), (60, 7)],
            id="it is the one that holds",
        ),
        pytest.param(
            status("ScaleDownStabilized", desired=9),
            {},
            [(5, 6), (PERIOD, 9), (60, 5), (60, 7)],
            id="one that holds was missed",
        ),
    ],
)
def test_what_was_watched_is_mended_by_what_the_controller_says(status, spec, entries):
    """Its figures may have arrived after ours, so it may have asked for another size."""
    carried = tuple(Recommendation(NOW - age, size) for age, size in ((60, 5), (60, 7), (5, 6)))

    got = recollected(status, Past(carried=carried), **spec)

    found = [(NOW - one.at, one.replicas) for one in got.memory.recommendations or ()]
    assert sorted(found) == entries


@pytest.mark.parametrize(
    ("status", "past", "ups", "downs", "doubts"),
    [
        (
            status(scaled=NOW - 20),
            Past(rescales=(Rescale(NOW - 80, 2), Rescale(NOW - 50, 5), Rescale(NOW - 20, 4))),
            [(NOW - 50, 3)],
            [(NOW - 20, 1)],
            0,
        ),
        (status(scaled=NOW - 20), Past(rescales=(Rescale(NOW - 20, 4),)), [], [], 1),
        (status(scaled=NOW - 20), Past(), [], [], 1),
        (status(scaled=NOW - 90), Past(), [], [], 0),
        (
            status("SucceededRescale", scaled=NOW - 20, current=1, desired=4),
            Past(),
            [(NOW - 20, 3)],
            [],
            0,
        ),
        (
            status(scaled=NOW - 20),
            Past(seen=SEEN, rescales=(Rescale(NOW - 20, 4),)),
            [(NOW - 20, 1)],
            [],
            0,
        ),
    ],
    ids=["events", "first event", "no events", "long ago", "fresh status", "watched"],
)
def test_by_how_much_the_size_changed(status, past, ups, downs, doubts):
    """From one size to the next; where one of them is not known, that is said."""
    got = recollected(status, past, behavior=BEHAVIOR)

    assert got.memory.ups == tuple(ScaleEvent(*one) for one in ups)
    assert got.memory.downs == tuple(ScaleEvent(*one) for one in downs)
    assert len(got.changed) == doubts


def test_without_behaviour_nobody_counts_changes():
    """So nothing about them is in doubt."""
    got = recollected(status(scaled=NOW - 20), Past(rescales=(Rescale(NOW - 20, 4),)))

    assert (got.memory.ups, got.changed) == ((), ())
