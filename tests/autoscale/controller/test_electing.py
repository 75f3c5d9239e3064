"""Who leads: candidates with clocks of their own, and a Lease between them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.autoscale.controller.electing import Election, Holding, Terms

TERMS = Terms()
WALL = "2026-11-23T12:00:00.000000Z"


def leading(identity="a", at=100.0):
    election = Election(identity, TERMS)
    election.saw(None, at)
    record = election.claim(at, WALL)
    assert record
    election.won(record, at)
    return election


def test_nobody_leads():
    """The first one who looks may lead; it is the first holder."""
    election = Election("a", TERMS)
    election.saw(None, 100.0)

    record = election.claim(100.0, WALL)

    assert record == Holding(
        holder_identity="a",
        lease_duration_seconds=15,
        acquire_time=WALL,
        renew_time=WALL,
        lease_transitions=0,
    )
    assert election.leads_until < 100.0
    election.won(record, 100.0)
    assert election.leads_until == 110.0


def test_parts_of_a_second():
    """The Lease tells whole seconds: never fewer than this one may work."""
    election = Election("a", Terms(lease_duration=1.9, renew_deadline=1.5))
    election.saw(None, 100.0)

    record = election.claim(100.0, WALL)

    assert record
    assert record.lease_duration_seconds == 2


def test_renewal():
    """Since when it leads stays; until when it may work moves on."""
    election = leading(at=100.0)

    record = election.claim(102.0, "later")
    election.won(record, 102.0)

    assert (record.acquire_time, record.renew_time) == (WALL, "later")
    assert record.lease_transitions == 0
    assert election.leads_until == 112.0


@pytest.mark.parametrize(
    ("seen_at", "again_at", "changed", "now", "may"),
    [
        (100.0, 110.0, False, 114.9, False),
        (100.0, 110.0, False, 115.0, True),
        (100.0, 110.0, True, 115.0, False),
        (100.0, 110.0, True, 125.0, True),
    ],
    ids=["still-fresh", "unchanged-for-its-duration", "renewed-since", "renewed-and-old"],
)
def test_another_leads(seen_at, again_at, changed, now, may):
    """It is left alone until its record has stood still for its duration, as seen from here."""
    record = Holding(holder_identity="b", lease_duration_seconds=15, renew_time="1")
    election = Election("a", TERMS)
    election.saw(record, seen_at)
    newer = Holding(holder_identity="b", lease_duration_seconds=15, renew_time="2")
    election.saw(newer if changed else record, again_at)

    claim = election.claim(now, WALL)

    assert (claim is not None) is may
    if claim:
        assert (claim.holder_identity, claim.lease_transitions) == ("a", 1)


def test_taken_over():
    """Who sees another one's name in the Lease does not lead any more."""
    election = leading()
    election.saw(Holding(holder_identity="b", lease_duration_seconds=15), 103.0)

    assert election.leads_until < 103.0
    assert election.holder == "b"


def test_resignation():
    """It is given back with nobody's name, so that the next one need not wait."""
    election = leading(at=100.0)
    record = election.resignation("end")

    assert record == Holding(
        lease_duration_seconds=1, acquire_time="end", renew_time="end", lease_transitions=0
    )
    assert election.leads_until < 100.0
    other = Election("b", TERMS)
    other.saw(record, 100.1)
    assert other.claim(100.1, WALL) is not None
    assert other.resignation("end") is None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(0.1, 8.0), st.booleans(), st.booleans()),
        min_size=1,
        max_size=80,
    ),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
)
def test_never_two(turns, offsets):
    """Of three candidates with clocks of their own, who are slow or cut off at times, never two may
    write at one moment.
    """
    candidates = [Election(name, TERMS) for name in "abc"]
    seen = [-1, -1, -1]
    lease, version, now = None, 0, 0.0
    for which, pause, connected, reads_first in turns:
        now += pause
        mine, candidate = now + offsets[which], candidates[which]
        if connected:
            if reads_first or mine >= candidate.leads_until:
                candidate.saw(lease, mine)
                seen[which] = version
            claim = candidate.claim(mine, str(now))
            if claim and seen[which] == version:  # else the API server answers with a conflict
                lease, version = claim, version + 1
                candidate.won(claim, mine)
                seen[which] = version
        leaders = [
            one
            for one, offset in zip(candidates, offsets, strict=True)
            if now + offset < one.leads_until
        ]
        assert len(leaders) <= 1
