"""docs/hpa.md says what the engine does: its tables, sentences and pictures are computed anew."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.autoscale.engine.given import (
    NOW,
    autoscaler,
    pod,
    pods,
    situation,
    usages,
)
from tests.autoscale.pictures import policies, stabilization, starting, timing, tolerance
from tests.autoscale.pictures.all import FOLDER, PICTURES
from tests.autoscale.pictures.looks import PERIOD, behavior, looks
from tidegauge.autoscale.engine.answers import Answers, Failure, PodValue
from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.pods import ReadyCondition
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Scale
from tidegauge.autoscale.engine.spec import MetricName, Reference
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.replay.runs import Controller
from tidegauge.console.hpa.command import VERBS
from tidegauge.units.quantities import parse

PAGE = (Path(__file__).parents[2] / "docs" / "hpa.md").read_text()

Row = dict[str, str]

NONE = "\N{EN DASH}"


def tables() -> Iterator[tuple[str, list[Row]]]:
    """Those marked as computed, by name."""
    for name, table in re.findall(r"<!-- computed: (.*?) -->\n((?:\|.*\n)+)", PAGE):
        head, _, *rows = [
            [cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()
        ]
        yield name, [dict(zip(head, row, strict=True)) for row in rows]


def replicas(count: int) -> dict[str, Any]:
    return {"scale": Scale(count, count, "app=web"), "pods": pods(count)}


def wanting(*names: str) -> list[dict[str, Any]]:
    """Metrics that ask for as many replicas as their value is."""
    target = {"type": "AverageValue", "averageValue": "1"}
    return [
        {"type": "External", "external": {"metric": {"name": name}, "target": target}}
        for name in names
    ]


def size_of(decision: Decision) -> str:
    assert decision.current is not None
    return str(decision.current if decision.desired is None else decision.desired)


def metric(kind: str, form: str, target: str) -> dict[str, Any]:
    """Of the API's JSON."""
    fields = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}
    amount: Any = int(target.rstrip("%")) if form == "Utilization" else target
    source: dict[str, Any] = {"target": {"type": form, fields[form]: amount}}
    if kind == "Resource":
        source["name"] = "cpu"
    else:
        source["metric"] = {"name": "m"}
    if kind == "Object":
        source["describedObject"] = {"kind": "Service", "name": "web"}
    return {"type": kind, kind.lower(): source}


def answers(kind: str, usage: str, count: int) -> Answers:
    """Pods request 100m, so of cpu a percent is a millicore."""
    amount = int(usage.rstrip("%")) if "%" in usage else parse(usage).milli
    if kind == "Resource":
        return usages(*[amount] * count)
    name = MetricName(name="m")
    if kind == "Pods":
        return Answers(pods={name: [PodValue(f"web-{i}", NOW, None, amount) for i in range(count)]})
    if kind == "Object":
        return Answers(object={(Reference(kind="Service", name="web"), name): amount})
    return Answers(external={name: [amount]})


def proposals(row: Row) -> Row:
    kind, form = row["metric and target"].split(", ")
    count = int(row["pods"])
    hpa = autoscaler(metrics=[metric(kind, form, row["target"])])
    found = answers(kind, row["usage"].split()[0], count)
    decision = decide(situation(autoscaler=hpa, answers=found, **replicas(count)))
    assert decision.proposals
    [proposal] = decision.proposals.proposals
    assert proposal.calculation
    ratio = f"{proposal.calculation.ratio:g}"
    return {"ratio": ratio, "asks for": str(proposal.calculation.replicas)}


def at_the_edge(row: Row) -> Row:
    percent = int(row["usage"].rstrip("%"))
    seen = situation(answers=usages(*[percent] * 20), **replicas(20))

    def asked(version: str) -> str:
        return size_of(decide(replace(seen, profile=PROFILES[version])))

    found = {}
    for versions in row.keys() - {"usage"}:
        found[versions] = " or ".join(sorted({asked(version) for version in versions.split(", ")}))
    return found


def left_out(row: Row) -> Row:
    percent = int(row["3 pods use"].split("%")[0])
    fourth = pod("web-3", phase="Pending" if row["the fourth is"] == "unready" else "Running")
    seen = situation(pods=(*pods(3), fourth), answers=usages(*[percent] * 3))
    decision = decide(seen)
    assert decision.proposals
    calculation = decision.proposals.proposals[0].calculation
    assert calculation
    guess = NONE if calculation.rebalanced is None else f"{calculation.rebalanced:g}"
    ratio = f"{calculation.ratio:g}"
    return {"ratio": ratio, "with the guess": guess, "asks for": str(calculation.replicas)}


def several(row: Row) -> Row:
    values = {"one": row["one asks for"], "another": row["another asks for"]}
    found: dict[MetricName, Any] = {
        MetricName(name=name): Failure("down") if value == "fails" else [int(value) * 1000]
        for name, value in values.items()
    }
    hpa = autoscaler(metrics=wanting(*values))
    seen = situation(autoscaler=hpa, answers=Answers(external=found), **replicas(int(row["size"])))
    return {"new size": size_of(decide(seen))}


def windows(row: Row) -> Row:
    rules = {"behavior": behavior()} if row["`behavior`"] == "set" else {}
    age = float(row["that was"].split()[0])
    decision = decide(
        situation(
            autoscaler=autoscaler(metrics=wanting("m"), **rules),
            answers=Answers(external={MetricName(name="m"): [3000]}),
            memory=Memory((Recommendation(NOW - age, 9),)),
            **replicas(9),
        )
    )
    return {"size": size_of(decision)}


def by_policy(row: Row) -> Row:
    sign, value, unit, period = re.fullmatch(
        r"([+-])(\d+)(%| pods) in (\d+) s", row["policy"]
    ).groups()  # type: ignore[union-attr]
    policy = {
        "type": "Percent" if unit == "%" else "Pods",
        "value": int(value),
        "periodSeconds": int(period),
    }
    rules = {"policies": [policy], "stabilizationWindowSeconds": 0}
    way = behavior(up=rules) if sign == "+" else behavior(down=rules)
    changed = (
        0 if row["changed within the period"] == NONE else int(row["changed within the period"])
    )
    events = (ScaleEvent(NOW - 30, abs(changed)),)
    decision = decide(
        situation(
            autoscaler=autoscaler(metrics=wanting("m"), behavior=way, maxReplicas=1000),
            answers=Answers(external={MetricName(name="m"): [1_000_000 if sign == "+" else 1000]}),
            memory=Memory((), events if changed > 0 else (), events if changed < 0 else ()),
            **replicas(int(row["size"])),
        )
    )
    return {"may go to": size_of(decision)}


def limits(row: Row) -> Row:
    size = int(row["size"])
    [without], [default] = looks([1000], size), looks([1000], size, behavior())
    return {
        "limit without `behavior`": size_of(without),
        "limit with the default one": size_of(default),
    }


def zero(row: Row) -> Row:
    marked = row["`ScaledToZero`"]
    conditions = () if marked == "not there" else (Condition("ScaledToZero", marked, "", "", NOW),)
    status = Status(conditions=conditions)
    hpa = autoscaler(status, metrics=wanting("m"), minReplicas=int(row["`minReplicas`"]))
    found = Answers(external={MetricName(name="m"): [int(row["metric asks for"]) * 1000]})
    seen = situation(autoscaler=hpa, answers=found, **replicas(int(row["size"])))
    return {"new size": size_of(decide(seen))}


def how_long(row: Row) -> Row:
    found = timing.delays(timing.WAYS[row["what differs"]])
    changed = sorted(delay.changed for delay in found)
    enough = sorted(delay.enough for delay in found)
    return {
        "the size changes after": f"{changed[0]:g} to {changed[-1]:g} s",
        "enough pods are ready after": f"{enough[0]:g} to {enough[-1]:g} s",
    }


def defaults(row: Row) -> Row:
    settings = Settings()
    prefix = "--horizontal-pod-autoscaler-"
    seconds = {
        "sync-period": Controller().period,
        "downscale-stabilization": settings.downscale_stabilization,
        "cpu-initialization-period": settings.cpu_initialization_period,
        "initial-readiness-delay": settings.initial_readiness_delay,
    }
    flag = row["flag"].strip("`").removeprefix(prefix)
    return {"default": f"{seconds[flag]:g} s" if flag in seconds else f"{settings.tolerance:g}"}


COMPUTED: dict[str, Callable[[Row], Row]] = {
    "proposals": proposals,
    "tolerance": at_the_edge,
    "left out": left_out,
    "several": several,
    "windows": windows,
    "policies": by_policy,
    "limits": limits,
    "zero": zero,
    "timing": how_long,
    "defaults": defaults,
}


def test_every_computation_has_its_table() -> None:
    """A marker that is misspelt would leave a table unchecked."""
    assert {name for name, _ in tables()} == set(COMPUTED)
    assert PAGE.count("<!-- computed") == len(COMPUTED)


@pytest.mark.parametrize(("name", "rows"), [pytest.param(*each, id=each[0]) for each in tables()])
def test_what_a_table_says_is_what_the_engine_does(name: str, rows: list[Row]) -> None:
    """Each figure of each row."""
    assert rows
    for row in rows:
        assert {**row, **COMPUTED[name](row)} == row


def minutes(rules: Any, start: int, wanted: int) -> float:
    """Until it is there."""
    found = policies.sizes(rules, start, wanted, 3600)
    return next(at for at, size in found if size == wanted) / 60


def sentences() -> Iterator[str]:
    """Those of the page that have figures in them, from the engine."""
    band = [percent for percent in range(1, 200) if tolerance.asked(percent, 10) == 10]
    two = [percent for percent in range(1, 200) if tolerance.asked(percent, 2) == 2]
    yield (
        f"![With ten pods utilisations of {band[0]} to {band[-1]} % ask for ten; "
        f"with two pods, {two[0]} to {two[-1]} % ask for two]"
    )
    up = minutes(behavior(), 1, 100) * 60
    down = sorted(
        round(minutes(policies.DOWN[name][1], 100, 1)) for name in list(policies.DOWN)[1:]
    )
    yield (
        f"![From 1 to 100 in {up:g} seconds by default; from 100 to 1 at once, "
        f"or in {down[0]} to {down[1]} minutes with policies]"
    )
    first, second = [step for step in timing.shown() if step.size > step.had][:2]
    yield f"At {first.at:g} seconds cpu is at {first.readings[0].usage:g} %"
    yield (
        f"the second asks for {first.size}, new pods don't count until {second.at:g} s, "
        f"then {second.size}]"
    )
    yield f"though {second.size} are needed to be back at the target"
    yield f"*enough* means {first.demand} pods"


def test_figures_in_sentences_are_the_engines() -> None:
    """Also those that only describe a picture."""
    assert [sentence for sentence in sentences() if sentence not in PAGE] == []


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_up_to_date(name: str) -> None:
    """`python -m tests.autoscale.pictures` draws them."""
    assert FOLDER.joinpath(name).read_text() == PICTURES[name]()
    assert f"](pictures/{name})" in PAGE


def test_the_picture_of_the_window_shows_what_bounds() -> None:
    """And that one look which asks for more is followed at once and for a whole window."""
    sizes = [one.desired or 0 for one in looks(stabilization.WANTED, start=9)]
    twitch = int(stabilization.TWITCH / PERIOD)

    assert sizes[twitch - 1] < sizes[twitch] == stabilization.WANTED[twitch]
    assert sizes[twitch : twitch + 21] == [sizes[twitch]] * 21
    assert sizes[twitch + 21] < sizes[twitch]


def test_a_huge_quantity_reads_as_zero() -> None:
    """As the page warns."""
    assert parse("100P").milli == 0
    assert "`100P`" in PAGE


def test_a_pod_that_was_ready_once_counts_after_five_minutes() -> None:
    """One that never was does not; for memory readiness is nothing."""
    assert starting.group(starting.lost, "cpu", 299) == "unready"
    assert starting.group(starting.lost, "cpu", 305) == "ready"
    assert starting.group(starting.never, "cpu", 400) == "unready"
    assert starting.group(starting.never, "memory", 60) == "ready"


RULES = {
    "HPA204": "replicas",
    "HPA205": "pods of others",
    "HPA207": "zero",
    "HPA208": "zero",
    "HPA301": "without requests",
    "HPA304": "readiness",
    "HPA305": "memory",
    "HPA403": "tolerance",
    "HPA508": "window",
    "HPA601": "Two HPAs",
    "HPA602": "overlap",
}
"""What the page speaks of where it names them."""


def test_rules_named_are_rules_of_lint() -> None:
    """Whoever looks one up finds what was meant."""
    assert set(re.findall(r"\[(HPA\d{3})\]", PAGE)) == set(RULES)
    assert [name for name, about in RULES.items() if about not in CATALOGUE[name].title] == []


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"tidegauge hpa (\w+)", PAGE))))
def test_verbs_named_are_verbs_of_the_command(verb: str) -> None:
    """Whoever types one gets it."""
    assert verb in VERBS


def test_links_lead_somewhere() -> None:
    """Files that are there, headings of this page."""
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    for target in re.findall(r"(?<=\]\()[^)]*|(?<=src=\")[^\"]*|(?<=srcset=\")[^\"]*", PAGE):
        file, _, heading = target.partition("#")
        assert not file or (FOLDER.parent / file).exists()
        assert file or heading in headings


def test_a_restart_holds_the_size_for_one_window() -> None:
    """The size found is remembered as if it had been asked for."""
    found = Answers(external={MetricName(name="m"): [3000]})
    hpa = autoscaler(metrics=wanting("m"))
    seen = situation(autoscaler=hpa, answers=found, memory=Memory(), **replicas(9))
    first = decide(seen)
    held = decide(replace(seen, memory=first.outcome.memory, now=NOW + 300))
    free = decide(replace(seen, memory=first.outcome.memory, now=NOW + 301))

    assert [size_of(one) for one in (first, held, free)] == ["9", "9", "3"]


def test_a_value_counts_only_pods_that_are_ready() -> None:
    """Half of them crash: usage is above the target, and fewer are asked for."""
    crashing = [replace(one, ready=ReadyCondition("False", NOW)) for one in pods(2)]
    found = Answers(external={MetricName(name="m"): [150_000]})
    hpa = autoscaler(metrics=[metric("External", "Value", "100")])
    seen = situation(autoscaler=hpa, answers=found, pods=(*crashing, *pods(4)[2:]))

    assert size_of(decide(seen)) == "3"


def test_one_container_without_a_request_fails_the_metric() -> None:
    """Also where its pod is ignored."""
    failed = pod("web-3", cpu=None, phase="Failed")
    decision = decide(situation(pods=(*pods(3), failed), answers=usages(90, 90, 90)))

    assert decision.proposals
    assert decision.proposals.blocked
    assert "missing request for cpu in container app of Pod web-3" in str(decision.proposals.error)


def test_metrics_that_fail_leave_nothing_to_remember() -> None:
    """So the window looks past an outage."""
    seen = situation(answers=Answers(resource=Failure("down")))

    assert decide(seen).outcome.memory.recommendations == ()
