"""What one leader leaves to the next: memories as bytes, and what of such bytes is believed."""

import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.autoscale.controller import remembering
from tidegauge.autoscale.controller.remembering import Kept, UnreadableError, packed, unpacked
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent

NOW = 1_795_435_200.0


def document(**parts):
    whole = {"format": 1, "written": NOW, "memories": {}, **parts}
    return zlib.compress(msgspec.json.encode(whole))


def entry(**parts):
    return document(memories={"shop/web": {"uid": "u", **parts}})


def test_there_and_back():
    """What was remembered is known again, slots in their order."""
    memory = Memory(
        (Recommendation(NOW - 3, 4), Recommendation(NOW - 30.25, 9)),
        (ScaleEvent(NOW - 5, 2),),
        (ScaleEvent(NOW - 7, 1),),
    )
    kept = {"shop/web": Kept("u", memory), "shop/new": Kept("v", Memory())}

    assert unpacked(packed(kept, NOW), NOW + 10) == (kept, 0)


def test_what_nobody_looks_at_again_is_left_out():
    """Slots to be reused and what is older than any window take no room."""
    memory = Memory(
        (Recommendation(NOW - 4000, 4), Recommendation(NOW - 30, 9)),
        (ScaleEvent(NOW - 5, 2, outdated=True), ScaleEvent(NOW - 4, 1)),
    )

    got = unpacked(packed({"a/b": Kept("u", memory)}, NOW), NOW).memories["a/b"].memory

    assert got == Memory((Recommendation(NOW - 30, 9),), (ScaleEvent(NOW - 4, 1),))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "truncated"),
        (b"nonsense", "incorrect header"),
        (zlib.compress(b"{"), "truncated"),
        (zlib.compress(b"[]"), "Expected `object`"),
        (document(format=2), "format 2"),
        (document(written=NOW - 7200), "7200 s ago"),
        (document(written=NOW + 60), "-60 s ago"),
        (entry(recommendations=[["x", 1]]), "Expected `float`"),
        (packed({}, NOW)[:-8], ""),
    ],
    ids=["empty", "bytes", "cut", "list", "newer", "old", "future", "text", "broken-off"],
)
def test_unreadable(data, said):
    """Whatever is no recent document of ours is refused as a whole, saying why."""
    with pytest.raises(UnreadableError) as caught:
        unpacked(data, NOW)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "memory", "impossible"),
    [
        ({"recommendations": [[NOW + 60, 3]]}, Memory(), 1),
        ({"recommendations": [[NOW - 3601, 3]]}, Memory(), 0),
        ({"recommendations": [[NOW, -3]]}, Memory(), 1),
        ({"recommendations": [[NOW, 2**31]]}, Memory(), 1),
        ({"recommendations": [[NOW, 2**31], [NOW, 1]]}, Memory((Recommendation(NOW, 1),)), 1),
        ({"ups": [[NOW - 4000, 1], [NOW, 2]]}, Memory(None, (ScaleEvent(NOW, 2),)), 0),
        ({"downs": [[NOW + 3, 2]]}, Memory(None, (), (ScaleEvent(NOW + 3, 2),)), 0),
    ],
    ids=["future", "old", "negative", "huge", "one-of-two", "old-event", "clock-a-little-ahead"],
)
def test_absurd_entries_are_left_out(parts, memory, impossible):
    """One that cannot be true costs that one, and is counted; one that is only old is not."""
    got = unpacked(entry(**parts), NOW)

    assert got.memories["shop/web"].memory == memory
    assert got.impossible == impossible


def test_a_bomb_is_not_unpacked(monkeypatch):
    """A few bytes that would become gigabytes end at a limit."""
    monkeypatch.setattr(remembering, "MOST_BYTES", 1000)
    bomb = document(padding="x" * 1001)

    with pytest.raises(UnreadableError, match="truncated"):
        unpacked(bomb, NOW)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data):
    """Nothing but that one error comes of bytes that somebody else wrote."""
    for given_bytes in (data, zlib.compress(data)):
        try:
            unpacked(given_bytes, NOW)
        except UnreadableError:
            continue
