"""What speaks against simulating a workload, and what has to be assumed for it."""

import math
from collections.abc import Iterator, Mapping

from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.replay.answering import metric_name, origin_of
from tidegauge.autoscale.replay.description import FIGURES
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.measuring import Figure
from tidegauge.autoscale.replay.workload import Workload

MOST_PODS = 10_000
"""A step of so many takes a tenth of a second; nobody has more behind one HPA."""

_SHORTEST_PERIOD = 1.0
"""Seconds. No kubelet measures more often, and looking at each pod takes time of ours, too."""


def faults(workload: Workload, origins: Mapping[str, str], spec: Spec, load: Load) -> Iterator[str]:
    """Why it cannot be simulated, a line each."""
    yield from _too_many(workload, spec)
    yield from _impossible(workload)
    yield from _not_modelled(workload, spec)
    yield from _unknown_origins(origins, spec, load)


def assumptions(
    workload: Workload, origins: Mapping[str, str], spec: Spec, load: Load
) -> Iterator[str]:
    """What a person should know of the simulation, a sentence each."""
    yield from _about_capacity(workload)
    yield from _about_metrics(spec, origins, load)


def _too_many(workload: Workload, spec: Spec) -> Iterator[str]:
    for what, number in (
        ("spec.maxReplicas", spec.max_replicas),
        ("replicas", workload.replicas),
    ):
        if number > MOST_PODS:
            yield f"{what}: {number} pods are more than the {MOST_PODS} that are simulated at most"


def _impossible(workload: Workload) -> Iterator[str]:
    measuring = workload.measuring
    for one in workload.containers:
        bound, what = (one.limit, "limit") if one.limit is not None else (one.request, "request")
        if not one.work and one.limit is not None and one.limit < one.idle:
            yield f"container {one.name}: uses {one.idle:g} cores, above its limit of {bound:g}"
        if one.work and bound is not None and bound <= one.idle:
            yield (
                f"container {one.name}: its {what} of {bound:g} cores leaves nothing for requests "
                f"above the {one.idle:g} that it uses without: raise the one or lower the other"
            )
    if measuring.period < _SHORTEST_PERIOD:
        yield f"metric period: {measuring.period:g} s are too little: give at least 1s"
    elif measuring.window < measuring.period:
        yield (
            f"metric window: {measuring.window:g} s hold no two looks {measuring.period:g} s "
            "apart: make it at least the period"
        )


def _not_modelled(workload: Workload, spec: Spec) -> Iterator[str]:
    """Metrics that nothing here could answer."""
    names = [one.name for one in workload.containers]
    for index, metric in enumerate(spec.metrics):
        if metric.type not in ("Resource", "ContainerResource"):
            continue
        field = metric.type[0].lower() + metric.type[1:]
        source = metric.resource if metric.type == "Resource" else metric.container_resource
        where = f"spec.metrics[{index}].{field}"
        if source.container and source.container not in names:
            yield f"{where}.container: pods have no {source.container}, only {', '.join(names)}"
        if source.name not in ("cpu", "memory"):
            yield f"{where}.name: {source.name} is not simulated, only cpu and memory are"
        if source.name == "memory" and not _has_memory(workload, source.container):
            yield f"{where}.name: the workload has no memory: give it, as in --memory=200Mi"


def _has_memory(workload: Workload, container: str) -> bool:
    """A pod whose containers are not all measured is not served."""
    return all(
        one.memory is not None
        for one in workload.containers
        if not container or one.name == container
    )


def _unknown_origins(origins: Mapping[str, str], spec: Spec, load: Load) -> Iterator[str]:
    names = {metric_name(metric) for metric in spec.metrics} - {""}
    for name, origin in origins.items():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            yield f"metrics.{name}: the HPA has no such custom or external metric, it has {known}"
        if origin not in FIGURES and origin not in load.series:
            columns = "".join(f", {column}" for column in load.series)
            yield f"metrics.{name}: {origin!r} is none of {', '.join(FIGURES)}{columns}"


def _about_capacity(workload: Workload) -> Iterator[str]:
    if not math.isfinite(workload.capacity):
        yield "Pods have no CPU limit, so they serve whatever comes and never saturate."
        if math.isfinite(workload.guaranteed):
            served = f"{workload.guaranteed:.4g} requests per second"
            yield f"The demand counts {served} for each pod: what its CPU request is enough for."


_TOLD = {
    Figure.REQUESTS: "the requests offered per second",
    Figure.SERVED: "the requests served per second",
    Figure.QUEUE: "the requests that wait",
}


def _about_metrics(spec: Spec, origins: Mapping[str, str], load: Load) -> Iterator[str]:
    for metric in spec.metrics:
        name = metric_name(metric)
        if name and name not in origins:
            origin = origin_of(metric, origins, load)
            told = _TOLD[origin] if isinstance(origin, Figure) else f"column {origin} of the load"
            each = " by each pod" if metric.type == "Pods" else ""
            yield f"Metric {name} is {told}{each}."
