"""From a recommendation to a size."""

from typing import Any

from tests.vectors import hpa_input, hpa_output
from tests.vectors.verdict import Verdict
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.normalizing import Normalization, normalize
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import Behavior, Policy, Reference, Rules, Spec
from tidegauge.autoscale.engine.status import ConditionType, Report, Status
from tidegauge.autoscale.engine.wording import report_normalization


def check(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    memory = hpa_input.memory(given)
    spec, current = _spec(given), given["current_replicas"]
    settings = Settings(downscale_stabilization=given["downscale_stabilization_seconds"])
    got = normalize(spec, current, given["desired_replicas"], memory, settings, 0.0)
    verdict = Verdict()
    verdict.compare("expect", _expected(vector["expect"]), _answer(spec, current, memory, got))
    return verdict


def _answer(spec: Spec, current: int, memory: Memory, got: Normalization) -> dict[str, Any]:
    replicas = got.limit.replicas
    memory = Memory(got.stabilization.recommendations, memory.ups, memory.downs)
    if replicas != current:
        memory = after_scaling(memory, spec.behavior, current, replicas, 0.0)
    report = Report(Status(), 0.0)
    report_normalization(report, got)
    conditions = {one.type: hpa_output.condition(one) for one in report.conditions}
    return {
        "replicas": replicas,
        "able_to_scale": conditions[ConditionType.ABLE_TO_SCALE],
        "scaling_limited": conditions[ConditionType.SCALING_LIMITED],
        **hpa_output.memory(memory, 0.0),
    }


def _expected(expect: dict[str, Any]) -> dict[str, Any]:
    """The recording has no transition times here; ours are now."""
    conditions = ("able_to_scale", "scaling_limited")
    return {**expect, **{key: {**expect[key], "last_transition_time": 0.0} for key in conditions}}


def _spec(given: dict[str, Any]) -> Spec:
    behavior = given["behavior"]
    return Spec(
        scale_target_ref=Reference(),
        min_replicas=given["min_replicas"],
        max_replicas=given["max_replicas"],
        behavior=behavior
        and Behavior(
            scale_up=_rules(behavior["scale_up"]), scale_down=_rules(behavior["scale_down"])
        ),
    )


def _rules(rules: dict[str, Any]) -> Rules:
    return Rules(
        stabilization_window_seconds=rules["stabilization_window_seconds"],
        select_policy=rules["select_policy"],
        policies=tuple(Policy(**policy) for policy in rules["policies"]),
    )
