"""What rules say an HPA never does the engine does not do; what they let pass it does."""

import random
from typing import Any

import pytest

from tests.autoscale.engine.given import autoscaler, cpu_metric, pods, situation, usages
from tests.autoscale.lint.objects import container, hpa, resource, workload
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.normalizing import normalize
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.lint.judging import findings
from tidegauge.autoscale.reading.defaults import defaulted

REPLICAS = 4
TURNS = 40
SYNC_PERIOD = 15.0

Json = dict[str, Any]


def found(rule: str, *objects: Json) -> bool:
    return any(each.rule == rule for each in findings(objects))


def desired(scaler: Autoscaler, millicores: int) -> int | None:
    """The size that the engine goes to when each of the pods uses that much."""
    scale = Scale(REPLICAS, REPLICAS, "app=web")
    answers = usages(*[millicores] * REPLICAS)
    return decide(
        situation(autoscaler=scaler, scale=scale, pods=pods(REPLICAS), answers=answers)
    ).desired


@pytest.mark.parametrize("tolerance", [None, "0", "0.1", "0.25"])
def test_unreachable_targets(tolerance: str | None) -> None:
    """At its limits a workload scales up, or the rule says that it never does."""
    behavior = None if tolerance is None else {"scaleUp": {"tolerance": tolerance}}
    for limit in range(100, 130, 3):
        for target in range(80, 131, 2):
            metric = resource(type="Utilization", averageUtilization=target)
            written = hpa(metrics=[metric], behavior=behavior)
            limited = workload(containers=[container(limits={"cpu": f"{limit}m"})])
            scaler = autoscaler(metrics=[cpu_metric(target)], behavior=spec_of(written).behavior)
            size = desired(scaler, limit)

            assert size is not None
            assert found("HPA303", written, limited) == (size <= REPLICAS), (limit, target)


def spec_of(manifest: Json) -> Any:
    return decode_spec(defaulted(manifest)["spec"])


@pytest.mark.parametrize("tolerance", ["0.9", "0.99", "1", "1.5"])
def test_tolerances_that_are_never_left(tolerance: str) -> None:
    """Without any usage a workload scales down, or the rule says that it never does."""
    written = hpa(behavior={"scaleDown": {"tolerance": tolerance}})
    rules = {"scaleDown": {"tolerance": tolerance, "stabilizationWindowSeconds": 0}}
    behavior = spec_of(hpa(behavior=rules)).behavior
    size = desired(autoscaler(metrics=[cpu_metric(50)], behavior=behavior), 0)

    assert found("HPA403", written) == (size == REPLICAS)


def sizes(spec: Any, seed: int) -> list[int]:
    """What becomes of the size when the metrics ask for something else each time."""
    chance = random.Random(seed)
    size, memory, gone = spec.minimum, Memory(()), []
    for turn in range(TURNS):
        now = turn * SYNC_PERIOD
        wanted = chance.randint(spec.minimum, spec.max_replicas)
        limit = normalize(spec, size, wanted, memory, Settings(), now)
        remembered = Memory(limit.stabilization.recommendations, memory.ups, memory.downs)
        memory = after_scaling(remembered, spec.behavior, size, limit.limit.replicas, now)
        size = limit.limit.replicas
        gone.append(size)
    return gone


@pytest.mark.parametrize("seed", range(60))
def test_policies_that_never_act(seed: int) -> None:
    """Without a policy that is said never to act everything goes the same way."""
    chance = random.Random(seed)
    policies = [
        {
            "type": chance.choice(("Pods", "Percent")),
            "value": chance.choice((1, 2, 3, 5, 10, 20, 50, 100)),
            "periodSeconds": 60,
        }
        for _ in range(2)
    ]
    direction, select = chance.choice(("scaleUp", "scaleDown")), chance.choice(("Max", "Min"))
    rules: Json = {"selectPolicy": select, "stabilizationWindowSeconds": 0, "policies": policies}
    written = hpa(maxReplicas=30, behavior={direction: rules})
    idle = [each.place.path[-2] for each in findings([written]) if each.rule == "HPA503"]
    if not idle:
        other = {**rules, "selectPolicy": "Min" if select == "Max" else "Max"}
        assert not found("HPA503", hpa(maxReplicas=30, behavior={direction: other}))
        return
    kept = [policy for index, policy in enumerate(policies) if str(index) not in idle]
    without = hpa(maxReplicas=30, behavior={direction: {**rules, "policies": kept}})

    assert sizes(spec_of(written), seed) == sizes(spec_of(without), seed)


@pytest.mark.parametrize(("window", "holds"), [(1, False), (15, False), (16, True), (60, True)])
def test_windows_that_hold_nothing(window: int, *, holds: bool) -> None:
    """A window that is said to hold nothing is as good as none, at the controller's pace."""

    def behaving(seconds: int) -> Json:
        return hpa(
            maxReplicas=30,
            behavior={
                "scaleUp": {"stabilizationWindowSeconds": seconds},
                "scaleDown": {"stabilizationWindowSeconds": seconds},
            },
        )

    same = sizes(spec_of(behaving(window)), 1) == sizes(spec_of(behaving(0)), 1)
    assert same != holds
    assert found("HPA506", behaving(window)) != holds
