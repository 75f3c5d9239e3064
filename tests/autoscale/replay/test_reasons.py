"""Why a step came out as it did, in words."""

import pytest

from tests.autoscale.engine.given import (
    NOW,
    autoscaler,
    cpu_metric,
    pod,
    pods,
    queue_metric,
    situation,
    usages,
)
from tidegauge.autoscale.engine.answers import Answers, Failure
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Scale
from tidegauge.autoscale.engine.spec import MetricName
from tidegauge.autoscale.engine.status import Condition, ConditionType, Status
from tidegauge.autoscale.replay.reasons import details, reason

_HIGH = Memory((Recommendation(NOW - 100, 7),))
_LOW = Memory((Recommendation(NOW - 20, 4),))


def _behavior(up=None, down=None):
    """With the API server's rules where none are given."""
    rules = {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}
    return {"scaleUp": up or rules, "scaleDown": down or rules}


def _policy(kind, value, **rules):
    return {"policies": [{"type": kind, "value": value, "periodSeconds": 60}], **rules}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "cpu 50% of 50%, within tolerance", id="tolerated"),
        pytest.param({"answers": usages(80, 80, 80, 80)}, "cpu 80% of 50% asks for 7", id="up"),
        pytest.param(
            {"answers": usages(90, 90, 90), "pods": pods(4)},
            "cpu 90% of 50% asks for 6",
            id="one missing",
        ),
        pytest.param(
            {"answers": usages(70, 70, 70)},
            "cpu 70% of 50%, but within tolerance with 1 pod that cannot be judged yet",
            id="tolerated with a guess",
        ),
        pytest.param(
            {"answers": usages(60), "pods": pods(4)},
            "cpu 60% of 50%, but 3 pods that cannot be judged yet may turn it",
            id="turned",
        ),
        pytest.param(
            {"answers": usages(5, 5, 5, 5), "memory": _HIGH},
            "cpu 5% of 50% asks for 1; held by 7, the highest wanted until 0:03:20",
            id="held down",
        ),
        pytest.param(
            {
                "answers": usages(5, 5, 5, 5),
                "memory": _HIGH,
                "autoscaler": autoscaler(maxReplicas=6),
            },
            "cpu 5% of 50% asks for 1; held by 7, the highest wanted until 0:03:20; "
            "the maximum is 6",
            id="held above, and the maximum",
        ),
        pytest.param(
            {
                "answers": usages(99, 99, 99, 99),
                "memory": _LOW,
                "autoscaler": autoscaler(
                    behavior=_behavior(up=_policy("Pods", 9, stabilizationWindowSeconds=60))
                ),
            },
            "cpu 99% of 50% asks for 8; held by 4, the lowest wanted until 0:00:40",
            id="held up",
        ),
        pytest.param(
            {"answers": usages(80, 80, 80, 80), "autoscaler": autoscaler(maxReplicas=5)},
            "cpu 80% of 50% asks for 7; the maximum is 5",
            id="maximum",
        ),
        pytest.param(
            {"answers": usages(5, 5, 5, 5), "autoscaler": autoscaler(minReplicas=3)},
            "cpu 5% of 50% asks for 1; the minimum is 3",
            id="minimum",
        ),
        pytest.param(
            {"answers": usages(*[150] * 4)},
            "cpu 150% of 50% asks for 12; no faster than to 8 at once",
            id="twice at most",
        ),
        pytest.param(
            {
                "answers": usages(*[150] * 4),
                "autoscaler": autoscaler(behavior=_behavior(up=_policy("Pods", 1))),
            },
            "cpu 150% of 50% asks for 12; policy: 1 pod in 60 s",
            id="policy of pods",
        ),
        pytest.param(
            {
                "answers": usages(*[150] * 4),
                "autoscaler": autoscaler(behavior=_behavior(up=_policy("Percent", 50))),
                "memory": Memory((), ups=(ScaleEvent(NOW - 5, 3),)),
            },
            "cpu 150% of 50% asks for 12; policy used up: 50% in 60 s",
            id="policy used up",
        ),
        pytest.param(
            {
                "answers": usages(*[150] * 4),
                "autoscaler": autoscaler(
                    behavior=_behavior(up=_policy("Pods", 1, selectPolicy="Disabled"))
                ),
            },
            "cpu 150% of 50% asks for 12; scaling that way is disabled",
            id="disabled",
        ),
        pytest.param(
            {"scale": Scale(0, 0, "app=web")}, "zero replicas: autoscaling is off", id="0"
        ),
        pytest.param(
            {"scale": Scale(9, 9, "app=web"), "autoscaler": autoscaler(maxReplicas=5)},
            "above the maximum of 5",
            id="above",
        ),
        pytest.param(
            {"autoscaler": autoscaler(minReplicas=6)}, "below the minimum of 6", id="below"
        ),
        pytest.param(
            {"pods": [pod("web-0", cpu=None)]},
            "no decision: failed to get cpu utilization: "
            "missing request for cpu in container app of Pod web-0",
            id="failed",
        ),
        pytest.param(
            {"scale": Scale(4, 4, "")}, "no decision: selector is required", id="no selector"
        ),
        pytest.param(
            {
                "autoscaler": autoscaler(metrics=[cpu_metric(), queue_metric("10")]),
                "answers": Answers(
                    resource=usages(50, 50, 50, 50).resource,
                    external={MetricName(name="queue"): (18_500,)},
                ),
            },
            "queue 18.5 of 10 asks for 8",
            id="the highest of two",
        ),
    ],
)
def test_in_one_line(changes, expected):
    """What was asked for, and what kept the size from it, if anything did."""
    assert reason(decide(situation(**changes)), NOW) == expected


_FULL = [
    (
        "cpu 150% of 50%: ratio 3.000, 2.240 with a guess for the pods left out; "
        "the ratio times the counted pods: 9."
    ),
    (
        "external metric queue(nil) failed: unable to get external metric ns/queue/nil: "
        "unable to fetch metrics from external metrics API: it is down."
    ),
    "Limited from 9 to 5: policy: 2 pods in 60 s.",
    "Policy 2 pods in 60 s: from 3 at most to 5, more from 0:00:55 on.",
]


def test_in_full():
    """Each metric, the stabilisation, the limits and the policies, a sentence each."""
    decision = decide(
        situation(
            autoscaler=autoscaler(
                metrics=[cpu_metric(), queue_metric("10")],
                behavior=_behavior(up=_policy("Pods", 2)),
            ),
            answers=Answers(
                resource=usages(150, 150, 150).resource,
                external={MetricName(name="queue"): Failure("it is down")},
            ),
            memory=Memory((), ups=(ScaleEvent(NOW - 5, 1),)),
        )
    )

    assert list(details(decision, NOW)) == _FULL


def test_from_zero_the_minimum_lifts_whatever_the_metrics_ask_for():
    """With behaviour too, which heeds a minimum only on the way down."""
    ours = Condition(ConditionType.SCALED_TO_ZERO, "True", "ScaledToZero", "", NOW - 600)
    spec = {"minReplicas": 2, "metrics": [queue_metric()], "behavior": _behavior()}
    decision = decide(
        situation(
            autoscaler=autoscaler(Status(conditions=(ours,)), **spec),
            scale=Scale(0, 0, "app=web"),
            answers=Answers(external={MetricName(name="queue"): [0]}),
        )
    )

    assert decision.desired == 2
    assert reason(decision, NOW) == "queue 0 of 10 asks for 0; the minimum is 2"
