"""The world as a whole: repeatable, whatever the steps it is moved in."""

from itertools import pairwise

import pytest

from tests.sandbox.simulation.worlds import START, dump, plain, world
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.world import World

SPAN = 400.0


def moved(of: World, step: float) -> World:
    for number in range(1, int(SPAN / step) + 1):
        of.advance(START + number * step)
    of.advance(START + SPAN)
    return of


@pytest.mark.parametrize("step", [0.25, 1.0, 7.3, SPAN])
def test_steps_do_not_matter(step: float) -> None:
    """Every object, body and flow is the same, however long the steps are."""
    story = library.shipped("bad-rollout")

    assert dump(moved(world(story), step)) == dump(moved(world(story), 60.0))


def test_seeds_matter() -> None:
    """Another seed gives another course."""
    story = library.shipped("shop-day")
    one, other = moved(world(story, seed=1), SPAN), moved(world(story, seed=2), SPAN)

    assert dump(one)["bodies"] != dump(other)["bodies"]


@pytest.mark.parametrize("name", library.names())
def test_shipped_stories_run(name: str) -> None:
    """Each story has all its pods ready after a minute, and none of its requests waits long."""
    of = world(library.shipped(name))

    of.advance(START + 55)

    for workload in of.story.workloads:
        if workload.kind in ("Deployment", "StatefulSet"):
            resource = f"{workload.kind.lower()}s"
            found = of.storage.get(resource, workload.namespace, workload.name)
            assert found
            assert found["status"]["readyReplicas"] == workload.replicas, workload.key
    assert of.flows
    assert all(flow.waiting * 20 <= flow.served for flow in of.flows.values())


def test_time_goes_forward_only() -> None:
    """An earlier time changes nothing."""
    of = world(plain())
    of.advance(START + 60)
    before = dump(of)

    of.advance(START + 30)

    assert dump(of) == before
    assert of.now == START + 60


def test_a_story_may_begin_later_than_its_world() -> None:
    """The cluster runs for a while before anything that the story tells happens."""
    story = plain(("load:", "changes: [{at: 10s, to: shop/web, image: 'web:2'}]\nload:"))
    late = world(story, begins=START + 100)

    late.advance(START + 105)
    before = late.storage.list("deployments", "shop")[0]
    late.advance(START + 115)
    after = late.storage.list("deployments", "shop")[0]

    images = [
        each["spec"]["template"]["spec"]["containers"][0]["image"] for each in (before, after)
    ]
    assert images == ["web:1", "web:2"]


def test_objects_carry_the_times_of_what_happens() -> None:
    """In one long step pods are created, scheduled and ready one after the other."""
    of = world(plain())

    of.advance(START + 3600)

    for pod in of.storage.list("pods", "shop"):
        conditions = {each["type"]: each for each in pod["status"]["conditions"]}
        times = [
            pod["metadata"]["creationTimestamp"],
            conditions["PodScheduled"]["lastTransitionTime"],
            pod["status"]["startTime"],
            conditions["Initialized"]["lastTransitionTime"],
            pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"],
            conditions["Ready"]["lastTransitionTime"],
        ]
        assert all(one <= other for one, other in pairwise(times))
        assert times[0] == "2026-11-23T12:00:00Z"
        assert times[-1] < "2026-11-23T12:00:30Z"
