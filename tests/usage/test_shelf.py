"""What is made of answers stays as long as it would be made the same again, and no longer."""

from typing import TYPE_CHECKING

import pytest

from tests.clock import ManualClock
from tests.usage.answers import NODE, Said, answer
from tidegauge.usage.store import Store

if TYPE_CHECKING:
    from tidegauge.usage.shelf import Shelf

WEB = ("shop", "web", "app")


class Kept:
    """A store with a shelf on which something was put after a node's second answer."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock, period=15)
        self.shelf: Shelf[str] = self.store.shelf()
        self.hear(0)
        self.hear(15)
        self.shelf.put(NODE, {1: "made"})

    def hear(self, at: float) -> None:
        self.store.record(NODE, answer({WEB: Said(at, cpu=at)}))

    @property
    def made(self) -> dict[int, str]:
        return dict(self.shelf.made())


def test_what_is_made_of_an_answer_is_there_again():
    """More can be put beside it."""
    kept = Kept()

    kept.shelf.put(NODE, {2: "more"})

    assert kept.made == {1: "made", 2: "more"}


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.hear(30),
        lambda kept: kept.hear(15),
        lambda kept: kept.store.forget(NODE),
    ],
    ids=["answered", "answered the same", "gone"],
)
def test_a_change_of_the_node_takes_it_away(change):
    """After any answer, and when the node is gone, there is nothing."""
    kept = Kept()

    change(kept)

    assert kept.made == {}


@pytest.mark.parametrize(("seconds", "there"), [(45.0, True), (45.001, False)])
def test_what_grows_stale_is_no_longer_there(seconds, there):
    """Three periods after the node's last answer its usage is stale, and what was made of it."""
    kept = Kept()

    kept.clock.advance(seconds)

    assert (1 in kept.made) is there
    assert (kept.store.pod_usage("shop", "web", NODE) is not None) is there


def test_stamps_that_stand_still_grow_stale_too():
    """A node that answers, with a usage that has not moved for ten minutes."""
    kept = Kept()
    for _ in range(40):
        kept.clock.advance(15)
        kept.hear(15)
        kept.shelf.put(NODE, {1: "made"})
    assert kept.made

    kept.clock.advance(0.001)

    assert kept.made == {}
    kept.shelf.put(NODE, {1: "made of something stale"})
    assert kept.made == {}


def test_nodes_end_each_at_its_time():
    """One that answers goes on when another has fallen silent, and is looked at again later."""
    kept = Kept()
    kept.clock.advance(30)
    kept.store.record("node-b", answer({}, Said(45, cpu=1)))
    kept.store.record("node-b", answer({}, Said(60, cpu=2)))
    kept.shelf.put("node-b", {2: "b"})
    kept.clock.advance(20)
    assert kept.made == {2: "b"}

    kept.clock.advance(26)
    assert kept.made == {}


def test_a_node_nobody_knows_has_no_place():
    """What is put there is lost."""
    kept = Kept()

    kept.shelf.put("stranger", {2: "lost"})

    assert kept.made == {1: "made"}
