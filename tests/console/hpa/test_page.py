"""The page of a run: complete, self-contained, and safe whatever things are called."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from tests.console.hpa.runs import SPEC, crowd, run
from tidegauge.autoscale.replay.result import Run
from tidegauge.console.hpa.page.page import page

_VOID = {"meta", "br"}


class Tree(HTMLParser):
    """Follows the nesting, and collects what tests ask for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))


def parsed(html: str) -> Tree:
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def told(html: str) -> list[dict[str, Any]]:
    """What the script is given of each run."""
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    runs: list[dict[str, Any]] = json.loads(found)["runs"]
    return runs


def words(tree: Tree) -> str:
    return " ".join(text for place, text in tree.texts if place not in ("script", "style"))


@pytest.fixture(scope="module")
def one() -> Run:
    return run()


@pytest.fixture(scope="module")
def two(one: Run) -> list[Run]:
    behavior = {
        "scaleDown": {
            "stabilizationWindowSeconds": 60,
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
        }
    }
    return [one, run("calm.yaml", spec={"behavior": behavior})]


def test_it_is_well_formed_alone_and_compared(one: Run, two: list[Run]) -> None:
    """Every element is closed in its place."""
    for runs in ([one], two):
        tree = parsed(page(runs))

        assert {"html", "head", "body", "svg", "table"} <= {tag for tag, _ in tree.elements}


def test_nothing_comes_from_outside(one: Run) -> None:
    """No element, style or script names another file, and the browser is told to allow none."""
    html = page([one])
    elements = parsed(html).elements

    assert not [attrs for _, attrs in elements if {"src", "href"} & attrs.keys()]
    assert not re.findall(r"https?:|url\(|@import|import\(|fetch\(", html)
    [policy] = [a for _, a in elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy["content"]).startswith("default-src 'none'")


def test_the_script_is_given_every_step_with_its_reason(one: Run) -> None:
    """Steps are not thinned out, whatever is drawn of them."""
    [data] = told(page([one]))

    assert data["at"] == [step.at for step in one.steps]
    assert [data["reasons"][place] for place in data["reason"]] == [s.reason for s in one.steps]
    assert data["size"] == [step.size for step in one.steps]
    rows = {row["label"]: row["values"] for row in data["rows"]}
    assert rows["wanted"] == [step.wanted for step in one.steps]
    assert rows["cpu"] == [step.readings[0].usage for step in one.steps]


def test_each_change_can_be_read_without_a_script(one: Run) -> None:
    """With time, sizes, reason and details."""
    text = words(parsed(page([one])))
    changes = [step for step in one.steps if step.size != step.had]

    assert len(changes) > 5
    for step in changes:
        assert f"{step.had} → {step.size}" in text
        assert step.reason in text
        assert all(each in text for each in step.details)


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "'&amp;<b>",
    "名前 \u2028 \x00",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_names(name: str, one: Run) -> None:
    """Whatever is written in a name, a reason or a spec is shown, not carried out."""
    steps = tuple(replace(s, reason=name, details=(name,)) for s in one.steps[:50])
    metrics = tuple(replace(metric, label=name) for metric in one.metrics)
    changed = replace(
        one,
        name=name,
        hpa=name,
        steps=steps,
        metrics=metrics,
        assumptions=(name,),
        spec={**one.spec, name: name},
        workload={name: name},
    )
    html = page([changed, replace(changed, spec={**one.spec, name: 1})])
    tree = parsed(html)

    assert [tag for tag, _ in tree.elements].count("script") == 2
    assert "img" not in {tag for tag, _ in tree.elements}
    assert told(html)[0]["reasons"] == [name]


def test_what_both_runs_share_is_drawn_once(two: list[Run]) -> None:
    """The load is the same, the sizes are not."""
    styles = [attrs.get("class") for tag, attrs in parsed(page(two)).elements if tag == "path"]

    assert {"load", "size a", "size b", "band"} <= set(styles)
    assert "load a" not in styles


def test_a_comparison_shows_what_differs_and_who_did_what(two: list[Run]) -> None:
    """Field by field, score by score."""
    text = words(parsed(page(two)))

    assert "spec.behavior.scaleDown.stabilizationWindowSeconds" in text
    assert "spec.maxReplicas" not in text
    assert "A to B" in text
    assert "better" in text


def test_a_recording_has_neither_load_nor_scores(one: Run) -> None:
    """What is not known is left out; the cluster's own sizes are drawn beside ours."""
    unknown = dict.fromkeys(("load", "served", "waiting", "dropped", "saturation", "demand"))
    steps = tuple(replace(step, **unknown, cluster=step.size) for step in one.steps)
    recorded = replace(one, steps=steps, scores=None, workload=None)
    text = words(parsed(page([recorded])))

    assert "requests" not in text
    assert "How well" not in text
    assert "the cluster's own" in text
    assert "recorded" in text


def test_what_the_cluster_did_otherwise_is_listed(one: Run) -> None:
    """Also where we would not have changed anything."""
    [quiet, *_] = [step for step in one.steps if step.size == step.had]
    odd = replace(quiet, cluster=17, reason="nothing to do")
    text = words(parsed(page([replace(one, steps=(odd,))])))

    assert "Changes of the size (1)" in text
    assert "17" in text
    assert "nothing to do" in text


def test_load_without_a_pod_is_told_as_such(one: Run) -> None:
    """Saturation has no figure then."""
    assert one.scores
    alone = replace(one, scores=replace(one.scores, worst_saturation=None))

    assert "no pod" in words(parsed(page([alone])))
    assert "no pod" not in words(parsed(page([one])))


def test_a_metric_that_fails_leaves_a_gap(one: Run) -> None:
    """Its line is broken, not drawn at zero."""
    silent = [
        replace(step, readings=()) if 100 <= number < 150 else step
        for number, step in enumerate(one.steps)
    ]
    html = page([replace(one, steps=tuple(silent))])
    lines = [attrs["d"] for _, attrs in parsed(html).elements if attrs.get("class") == "usage"]

    assert max(str(line).count("M") for line in lines) == 2


def test_a_run_that_took_a_day_stays_small(one: Run) -> None:
    """5,760 steps, each reason written out, in less than two megabytes."""
    steps = tuple(
        replace(step, at=step.at + day * one.seconds, reason=f"{step.reason} ({day})")
        for day in range(12)
        for step in one.steps
    )
    html = page([replace(one, steps=steps, seconds=12 * one.seconds)])

    assert len(steps) == 5760
    assert len(told(html)[0]["at"]) == 5760
    assert len(html.encode()) < 2_000_000


def test_four_runs_are_told_apart(two: list[Run]) -> None:
    """By letters, in the legends, the scores and the list of changes."""
    html = page([*two, replace(two[0], name="c"), replace(two[1], name="d")])
    text = words(parsed(html))

    assert all(f"size {letter}" in text for letter in "ABCD")
    assert "A to B" not in text
    assert [run["letter"] for run in told(html)] == ["A", "B", "C", "D"]


@pytest.mark.parametrize("count", [0, 5])
def test_other_numbers_of_runs_are_refused(count: int, one: Run) -> None:
    """More lines could not be told apart."""
    with pytest.raises(ValueError, match="1 to 4 runs"):
        page([one] * count)


def test_two_metrics_have_a_picture_each() -> None:
    """Each against its own target, in its own unit; also where they are called alike."""
    queue = {
        "type": "External",
        "external": {
            "metric": {"name": "rate"},
            "target": {"type": "AverageValue", "averageValue": "20"},
        },
    }
    amount = {"type": "AverageValue", "averageValue": "150m"}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": amount}}
    both = run(load=crowd, seconds=600, spec={**SPEC, "metrics": [queue, cpu, queue]})
    text = words(parsed(page([both])))

    assert text.count("target 20") == 2
    assert "target 150 m" in text


def test_times_of_a_recording_are_not_rounded_away(one: Run) -> None:
    """Its steps come at any moment, also after days."""
    steps = tuple(replace(step, at=step.at + 86_400.26) for step in one.steps)
    [data] = told(page([replace(one, steps=steps, seconds=one.seconds + 86_400)]))

    assert data["at"][:2] == [86_400.3, 86_415.3]


def test_a_run_without_steps_is_still_a_page(one: Run) -> None:
    """Nothing to draw, all else is there."""
    text = words(parsed(page([replace(one, steps=(), seconds=0.0)])))

    assert "Changes of the size (0)" in text
