"""What a decision carries, so that a person can be told why."""

import ast
from pathlib import Path as File

import msgspec
import pytest
from msgspec.structs import replace

import tidegauge.autoscale.engine
from tests.autoscale.engine.given import (
    NOW,
    QUEUE,
    autoscaler,
    cpu_metric,
    pod,
    pods,
    queue_metric,
    situation,
    usages,
)
from tidegauge.autoscale.engine.answers import Answers, Failure
from tidegauge.autoscale.engine.calculation import Course
from tidegauge.autoscale.engine.decision import Path
from tidegauge.autoscale.engine.grouping import Group
from tidegauge.autoscale.engine.labels import Action, Fault
from tidegauge.autoscale.engine.limiting import LimitReason
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure
from tidegauge.autoscale.engine.spec import MetricName
from tidegauge.autoscale.engine.stabilization import StabilizationReason
from tidegauge.units.selectors import parse_label_selector

BEHAVIOR = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Pods", "value": 1, "periodSeconds": 60},
            {"type": "Percent", "value": 50, "periodSeconds": 60},
        ],
    },
    "scaleDown": {
        "stabilizationWindowSeconds": 120,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}


def proposals(decision):
    assert decision.proposals is not None
    return decision.proposals


def calculation(decision):
    [proposal] = proposals(decision).proposals
    assert proposal.calculation is not None
    return proposal.calculation


def normalization(decision):
    assert decision.normalization is not None
    return decision.normalization


def test_pods_by_group_and_ratios_before_and_after():
    """An unready pod is dropped and then taken as idle, with a reason and the guess shown."""
    given = situation(pods=(*pods(3), pod("web-3", ready=None)), answers=usages(100, 100, 100, 999))

    got = calculation(decide(given))

    assert [one.group for one in got.pods] == [Group.READY] * 3 + [Group.UNREADY]
    assert got.pods[3].reason == "has no Ready condition"
    assert (got.ratio, got.rebalanced) == (2.0, 1.5)
    assert got.assumed == {"web-3": 0}
    assert got.tolerance.band == (0.9, 1.1)
    assert (got.utilization, got.usage, got.counted, got.replicas) == (100, 100, 4, 6)
    assert got.course is Course.SCALED


@pytest.mark.parametrize(
    ("cpu", "count", "replicas", "course", "proposal"),
    [
        ((50, 50, 50, 50), 4, 4, Course.TOLERATED, 4),
        ((60, 60, 60), 4, 4, Course.TOLERATED_REBALANCED, 4),
        ((60, 60), 4, 4, Course.TURNED, 4),
        ((40, 40), 4, 4, Course.TURNED, 4),
        ((80, 80, 80, 80), 4, 4, Course.SCALED, 7),
        ((90, 90, 90), 4, 9, Course.CONTRARY, 9),
    ],
    ids=["tolerated", "tolerated with guesses", "up turned", "down turned", "scaled", "contrary"],
)
def test_the_course_says_how_the_proposal_came_about(cpu, count, replicas, course, proposal):
    """One of the ways through the calculation."""
    given = situation(
        scale=Scale(replicas, replicas, "app=web"), pods=pods(count), answers=usages(*cpu)
    )

    got = calculation(decide(given))

    assert (got.course, got.replicas) == (course, proposal)


def test_the_highest_proposal_wins():
    """All are kept; the winner names the reason."""
    given = situation(
        autoscaler=autoscaler(metrics=[cpu_metric(), queue_metric("10")]),
        answers=replace(usages(60, 60, 60, 60), external={QUEUE: (20_000,)}),
    )

    got = decide(given)

    assert [one.calculation.replicas for one in proposals(got).proposals] == [5, 8]
    assert proposals(got).winner is proposals(got).proposals[1]
    assert got.reason == "external metric queue(nil) above target"
    assert (got.desired, got.rescale, got.outcome.action) == (8, True, Action.UP)


def test_metrics_of_one_name_are_told_apart_by_their_selectors():
    """Two queues of one name each count for themselves."""
    urgent = MetricName(name="queue", selector={"matchLabels": {"class": "urgent"}})
    metrics = [queue_metric("10"), queue_metric("10", urgent.selector)]
    given = situation(
        autoscaler=autoscaler(metrics=metrics),
        answers=Answers(external={QUEUE: (20_000,), urgent: (30_000,)}),
    )

    got = decide(given)

    assert [one.calculation.replicas for one in proposals(got).proposals] == [8, 12]


@pytest.mark.parametrize(
    ("queued", "path", "fault"),
    [(60_000, Path.METRICS, Fault.INTERNAL), (1_000, Path.NO_PROPOSAL, Fault.INTERNAL)],
    ids=["up", "down"],
)
def test_a_broken_metric_forbids_only_to_go_down(queued, path, fault):
    """Its failure is in the record and in the error either way."""
    given = situation(
        autoscaler=autoscaler(metrics=[cpu_metric(), queue_metric()]),
        answers=Answers(resource=Failure("gone"), external={QUEUE: (queued,)}),
    )

    got = decide(given)

    failure = proposals(got).proposals[0].failure
    assert failure.reason == "FailedGetResourceMetric"
    assert got.path is path
    assert got.outcome.fault is fault
    assert "1 invalid out of 2" in str(got.outcome.error)


def test_pods_that_two_autoscalers_select_stop_both():
    """Neither asks its metrics; an HPA that selects none of the pods does not matter."""
    harmless = {"ns/far": parse_label_selector("app=far")}
    other = {**harmless, "ns/other": parse_label_selector("app")}

    assert decide(situation(others=harmless)).path is Path.METRICS
    got = decide(situation(others=other))

    assert got.path is Path.NO_PODS_KNOWN
    assert "(e.g. [ns/other ns/web])" in str(got.outcome.error)


def test_a_failed_metric_keeps_its_pods():
    """They are why it failed."""
    unready = tuple(pod(f"web-{i}", ready=None) for i in range(2))

    got = decide(situation(pods=unready, answers=usages(50, 50)))

    failure = proposals(got).proposals[0].failure
    assert [one.reason for one in failure.pods] == ["has no Ready condition"] * 2


@pytest.mark.parametrize(
    ("behavior", "until"), [(None, NOW + 200.0), (BEHAVIOR, NOW + 20.0)], ids=["nil", "set"]
)
def test_the_entry_that_stabilises_is_named(behavior, until):
    """With the time when it leaves its window."""
    held = Recommendation(NOW - 100.0, 4)
    given = situation(
        autoscaler=autoscaler(behavior=behavior),
        answers=usages(10, 10, 10, 10),
        memory=Memory((Recommendation(NOW - 90.0, 2), held)),
    )

    got = normalization(decide(given)).stabilization

    assert (got.recommended, got.replicas) == (1, 4)
    assert got.reason is StabilizationReason.DOWN
    assert (got.bound_by, got.until) == (held, until)


@pytest.mark.parametrize("behavior", [None, BEHAVIOR], ids=["nil", "set"])
def test_the_last_entry_that_stabilises_is_the_one_that_counts(behavior):
    """A size is held until none is left that asked for it, or with behaviour for more."""
    last = Recommendation(NOW - 50.0, 4)
    entries = Recommendation(NOW - 100.0, 4), last, Recommendation(NOW - 10.0, 2)
    given = situation(
        autoscaler=autoscaler(behavior=behavior),
        answers=usages(10, 10, 10, 10),
        memory=Memory(entries),
    )

    assert normalization(decide(given)).stabilization.bound_by == last


def test_the_policy_that_binds_is_named():
    """With what was added in its period, and when that leaves it."""
    given = situation(
        autoscaler=autoscaler(behavior=BEHAVIOR),
        answers=usages(500, 500, 500, 500),
        memory=Memory((), ups=(ScaleEvent(NOW - 10.0, 1),)),
    )

    got = normalization(decide(given)).limit

    assert (got.replicas, got.reason, got.bounded) == (5, LimitReason.UP_RATE, True)
    assert [one.limit for one in got.policies] == [4, 5]
    [binding] = got.bound_by
    assert binding.policy.type == "Percent"
    assert (binding.start, binding.added, binding.until) == (3, 1, NOW + 50.0)


@pytest.mark.parametrize(
    ("minimum", "maximum", "cpu", "size", "reason"),
    [(3, 9, 1, 3, LimitReason.TOO_FEW), (3, 6, 400, 6, LimitReason.TOO_MANY)],
)
def test_minimum_and_maximum_bound(minimum, maximum, cpu, size, reason):
    """They and the final size are in the record."""
    given = situation(
        autoscaler=autoscaler(minReplicas=minimum, maxReplicas=maximum),
        answers=usages(*[cpu] * 4),
    )

    got = decide(given)

    assert (got.minimum, got.maximum, got.desired) == (minimum, maximum, size)
    assert normalization(got).limit.reason is reason


@pytest.mark.parametrize(
    ("current", "default", "behaving"), [(1, 4, 5), (2, 4, 6), (3, 6, 7), (4, 8, 8), (10, 20, 20)]
)
def test_behaviour_changes_the_rate(current, default, behaving):
    """Also where it only spells out the defaults."""
    defaults = {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "policies": [
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ],
        },
    }
    for behavior, size in ((None, default), (defaults, behaving)):
        given = situation(
            autoscaler=autoscaler(behavior=behavior),
            scale=Scale(current, current, "app=web"),
            pods=pods(current),
            answers=usages(*[5000] * current),
        )
        assert decide(given).desired == size


def test_a_size_outside_the_bounds_asks_no_metrics():
    """And says which way it went."""
    got = decide(situation(scale=Scale(200, 200, "app=web")))

    assert (got.path, got.desired, got.proposals) == (Path.ABOVE_MAXIMUM, 100, None)


def test_a_refused_size_stays_out_of_the_status():
    """The event, the condition and the error tell; no scale event is remembered."""
    given = situation(autoscaler=autoscaler(behavior=BEHAVIOR), answers=usages(90, 90, 90, 90))
    planned = decide(given)

    refused = decide(given, "no such luck")

    assert planned.outcome.memory.ups == (ScaleEvent(NOW, 2),)
    assert refused.desired == planned.desired == 6
    assert refused.outcome.status.desired_replicas == 0
    assert refused.outcome.status.last_scale_time is None
    assert refused.outcome.memory.ups == ()
    assert refused.outcome.error == "failed to rescale Deployment/ns/web: no such luck"


def test_a_status_that_cannot_be_written():
    """It replaces the error of a normal end, but not that of a failed one."""
    normal = decide(situation(answers=usages(90, 90, 90, 90))).outcome
    failed = decide(situation(scale=ScaleFailure("gone"))).outcome

    assert normal.with_unwritten_status("web", "conflict").error == (
        "failed to update status for web: conflict"
    )
    unwritten = failed.with_unwritten_status("web", "conflict")
    assert unwritten.error == failed.error
    assert unwritten.events[-1].reason == "FailedUpdateStatus"


def test_the_first_look_holds_the_size():
    """What a restart of the controller costs: nothing goes down for a whole window."""
    given = situation(answers=usages(10, 10, 10, 10))

    assert decide(given).desired == 1
    assert decide(replace(given, memory=Memory())).desired == 4


def test_a_settled_status_is_not_written_again():
    """The second look at the same things changes nothing."""
    first = decide(situation())
    again = situation(
        autoscaler=replace(autoscaler(), status=first.outcome.status), memory=first.outcome.memory
    )

    assert first.outcome.write
    assert not decide(again).outcome.write


def test_a_decision_can_be_written_down():
    """As JSON, with every part."""
    text = msgspec.json.encode(decide(situation()), enc_hook=str)

    assert set(msgspec.json.decode(text)) >= {"path", "proposals", "normalization", "outcome"}


def test_the_engine_does_no_io():
    """Its modules import nothing that could: no sockets, files, clocks, chance or logs."""
    impure = {"aiohttp", "asyncio", "datetime", "io", "logging", "os", "pathlib", "random"}
    impure |= {"socket", "ssl", "structlog", "subprocess", "sys", "threading", "time"}
    [folder] = tidegauge.autoscale.engine.__path__
    imported = set()
    for module in File(folder).glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}

    assert "msgspec" in imported
    assert {name.split(".")[0] for name in imported} & impure == set()
    rooms = {name.split(".")[1] for name in imported if name.startswith("tidegauge.")}
    assert rooms == {"autoscale", "units"}
