"""Story files: the shipped ones are sound, and what is wrong in others is named."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.simulation.worlds import PLAIN, START, one_worker, world
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.library import StoryError


def test_the_stories_that_ship() -> None:
    """Each has a title, says what it is about, and has load."""
    assert library.names() == [
        "bad-rollout",
        "flash-sale",
        "leak",
        "noisy-neighbour",
        "shop-day",
    ]
    assert library.DEFAULT in library.names()
    for name in library.names():
        story = library.shipped(name)
        assert story.title
        assert story.about
        assert story.load


def test_what_is_not_shipped_is_said_with_what_is() -> None:
    """A misspelt name gets the list."""
    with pytest.raises(StoryError) as caught:
        library.shipped("shopday")

    assert str(caught.value) == (
        "no story is called 'shopday'; there are bad-rollout, flash-sale, leak, "
        "noisy-neighbour, shop-day"
    )


def test_a_story_of_ones_own(tmp_path: Path) -> None:
    """From a file anywhere."""
    path = tmp_path / "mine.yaml"
    path.write_text(PLAIN)

    assert library.load(path).workloads[0].key == "shop/web"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or no text."""
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "none.yaml", binary):
        with pytest.raises(StoryError, match="can't be read") as caught:
            library.load(path)
        assert str(caught.value).startswith(f"{path}: ")


WRONG = {
    "not YAML": (("title: A", "title: [A"), "s.yaml: is not YAML: "),
    "unknown field": (
        ("title:", "titel: x\ntitle:"),
        "s.yaml: the top level: Object contains unknown field `titel`; the shipped stories show",
    ),
    "nothing at all": ((PLAIN, ""), "s.yaml: the top level: Expected `object`, got `null`"),
    "wrong type": (
        ("replicas: 4", "replicas: many"),
        "s.yaml: workloads[0].replicas: Expected `int`, got `str`",
    ),
    "duration without unit": (
        ("pull: 2s, ready: 2s, cpu: 0, memory: 64Mi, memoryPerRate", "pull: 2, memoryPerRate"),
        's.yaml: images.web:1.pull: time: missing unit in duration "2"',
    ),
    "no quantity": (
        ("memory: 64Mi}", "memory: 64Megs}"),
        "s.yaml: images.web:2.memory: quantities must match",
    ),
    "no amount at all": (
        ("memory: 64Mi}", "memory: [64]}"),
        "s.yaml: images.web:2.memory: Expected an amount, got `[64]`",
    ),
    "bad quantity of a container": (
        ("cpu: 200m", "cpu: lots"),
        "s.yaml: workloads[0].containers[0].requests.cpu: quantities must match",
    ),
    "unknown image": (
        ("image: web:1", "image: web:7"),
        "s.yaml: workloads[0].containers[0].image: 'web:7' is not in this story; it has web:1, ",
    ),
    "two of a name": (
        (
            "load:",
            "  - {name: web, namespace: shop, containers: [{name: w, image: 'web:1'}]}\nload:",
        ),
        "s.yaml: workloads[1].name: shop/web is there twice; give each its own name",
    ),
    "no containers": (
        ("load:", "  - {name: x, namespace: shop, containers: []}\nload:"),
        "s.yaml: workloads[1].containers: a pod needs at least one",
    ),
    "negative replicas": (
        ("replicas: 4", "replicas: -1"),
        "s.yaml: workloads[0].replicas: -1 is negative; use 0 for none",
    ),
    "no percentage": (
        ("replicas: 4", "maxSurge: half"),
        "s.yaml: workloads[0].maxSurge: must be a number of pods or a percentage such as 25%",
    ),
    "load on nothing": (
        ("to: shop/web", "to: shop/wep"),
        "s.yaml: load[0].to: 'shop/wep' is not in this story; it has shop/web",
    ),
    "load twice": (
        ("load:", "load:\n  - {to: shop/web, rate: 1, work: 1ms}"),
        "s.yaml: load[1].to: shop/web has a load already; put both into one",
    ),
    "work that costs nothing": (
        ("work: 10ms", "work: 0s"),
        "s.yaml: load[0].work: a request must cost some CPU time, as 12ms",
    ),
    "negative rate": (
        ("rate: 50", "steps: [{at: 1m, rate: -5}]"),
        "s.yaml: load[0].steps[0].rate: -5 is no number of requests; use 0 for none",
    ),
    "an endless rate": (
        ("rate: 50", "rate: .inf"),
        "s.yaml: load[0].rate: inf is no number of requests",
    ),
    "a crowd of nobody knows how many": (
        ("rate: 50", "crowds: [{at: 1m, times: .nan}]"),
        "s.yaml: load[0].crowds[0].times: nan is no number of requests",
    ),
    "a wave below nothing": (
        ("rate: 50", "wave: {low: -0.5}"),
        "s.yaml: load[0].wave.low: -0.5 is not a share between 0 and 1",
    ),
    "a negative duration": (
        ("rate: 50", "patience: -5s"),
        "s.yaml: load[0].patience: `-5s` is negative",
    ),
    "negative memory": (("memory: 64Mi}", "memory: -1Mi}"), "s.yaml: images.web:2.memory: `-1Mi`"),
    "a name that the API would refuse": (
        ("name: web\n    namespace", "name: Web\n    namespace"),
        "s.yaml: workloads[0].name: 'Web' is no name for it; use up to 40 of a-z",
    ),
    "a container's name": (
        ("- name: web\n        image", "- name: w_b\n        image"),
        "s.yaml: workloads[0].containers[0].name: 'w_b' is no name for it",
    ),
    "two containers of a name": (
        ("replicas: 4", "sidecars: [{name: web, image: 'web:1'}]"),
        "s.yaml: workloads[0].sidecars[0].name: 'web' is there twice",
    ),
    "no range": (
        ("replicas: 4", "autoscale: {min: 5, max: 3}"),
        "s.yaml: workloads[0].autoscale: 5 to 3 is no range; 1 <= min <= max",
    ),
    "what has no replicas": (
        ("replicas: 4", "kind: DaemonSet\n    autoscale: {max: 3}"),
        "s.yaml: workloads[0].autoscale: a DaemonSet has no replicas to set; only Deployments and ",
    ),
    "a container that is not there": (
        ("replicas: 4", "autoscale: {cpu: 60, container: proxy}"),
        "s.yaml: workloads[0].autoscale.container: 'proxy' is not in this story; it has web",
    ),
    "a container without a target": (
        ("replicas: 4", "autoscale: {memory: 60, container: web}"),
        "s.yaml: workloads[0].autoscale.cpu: missing; how much of its request may web use?",
    ),
    "a target of nothing": (
        ("replicas: 4", "autoscale: {cpu: 0}"),
        "s.yaml: workloads[0].autoscale: metrics[0].resource.target.averageUtilization: Invalid",
    ),
    "a policy that the API refuses": (
        (
            "replicas: 4",
            "autoscale: {behavior: {scaleDown: {policies: [{type: Pods, value: 0}]}}}",
        ),
        "s.yaml: workloads[0].autoscale: behavior.scaleDown.policies[0].value: Invalid value: 0",
    ),
    "a change below nothing": (
        ("load:", "changes: [{at: 1m, to: shop/web, replicas: -2}]\nload:"),
        "s.yaml: changes[0].replicas: -2 is negative; use 0 for none",
    ),
    "noise beyond all": (
        ("rate: 50", "noise: 3"),
        "s.yaml: load[0].noise: 3 is not a share between 0 and 1",
    ),
    "a wave without length": (
        ("rate: 50", "wave: {period: 0s}"),
        "s.yaml: load[0].wave.period: must be longer than nothing, as 24h",
    ),
    "a change of nothing": (
        ("load:", "changes: [{at: 1m, to: shop/web}]\nload:"),
        "s.yaml: changes[0]: changes nothing; give it an image or a number of replicas",
    ),
    "a change of nobody": (
        ("load:", "changes: [{at: 1m, to: shop/x, replicas: 2}]\nload:"),
        "s.yaml: changes[0].to: 'shop/x' is not in this story; it has shop/web",
    ),
    "a change to no image": (
        ("load:", "changes: [{at: 1m, to: shop/web, image: y}]\nload:"),
        "s.yaml: changes[0].image: 'y' is not in this story; it has web:1, web:2, web:broken",
    ),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(change: tuple[str, str], message: str) -> None:
    """File, field, what is wrong with it and what to write instead."""
    text = PLAIN.replace(*change)
    assert text != PLAIN

    with pytest.raises(StoryError) as caught:
        library.parse("s.yaml", text)

    assert str(caught.value).startswith(message)


def test_every_problem_is_named() -> None:
    """Not only the first one."""
    text = PLAIN.replace("to: shop/web", "to: shop/wep").replace("work: 10ms", "work: 0s")

    with pytest.raises(StoryError) as caught:
        library.parse("s.yaml", text)

    assert len(str(caught.value).splitlines()) == 2


LINES = PLAIN.splitlines()
SCRAPS = [
    "-1",
    "0",
    ".nan",
    "[]",
    "{}",
    "null",
    "web",
    "1e300",
    "5s",
    "64Mi",
    "true",
    "'%'",
    "shop/web",
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_story_is_told_or_explained(data: st.DataObject) -> None:
    """With values thrown about, a story is refused in words or runs for a minute."""
    line = data.draw(st.integers(1, len(LINES) - 1))
    values = list(re.finditer(r"(?<=: )[^,{}\[\]]+", LINES[line]))
    if not values:
        return
    value = data.draw(st.sampled_from(values))
    scrap = data.draw(st.sampled_from(SCRAPS))
    changed = LINES[line][: value.start()] + scrap + LINES[line][value.end() :]
    text = "\n".join([*LINES[:line], changed, *LINES[line + 1 :]])

    problem = None
    try:
        story = library.parse("s.yaml", text)
    except StoryError as error:
        problem = str(error)
    else:
        if sum(workload.replicas for workload in story.workloads) < 1000:
            world(story, machines=one_worker()).advance(START + 60)

    assert problem is None or problem.startswith("s.yaml: ")
