"""Stories told faster."""

from tidegauge.sandbox.pace import faster
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.shapes import rate_at


def test_a_story_told_faster_has_the_same_course() -> None:
    """What was to come after eight minutes comes after two, and images keep their pace."""
    for name in library.names():
        story = library.shipped(name)
        sooner = faster(story, 4)

        assert sooner.images == story.images
        assert [change.at for change in sooner.changes] == [
            change.at // 4 for change in story.changes
        ]


def test_a_crowd_comes_and_goes_sooner() -> None:
    """At a third of the time there are as many."""
    (load, *_) = library.shipped("flash-sale").load
    (sooner, *_) = faster(library.shipped("flash-sale"), 3).load

    quiet = [rate_at(each, 0, "") for each in (load, sooner)]
    busy = rate_at(sooner, 120_000, "")

    assert quiet[0] == quiet[1]
    assert busy > 4 * quiet[0]
