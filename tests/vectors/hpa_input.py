"""Inputs of the HPA's vectors as the records of the product."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from tidegauge.autoscale.engine.answers import Answers, ContainerUsage, Failure, PodUsage, PodValue
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.autoscale.engine.pods import Container, Kind, Pod, ReadyCondition
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.spec import MetricSpec, decode_spec
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.units.quantities import Quantity, parse
from tidegauge.units.selectors import parse_label_selector


def quantities(texts: Mapping[str, str] | None) -> dict[str, Quantity]:
    return {name: parse(text) for name, text in (texts or {}).items()}


def pods(items: list[dict[str, Any]] | None, now: float = 0.0) -> tuple[Pod, ...]:
    return tuple(_pod(item, now) for item in items or ())


def _pod(item: dict[str, Any], now: float) -> Pod:
    ready, started = item["ready_condition"], item["start_time"]
    return Pod(
        name=item["name"],
        labels=item.get("labels") or {},
        phase=item["phase"],
        deleted=item["deleted"],
        started=None if started is None else now + started,
        ready=ready and ReadyCondition(ready["status"], now + ready["last_transition_time"]),
        containers=tuple(
            Container(
                name=one["name"], kind=Kind(one["kind"]), requests=quantities(one.get("requests"))
            )
            for one in item["containers"] or ()
        ),
        pod_requests=quantities(item.get("pod_level_requests")),
        overhead=quantities(item.get("overhead")),
    )


def answers(metrics: dict[str, Any], wanted: Iterable[MetricSpec], now: float = 0.0) -> Answers:
    """To the metrics that are wanted; the recorded APIs knew them by name alone."""
    resource = metrics.get("resource") or {"error": None, "samples": []}
    wanted = tuple(wanted)
    return Answers(
        resource=_failure(resource)
        or tuple(_pod_usage(one, now) for one in resource["samples"] or ()),
        pods={
            metric: _failure(answer)
            or tuple(_pod_value(one, now) for one in answer["samples"] or ())
            for metric in (one.pods.metric for one in wanted)
            if (answer := (metrics.get("pods") or {}).get(metric.name))
        },
        object={
            (one.described_object, one.metric): _failure(answer) or parse(answer["value"]).milli
            for one in (one.object for one in wanted)
            if (answer := (metrics.get("object") or {}).get(one.metric.name))
        },
        external={
            metric: _failure(answer)
            or tuple(parse(value).milli for value in answer["values"] or ())
            for metric in (one.external.metric for one in wanted)
            if (answer := (metrics.get("external") or {}).get(metric.name))
        },
    )


def _failure(answer: dict[str, Any]) -> Failure | None:
    return None if answer["error"] is None else Failure(answer["error"])


def _pod_usage(sample: dict[str, Any], now: float) -> PodUsage:
    return PodUsage(
        sample["pod"],
        now + sample["timestamp"],
        sample["window"],
        tuple(
            ContainerUsage(one["name"], {k: q.milli for k, q in quantities(one["usage"]).items()})
            for one in sample["containers"] or ()
        ),
    )


def _pod_value(sample: dict[str, Any], now: float) -> PodValue:
    return PodValue(
        sample["pod"],
        now + sample["timestamp"],
        sample["window_seconds"],
        parse(sample["value"]).milli,
    )


def memory(given: dict[str, Any]) -> Memory:
    recommendations = given["recommendations"]
    return Memory(
        None
        if recommendations is None
        else tuple(Recommendation(-one["age_seconds"], one["replicas"]) for one in recommendations),
        _events(given["scale_up_events"]),
        _events(given["scale_down_events"]),
    )


def _events(events: list[dict[str, Any]] | None) -> tuple[ScaleEvent, ...]:
    return tuple(
        ScaleEvent(-one["age_seconds"], one["change"], one["outdated"]) for one in events or ()
    )


def status(given: dict[str, Any]) -> Status:
    return Status(
        observed_generation=given["observed_generation"],
        last_scale_time=given["last_scale_time"],
        current_replicas=given["current_replicas"],
        desired_replicas=given["desired_replicas"],
        current_metrics=tuple(given["current_metrics"] or ()),
        conditions=tuple(Condition(**one) for one in given["conditions"] or ()),
    )


def settings(controller: dict[str, Any]) -> Settings:
    return Settings(
        tolerance=float(controller["tolerance"]),
        downscale_stabilization=controller["downscale_stabilization_seconds"],
        cpu_initialization_period=controller["cpu_initialization_period"],
        initial_readiness_delay=controller["initial_readiness_delay"],
    )


def profile(controller: dict[str, Any]) -> Profile:
    gates = controller["feature_gates"]
    return replace(
        NEWEST,
        scale_to_zero=gates["HPAScaleToZero"],
        observed_generation=gates["HPAGeneration"],
        pod_level_resources=gates["PodLevelResources"],
    )


def situation(
    given: dict[str, Any],
    scale: Scale | ScaleFailure,
    *,
    status: Status,
    memory: Memory,
    now: float = 0.0,
) -> Situation:
    """The times of pods and metrics are relative to `now`; what is absent is as if nothing is."""
    namespace, controller = given["namespace"], given["controller"]
    spec = decode_spec(given["hpa_spec"])
    return Situation(
        autoscaler=Autoscaler(
            namespace=namespace,
            name=given["name"],
            generation=given["generation"],
            spec=spec,
            status=status,
        ),
        scale=scale,
        pods=pods(given.get("pods"), now),
        answers=answers(given.get("metrics") or {}, spec.metrics, now),
        others={
            f"{namespace}/{one['name']}": parse_label_selector(one["selector"])
            for one in given.get("other_hpas") or ()
        },
        registered=given.get("registered", True),
        memory=memory,
        now=now,
        settings=settings(controller),
        profile=profile(controller),
    )
