"""Explanations: what will happen, why, what the status is worth, and what is missing."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

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
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.status import Condition, ConditionType, Status
from tidegauge.autoscale.explaining.explaining import explain
from tidegauge.autoscale.explaining.explanation import Explanation, Outcome, Outlook, moment
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.autoscale.explaining.rescales import Rescale
from tidegauge.autoscale.reading.objects import AutoscalerObject, ManagedFields, Metadata
from tidegauge.autoscale.reading.reader import Observed, Unread
from tidegauge.cluster.errors import Forbidden
from tidegauge.cluster.errors import Status as ApiStatus
from tidegauge.units.selectors import parse_label_selector

PERIOD = 15.0
GONE = Failure("the server could not find the requested resource (get pods.metrics.k8s.io)")
NO_ADAPTER = Failure("no custom metrics API (custom.metrics.k8s.io) registered")
DENIED = Forbidden("https://api/x", 403, ApiStatus(message="no"))
STARTING = pod("web-9", started=NOW - 20.0, ready=None)


def explained(given: Situation, past: Past = Past(), **more: Any) -> Explanation:  # noqa: B008  (immutable)
    stored = more.pop("stored", AutoscalerObject())
    observed = Observed(stored, given, more.pop("unread", ()))
    return explain(observed, past, PERIOD, **more).explanation


SEVEN = Past(carried=(Recommendation(NOW - 100.0, 7),))


def looked_at(given: Situation) -> Situation:
    """As after a look of the controller."""
    return with_status(given, decide(given).outcome.status)


def remembering(given: Situation, past: Past) -> Situation:
    """As after a look of a controller that remembers that."""
    return looked_at(replace(given, memory=Memory(past.carried)))


def with_status(given: Situation, status: Status) -> Situation:
    return replace(given, autoscaler=replace(given.autoscaler, status=status))


def busy(cpu: int) -> Situation:
    return situation(answers=usages(cpu, cpu, cpu, cpu))


def missing_selector(**changes: Any) -> Situation:
    return situation(scale=Scale(4, 4, ""), **changes)


@pytest.mark.parametrize(
    ("given", "outcome", "headline", "why"),
    [
        (busy(90), Outcome.UP, "Scales up from 4 to 8", "cpu is above its target and asks for 8"),
        (busy(50), Outcome.STAYS, "Stays at 4", "The metrics ask for 4"),
        (busy(52), Outcome.STAYS, "Stays at 4", "cpu is near enough to its target."),
        (
            situation(scale=Scale(0, 0, "app=web")),
            Outcome.STAYS,
            "Switched off at 0 replicas",
            "Not the HPA made the size zero",
        ),
        (
            situation(autoscaler=autoscaler(maxReplicas=3)),
            Outcome.DOWN,
            "Scales down from 4 to 3",
            "more than maxReplicas, 3",
        ),
        (
            situation(autoscaler=autoscaler(minReplicas=5)),
            Outcome.UP,
            "Scales up from 4 to 5",
            "less than minReplicas, 5",
        ),
        (
            situation(scale=ScaleFailure('deployments.apps "web" not found')),
            Outcome.BLOCKED,
            "Does nothing",
            'deployments.apps "web" not found',
        ),
        (missing_selector(), Outcome.BLOCKED, "Stays at 4", "which pods are its own"),
        (
            situation(answers=Answers(resource=GONE)),
            Outcome.BLOCKED,
            "Stays at 4",
            "Its metric cannot be told",
        ),
        (
            situation(
                autoscaler=autoscaler(metrics=[cpu_metric(), queue_metric()]),
                answers=Answers(resource=GONE, external={QUEUE: (1_000,)}),
            ),
            Outcome.BLOCKED,
            "Stays at 4",
            "1 of 2 metrics cannot be told, and the rest ask for less",
        ),
    ],
    ids=[
        "up",
        "enough",
        "tolerated",
        "zero",
        "above maximum",
        "below minimum",
        "no target",
        "no selector",
        "no metrics",
        "half blind",
    ],
)
def test_what_will_happen_and_why(given, outcome, headline, why):
    """In a headline and a sentence."""
    got = explained(given).verdict

    assert got.outcome is outcome
    assert headline in got.headline
    assert why in got.why


def from_zero(queued: int, **spec: Any) -> Situation:
    """The HPA made the zero itself."""
    ours = Condition(ConditionType.SCALED_TO_ZERO, "True", "ScaledToZero", "", NOW - 600.0)
    return situation(
        autoscaler=autoscaler(
            Status(conditions=(ours,)), metrics=[queue_metric()], **{"minReplicas": 0, **spec}
        ),
        scale=Scale(0, 0, "app=web"),
        answers=Answers(external={QUEUE: (queued * 1000,)}),
    )


def rolling(size: int, ready: int, cpu: int) -> Situation:
    """The target's size is another than how many pods are ready."""
    return situation(
        scale=Scale(size, ready, "app=web"), pods=pods(ready), answers=usages(*[cpu] * ready)
    )


@pytest.mark.parametrize(
    ("given", "past", "headline", "why"),
    [
        (
            rolling(2, 4, 40),
            Past(),
            "Scales up from 2 to 4",
            "cpu asks for 4: it is not above its target, but more than 2 pods count.",
        ),
        (
            looked_at(rolling(8, 2, 75)),
            Past(carried=()),
            "Scales down from 8 to 3",
            "cpu is not below its target, but asks for 3: fewer than 8 pods count.",
        ),
        (from_zero(3), Past(), "Scales up from 0 to 1", "queue asks for 1."),
        (
            from_zero(3, minReplicas=2),
            Past(),
            "Scales up from 0 to 2",
            "queue asks for 1, and minReplicas is 2.",
        ),
        (
            from_zero(15, minReplicas=3),
            Past(),
            "Scales up from 0 to 3",
            "queue is above its target and asks for 2, and minReplicas is 3.",
        ),
        (
            from_zero(0, minReplicas=2),
            Past(),
            "Scales up from 0 to 2",
            "minReplicas is 2; the metrics ask for 0.",
        ),
        (
            remembering(busy(10), SEVEN),
            SEVEN,
            "Scales up from 4 to 7",
            "An older recommendation asked for 7; now it is 1.",
        ),
    ],
    ids=[
        "more pods than its size",
        "fewer pods than its size",
        "from zero",
        "from zero to the minimum",
        "from zero to more than asked for",
        "to the minimum alone",
        "by what was remembered",
    ],
)
def test_why_the_size_changes_where_usage_alone_does_not_tell(given, past, headline, why):
    """Neither side of the target means a direction: pods that count and memory have a part."""
    got = explained(given, past).verdict

    assert headline in got.headline
    assert got.why == why


def test_of_several_metrics_the_one_that_decides_is_near_enough():
    """The others may be far below their targets."""
    metrics = [cpu_metric(), queue_metric()]
    answers = replace(busy(52).answers, external={QUEUE: (1_000,)})

    got = explained(situation(autoscaler=autoscaler(metrics=metrics), answers=answers)).verdict

    assert got.why == "cpu is near enough to its target, and asks for the most."


def test_a_scale_down_that_is_held_is_foretold():
    """With the time at which the controller looks next after the window."""
    past = Past(carried=(Recommendation(NOW - 200.0, 4),))

    got = explained(remembering(busy(10), past), past)

    (hold,) = got.holds
    assert got.verdict.why == "The metrics ask for 1; stabilization held it back."
    assert hold.by == "stabilization"
    assert (hold.until, hold.at_latest) == (moment(NOW + 100), False)
    assert got.outlook == Outlook(at=moment(NOW + 105), desired=1, at_latest=False)
    assert got.assumed == ()


def test_what_is_only_implied_is_said_to_be_assumed():
    """The end of the window is then the latest that is possible."""
    held = explain(
        Observed(AutoscalerObject(), busy(10)),
        Past(carried=(Recommendation(NOW - 200.0, 4),)),
        PERIOD,
    ).decision.outcome.status
    got = explained(with_status(busy(10), held))

    assert got.outlook
    assert got.outlook.at_latest
    assert got.holds[0].at_latest
    assert "When it was made cannot be read" in got.assumed[0]


def test_nothing_is_foretold_where_time_alone_changes_nothing():
    """Not even after an hour."""
    assert explained(looked_at(busy(50))).outlook is None


@pytest.mark.parametrize(
    ("spec", "cpu", "by", "text"),
    [
        ({"maxReplicas": 6}, 90, "maximum", "maxReplicas is 6"),
        ({"minReplicas": 3}, 10, "minimum", "minReplicas is 3"),
        ({}, 200, "rate", "without behavior a size at most doubles at a time, or goes to 4: 8"),
        (
            {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}},
            90,
            "policy",
            "selectPolicy Disabled forbids to scale up",
        ),
        (
            {
                "behavior": {
                    "scaleUp": {"policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}]}
                }
            },
            90,
            "policy",
            "at most 25% in 1m: from 4 to 5",
        ),
        ({}, 52, "tolerance", "ratios from 0.90 to 1.10 change nothing: cpu is at 1.04"),
    ],
    ids=["maximum", "minimum", "rate", "disabled", "policy", "tolerance"],
)
def test_what_held_the_size_back(spec, cpu, by, text):
    """By name, with its figures."""
    calm = looked_at(replace(busy(50), autoscaler=autoscaler(**spec)))

    (hold,) = explained(replace(calm, answers=busy(cpu).answers), Past(carried=())).holds

    assert (hold.by, hold.text) == (by, text)


def test_what_policies_may_forbid_is_a_bound():
    """Of the change of 10 s ago it is not known what it leaves of the 4 pods in a minute."""
    rules = {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]}
    calm = looked_at(replace(busy(50), autoscaler=autoscaler(behavior={"scaleUp": rules})))
    past = Past(carried=(), rescales=(Rescale(NOW - 10.0, 4, up=True),))

    got = explained(replace(calm, answers=busy(90).answers), past)

    assert got.verdict.headline == (
        "Scales up from 4 to 8 at most, at the controller's next look, within 15s"
    )
    assert "By how much the size changed" in got.assumed[0]


def test_a_policy_that_was_used_up_is_not_called_disabled():
    """Somebody took pods away since it added some: even more than it allows is gone."""
    rules = {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]}
    calm = looked_at(replace(busy(50), autoscaler=autoscaler(behavior={"scaleUp": rules})))
    added = (Rescale(NOW - 30.0, 4, is_change=False), Rescale(NOW - 20.0, 14, up=True))

    (hold,) = explained(
        replace(calm, answers=busy(90).answers), Past(carried=(), rescales=added)
    ).holds

    assert (hold.by, hold.until) == ("policy", moment(NOW + 40.0))
    assert hold.text == "at most 4 pods in 1m: from -6 to -2; 10 added in that time"


def test_room_above_is_only_missed_by_what_the_metrics_ask_for_now():
    """Not by what they asked for once."""
    given = looked_at(replace(busy(20), autoscaler=autoscaler(maxReplicas=5)))

    got = explained(given, Past(carried=(Recommendation(NOW - 10.0, 9),)))

    assert got.verdict.headline.startswith("Scales up from 4 to 5")
    assert got.missing == ()


def test_pods_that_were_left_out_are_named():
    """With the reason and the guess."""
    given = situation(
        pods=(*pods(4), STARTING, pod("web-8", deleted=True)), answers=usages(90, 90, 90)
    )

    (got,) = explained(given).metrics

    left = {one.pod: (one.group, one.assumed) for one in got.left_out}
    assert left == {
        "web-3": ("missing", "0"),
        "web-8": ("ignored", ""),
        "web-9": ("missing", "0"),
    }
    assert got.pods == {"ready": 3, "missing": 2, "ignored": 1}
    assert (got.usage, got.target, got.ratio, got.rebalanced) == ("90%", "50%", 1.8, 1.08)
    assert (got.proposal, got.counted, got.decides) == (4, 5, True)


def test_each_type_of_metric_has_a_name_and_figures():
    """Amounts in units that people read."""
    target = {"type": "AverageValue", "averageValue": "100Mi"}
    memory = {"type": "Resource", "resource": {"name": "memory", "target": target}}
    strange = {"type": "Moon"}
    given = situation(
        autoscaler=autoscaler(metrics=[queue_metric("2k"), memory, strange]),
        answers=Answers(external={QUEUE: (1_500_000,)}),
    )

    queue, used, unknown = explained(given).metrics

    assert (queue.name, queue.usage, queue.target, queue.ratio) == ("queue", "1.5k", "2k", 0.75)
    assert (used.name, used.target) == ("memory", "100Mi")
    assert "no metrics returned from resource metrics API" in used.error
    assert (unknown.name, unknown.error) == ("Moon", 'unknown metric source type "Moon"')


def stored(seconds_ago: float) -> AutoscalerObject:
    at = datetime.fromtimestamp(NOW - seconds_ago, UTC)
    fields = [ManagedFields(manager="kube-controller-manager", subresource="status", time=at)]
    return AutoscalerObject(metadata=Metadata(managed_fields=fields))


def test_a_status_that_is_as_it_should_be():
    """With the time of its last change and who made it."""
    got = explained(looked_at(busy(50)), stored=stored(600)).status

    assert (got.stale, got.claims) == (False, ())
    assert "up to date" in got.text
    assert "by kube-controller-manager" in got.text


@pytest.mark.parametrize(
    ("ago", "alike", "stale"),
    [(10, None, False), (60, None, True), (60, 15.0, False), (600, 60.0, True)],
)
def test_a_status_that_differs(ago, alike, stale):
    """Stale once the controller must have looked again; it was not when it was alike just now."""
    before = looked_at(busy(50))
    past = Past(alike=None if alike is None else NOW - alike)

    told = explained(replace(before, answers=usages(90, 90, 90, 90)), past, stored=stored(ago))

    (claim,) = told.status.claims
    assert told.status.stale is stale
    assert (claim.about, claim.claimed, claim.found) == ("cpu", "50%", "90%")
    assert ("as soon as a controller looks" in told.verdict.headline) is stale
    assert any("a controller that looks at it" in one.problem for one in told.missing) is stale


def test_a_status_that_changes_is_not_stale():
    """Though it never is as it should be: where load changes all the time it is a look behind."""
    before, now = looked_at(busy(80)), looked_at(busy(85))
    past = explain(Observed(AutoscalerObject(), before), Past(alike=NOW - 90), PERIOD).past

    changed = explained(replace(now, answers=usages(90, 90, 90, 90)), past)
    same = explained(replace(before, answers=usages(90, 90, 90, 90)), replace(past, alike=NOW - 90))

    assert (changed.status.stale, same.status.stale) == (False, True)
    assert same.status.text == (
        "stale, if nothing has changed just now: the controller looks each 15s"
    )


def test_who_watches_knows_when_the_status_was_alike():
    """As long as it is not compared, that stays as it was."""
    calm = looked_at(busy(50))
    past = explain(Observed(AutoscalerObject(), calm), Past(), PERIOD).past
    differing = Observed(AutoscalerObject(), replace(calm, answers=busy(90).answers, now=NOW + 9))
    blind = Observed(AutoscalerObject(), calm, (Unread("list", "pods", DENIED),))

    assert past.alike == NOW
    assert explain(differing, past, PERIOD).past.alike == NOW
    assert explain(blind, Past(), PERIOD).past.alike is None


def test_a_status_that_nobody_wrote():
    """Stale where the HPA is older than that."""
    at = datetime.fromtimestamp(NOW - 300, UTC)
    old = AutoscalerObject(metadata=Metadata(creation_timestamp=at))

    assert explained(busy(50), stored=old).status.stale
    assert not explained(busy(50)).status.stale


def test_what_the_status_claims_of_sizes():
    """The generation that was looked at, and both sizes."""
    before = looked_at(busy(50))
    status = replace(
        before.autoscaler.status, observed_generation=0, current_replicas=3, desired_replicas=2
    )

    claims = explained(replace(before, autoscaler=replace(before.autoscaler, status=status)))

    told = {one.about: (one.claimed, one.found) for one in claims.status.claims}
    assert told["spec"] == ("generation 0", "generation 1")
    assert told["currentReplicas"] == ("3", "4")
    assert told["desiredReplicas"] == ("2", "4")


def test_a_status_of_other_metrics_is_not_compared_with_these():
    """After a change of the spec its figures are those of the metrics before."""
    before = looked_at(busy(50))
    spec = autoscaler(metrics=[queue_metric()]).spec
    changed = replace(before, autoscaler=replace(before.autoscaler, spec=spec))

    told = explained(replace(changed, answers=Answers(external={QUEUE: (10_000,)})))

    assert [(one.about, one.claimed, one.found) for one in told.status.claims] == [
        ("queue", "another metric", "10")
    ]


def without_requests() -> Situation:
    return situation(pods=tuple(pod(f"web-{i}", cpu=None) for i in range(4)))


def of_container(name: str) -> Any:
    return {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "container": name,
            "target": {"type": "Utilization", "averageUtilization": 50},
        },
    }


@pytest.mark.parametrize(
    ("given", "problem", "remedy"),
    [
        (
            without_requests(),
            "a request for cpu of the container app",
            "kubectl -n ns set resources deployment/web -c app --requests=cpu=50m",
        ),
        (
            situation(autoscaler=autoscaler(metrics=[of_container("ap")])),
            "a container ap; there is app",
            "kubectl -n ns edit hpa web  # containerResource.container",
        ),
        (
            situation(answers=Answers(resource=GONE)),
            "a metrics server, such as Tidegauge's: nobody serves metrics.k8s.io, for cpu",
            "kubectl get apiservice v1beta1.metrics.k8s.io",
        ),
        (
            situation(answers=Answers(resource=Failure("the server is currently unable"))),
            "an answer of metrics.k8s.io for cpu: the server is currently unable",
            "tidegauge doctor",
        ),
        (
            situation(autoscaler=autoscaler(metrics=[queue_metric()])),
            "series of queue: external.metrics.k8s.io has none that match",
            "kubectl get --raw /apis/external.metrics.k8s.io/v1beta1 | jq '.resources[].name'",
        ),
        (
            situation(
                autoscaler=autoscaler(metrics=[queue_metric()]),
                answers=Answers(external={QUEUE: NO_ADAPTER}),
            ),
            "an adapter",
            "kubectl get apiservice v1beta1.external.metrics.k8s.io",
        ),
        (situation(pods=()), "pods: none has the labels", "kubectl -n ns describe deployment/web"),
        (
            situation(answers=usages()),
            "a pod with a sample of cpu that counts",
            "kubectl -n ns get pods",
        ),
        (
            situation(answers=usages(50, 50, 50)),
            "samples of cpu for 1 pod: web-3",
            "kubectl -n ns describe pod web-3",
        ),
        (
            situation(scale=Scale(0, 0, "app=web")),
            "a replica to start from",
            "kubectl -n ns scale deployment/web --replicas=1",
        ),
        (
            missing_selector(),
            "a selector in the target's scale",
            "    labelSelectorPath: .status.selector",
        ),
        (
            situation(scale=Scale(4, 4, "app in")),
            "a selector that can be read; this is 'app in'",
            None,
        ),
        (
            situation(others={"ns/twin": parse_label_selector("app=web")}),
            "pods of its own: twin selects the same ones",
            "kubectl -n ns delete hpa twin  # or web: keep one",
        ),
        (
            situation(scale=ScaleFailure("no matches", unmapped=True)),
            "a kind Deployment in the group apps",
            "kubectl api-resources | grep -i Deployment",
        ),
        (
            replace(busy(90), autoscaler=autoscaler(maxReplicas=5)),
            "room above: the metrics ask for 8, maxReplicas is 5",
            """kubectl -n ns patch hpa web --type=merge -p '{"spec":{"maxReplicas":8}}'""",
        ),
        (
            situation(
                autoscaler=autoscaler(
                    scaleTargetRef={"apiVersion": "a/b/c", "kind": "D", "name": "web"}
                )
            ),
            "a target whose apiVersion is GROUP/VERSION, not a/b/c",
            None,
        ),
    ],
    ids=[
        "request",
        "container",
        "metrics server",
        "metrics server is down",
        "series",
        "adapter",
        "pods",
        "samples",
        "one sample",
        "zero",
        "selector",
        "bad selector",
        "ambiguous selector",
        "kind",
        "maximum",
        "version",
    ],
)
def test_what_is_missing_and_how_to_get_it(given, problem, remedy):
    """As a sentence, with commands that can be pasted."""
    lack = explained(given).missing[0]

    assert problem in lack.problem
    assert remedy is None or remedy in lack.remedy


def test_a_target_with_a_name_like_anothers():
    """The nearest name is what is put in."""
    given = situation(scale=ScaleFailure("not found"))

    (lack,) = explained(given, similar=["webs"]).missing

    assert "there is webs" in lack.problem
    assert '{"spec":{"scaleTargetRef":{"name":"webs"}}}' in lack.remedy[0]


def test_a_new_pod_is_no_lack():
    """It need not have been measured yet."""
    given = situation(pods=(*pods(3), pod("web-3", started=NOW - 20)), answers=usages(50, 50, 50))

    assert explained(given).missing == ()


def test_what_several_metrics_lack_is_said_once():
    """With all their names."""
    other = queue_metric(selector={"matchLabels": {"a": "b"}})
    given = situation(autoscaler=autoscaler(metrics=[queue_metric(), other]))
    asked = {metric.external.metric: GONE for metric in given.autoscaler.spec.metrics}

    (lack,) = explained(replace(given, answers=Answers(external=asked))).missing

    assert lack.problem.endswith("nobody serves external.metrics.k8s.io, for queue, queue")


def test_without_the_rights_nothing_is_foretold():
    """The controller may see more than the user."""
    unread = (Unread("list", "pods", DENIED), Unread("get", "deployments.apps/scale", DENIED))

    got = explained(situation(pods=()), unread=unread)

    assert got.verdict.outcome is Outcome.UNKNOWN
    assert got.missing[0].remedy[0] == (
        "kubectl -n ns create role hpa-explainer --verb=get,list "
        "--resource=pods,deployments.apps/scale"
    )


@pytest.mark.parametrize(
    ("resource", "assumed"),
    [
        ("horizontalpodautoscalers.autoscaling", "No other HPA selects these pods"),
        ("events", "Nothing but the last change of size counts"),
    ],
)
def test_without_some_rights_one_thing_is_assumed(resource, assumed):
    """All else can be told."""
    got = explained(busy(90), unread=(Unread("list", resource, DENIED),))

    assert got.verdict.outcome is Outcome.UP
    assert assumed in got.assumed[0]


def test_an_explanation_is_for_programs_too():
    """Names in camel case, times in UTC, figures as numbers."""
    past = Past(carried=(Recommendation(NOW - 1, 4),))

    got = msgspec.json.decode(msgspec.json.encode(explained(looked_at(busy(10)), past)))

    assert got["verdict"]["outcome"] == "stays"
    assert got["outlook"]["atLatest"] is False
    assert got["holds"][0]["until"].endswith("Z")
    assert got["metrics"][0]["leftOut"] == []
