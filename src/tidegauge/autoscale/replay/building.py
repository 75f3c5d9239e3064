"""From what is known of a workload to the one that is simulated, with what had to be assumed."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.replay.answering import metric_name, origin_of
from tidegauge.autoscale.replay.description import (
    DEFAULT_WORK,
    FIGURES,
    ContainerDescription,
    Description,
    merged,
)
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.manifests import Given
from tidegauge.autoscale.replay.measuring import Figure
from tidegauge.autoscale.replay.templates import described
from tidegauge.autoscale.replay.workload import Container, Measuring, Workload

_REQUEST, _LIMIT = 0.5, 1.0
"""Cores, where there is no manifest: a round figure, so that 100 requests per second fill a pod."""
_CONTAINER = "app"


class Built(Struct, frozen=True):
    """A workload, and what was assumed for want of better, a sentence each."""

    workload: Workload
    origins: Mapping[str, str]
    """What custom and external metrics tell, by name, as far as it was said."""
    assumptions: tuple[str, ...]


class BuildError(Exception):
    """A workload that cannot be simulated. `problems` holds every reason, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def build(
    said: Description, given: Given, load: Load, recorded: Description | None = None
) -> Built:
    """`said` wins over the manifest of the target, and that over what was recorded of its pods.

    Raises BuildError.
    """
    return _Builder(said, given, load, recorded).built()


class _Builder:
    def __init__(
        self, said: Description, given: Given, load: Load, recorded: Description | None
    ) -> None:
        self._spec = given.autoscaler.spec
        self._load = load
        self._assumptions: list[str] = []
        self._problems: list[str] = []
        self._sidecars: dict[str, bool] = {}
        if recorded:
            said = merged(said, Description(replicas=recorded.replicas))
        if given.target:
            weaker, self._sidecars, self._problems = described(given.target)
        else:
            weaker = recorded or self._unknown_target(said)
        self._known = merged(said, weaker)

    def built(self) -> Built:
        workload = self._workload()
        faults = [
            *_impossible(workload),
            *_not_modelled(workload, self._spec),
            *_unknown_origins(self._known.metrics or {}, self._spec, self._load),
        ]
        if self._problems or faults:
            raise BuildError([*self._problems, *faults])
        self._assumptions += _about_capacity(workload)
        self._assumptions += _about_metrics(self._spec, self._known.metrics or {}, self._load)
        return Built(workload, self._known.metrics or {}, tuple(self._assumptions))

    def _unknown_target(self, said: Description) -> Description:
        target = self._spec.scale_target_ref
        if said.request is None or said.limit is None:
            self._assumptions.append(
                f"There is no manifest of {target.kind} {target.name}, so each pod requests "
                f"{said.request or _REQUEST:g} cores and is limited to {said.limit or _LIMIT:g}."
            )
        named = (
            metric.container_resource.container
            for metric in self._spec.metrics
            if metric.type == "ContainerResource"
        )
        return Description(
            container=next(named, _CONTAINER),
            replicas=max(self._spec.minimum, 1),
            request=_REQUEST,
            limit=_LIMIT,
        )

    def _workload(self) -> Workload:
        known = self._known
        period = _said(period=known.metric_period, window=known.metric_period)
        measuring = period | _said(window=known.metric_window, delay=known.metric_delay)
        return Workload(
            containers=tuple(self._containers()),
            replicas=1 if known.replicas is None else known.replicas,
            room=known.room,
            queue=known.overflow != "drop",
            measuring=Measuring(**measuring),
            **_said(start_delay=known.start_delay, ready_delay=known.ready_delay),
        )

    def _containers(self) -> Iterator[Container]:
        """The one that does the work comes first."""
        known = self._known
        main = known.container or _CONTAINER
        others = dict(known.containers or {})
        own = _figures(known)
        weaker = _figures(others.pop(main, ContainerDescription()))
        if "work" not in own | weaker:
            self._assumptions.append(f"A request takes {DEFAULT_WORK * 1000:g} ms of CPU time.")
        yield self._container(main, {"work": DEFAULT_WORK, **weaker, **own})
        for name, one in others.items():
            yield self._container(name, _figures(one))

    def _container(self, name: str, figures: Mapping[str, float]) -> Container:
        return Container(name=name, sidecar=self._sidecars.get(name, False), **figures)


def _figures(one: ContainerDescription) -> dict[str, Any]:
    """Those that were said."""
    return _said(**{name: getattr(one, name) for name in ContainerDescription.__struct_fields__})


def _said(**fields: float | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _impossible(workload: Workload) -> Iterator[str]:
    measuring = workload.measuring
    for one in workload.containers:
        bound, what = (one.limit, "limit") if one.limit is not None else (one.request, "request")
        if one.work and bound is not None and bound <= one.idle:
            yield (
                f"container {one.name}: its {what} of {bound:g} cores leaves nothing for requests "
                f"above the {one.idle:g} that it uses without: raise the one or lower the other"
            )
    if not measuring.period:
        yield "metricPeriod: must be more than 0"
    elif measuring.window < measuring.period:
        yield (
            f"metricWindow: {measuring.window:g} s hold no two looks {measuring.period:g} s apart: "
            "make it at least the period"
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
