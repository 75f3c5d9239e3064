"""Things that count for some seconds only."""

from tidegauge.autoscale.controller.fading import Fading


def test_for_some_seconds():
    """What is put counts until its time is over, and again when it is put again."""
    things: Fading[str, int] = Fading(10.0)
    things.put("a", 1, 0.0)
    things.put("b", 2, 1.0)
    things.put("a", 3, 5.0)

    assert [things.get(key, 10.9) for key in "abc"] == [3, 2, None]
    assert [things.get(key, 11.0) for key in "ab"] == [3, None]
    assert things.get("a", 15.0) is None


def test_takes_no_room():
    """Of many keys that were put once, those that count are kept and no others."""
    things: Fading[int, int] = Fading(10.0)
    for moment in range(1000):
        things.get(moment, float(moment))
        things.put(moment, moment, float(moment))

    assert len(things) == 10
    assert things.clear() == list(range(990, 1000))
    assert len(things) == 0
