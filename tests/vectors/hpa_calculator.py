"""One metric's proposal."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tests.vectors import hpa_input
from tests.vectors.verdict import Verdict
from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.podmetrics import (
    by_pods_average,
    by_resource_average,
    by_utilization,
)
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import (
    ExternalSource,
    MetricName,
    MetricSpec,
    ObjectSource,
    PodsSource,
    Reference,
)
from tidegauge.autoscale.engine.tolerance import Tolerance
from tidegauge.autoscale.engine.valuemetrics import (
    by_external_average,
    by_external_value,
    by_object_average,
    by_object_value,
)
from tidegauge.autoscale.engine.view import View

_SERVICE = Reference(kind="Service", name="front")


def check_resource(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    where = given["resource"], given["container"]
    if given["target_type"] == "Utilization":
        target = given["target_utilization"]
        return _check(vector, lambda view: by_utilization(view, *where, target))
    return _check(vector, lambda view: by_resource_average(view, *where, given["target_milli"]))


def check_pods(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    metric, target = MetricName(name=given["metric_name"]), given["target_milli"]
    return _check(vector, lambda view: by_pods_average(view, metric, target))


def check_object(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    metric, target = MetricName(name=given["metric_name"]), given["target_milli"]
    method = by_object_value if given["target_type"] == "Value" else by_object_average
    return _check(vector, lambda view: method(view, metric, _SERVICE, target))


def check_external(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    metric, target = MetricName(name=given["metric_name"]), given["target_milli"]
    method = by_external_value if given["target_type"] == "Value" else by_external_average
    return _check(vector, lambda view: method(view, metric, target))


def _check(vector: dict[str, Any], calculate: Callable[[View], Calculation]) -> Verdict:
    verdict = Verdict()
    got: dict[str, Any] = dict.fromkeys(vector["expect"])
    try:
        answer = calculate(_view(vector["input"]))
        got |= {
            "replicas": answer.replicas,
            "utilization": answer.utilization,
            "raw_milli": answer.usage,
        }
    except MetricError as error:
        got["error"] = str(error)
    verdict.compare("expect", vector["expect"], got)
    return verdict


def _view(given: dict[str, Any]) -> View:
    """Now is 0: all times are given relative to it."""
    defaults = Settings()
    profile = PROFILES[given.get("version", "1.37")]
    gate = given.get("pod_level_resources_gate", False)
    return View(
        namespace="ns1",
        replicas=given.get("current_replicas", 0),
        status_replicas=given.get("status_replicas", 0),
        pods=hpa_input.pods(given.get("pods")),
        answers=hpa_input.answers(given.get("metrics") or {}, _wanted(given)),
        tolerance=Tolerance(
            given["tolerance_up"], given["tolerance_down"], profile.two_sided_tolerance
        ),
        now=0.0,
        settings=Settings(
            cpu_initialization_period=given.get(
                "cpu_initialization_period", defaults.cpu_initialization_period
            ),
            initial_readiness_delay=given.get(
                "initial_readiness_delay", defaults.initial_readiness_delay
            ),
        ),
        profile=replace(profile, pod_level_resources=gate),
    )


def _wanted(given: dict[str, Any]) -> list[MetricSpec]:
    """The metric by its name, as each of the types that have one."""
    metric = MetricName(name=given.get("metric_name", ""))
    return [
        MetricSpec(type="Pods", pods=PodsSource(metric=metric)),
        MetricSpec(type="Object", object=ObjectSource(described_object=_SERVICE, metric=metric)),
        MetricSpec(type="External", external=ExternalSource(metric=metric)),
    ]
