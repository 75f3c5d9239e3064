"""From what is known of a workload to the one that is simulated, with what had to be assumed."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tidegauge.autoscale.replay import checking
from tidegauge.autoscale.replay.description import (
    DEFAULT_WORK,
    ContainerDescription,
    Description,
    merged,
    said,
)
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.manifests import Given
from tidegauge.autoscale.replay.templates import described
from tidegauge.autoscale.replay.workload import Container, Measuring, Workload

_REQUEST, _LIMIT = 0.5, 1.0
"""Cores, where there is no manifest: a round figure, so that 100 requests per second fill a pod."""
_CONTAINER = "app"
_OF_CONTAINERS = ContainerDescription.__struct_fields__


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
    told: Description, given: Given, load: Load, recorded: Description | None = None
) -> Built:
    """`told` wins over the manifest of the target, and that over what was recorded of its pods.

    Raises BuildError.
    """
    return _Builder(told, given, load, recorded).built()


class _Builder:
    def __init__(
        self, told: Description, given: Given, load: Load, recorded: Description | None
    ) -> None:
        self._spec = given.autoscaler.spec
        self._load = load
        self._assumptions: list[str] = []
        self._problems: list[str] = []
        self._sidecars: dict[str, bool] = {}
        if recorded:
            told = merged(told, Description(replicas=recorded.replicas))
        if given.target:
            weaker, self._sidecars, self._problems = described(given.target)
        else:
            weaker = recorded or self._unknown_target(told)
        self._known = merged(told, weaker)
        if weaker.containers:
            self._problems.extend(self._unknown_container())

    def built(self) -> Built:
        workload, origins = self._workload(), self._known.metrics or {}
        about = workload, origins, self._spec, self._load
        if problems := [*self._problems, *checking.faults(*about)]:
            raise BuildError(problems)
        return Built(workload, origins, (*self._assumptions, *checking.assumptions(*about)))

    def _unknown_container(self) -> Iterator[str]:
        """One more container, without requests, is not what was meant."""
        name, names = self._known.container, self._known.containers or {}
        if name not in names:
            yield f"container: pods have no {name}, only {', '.join(names)}"

    def _unknown_target(self, told: Description) -> Description:
        """A limit alone is the request too, as the API server has it."""
        target = self._spec.scale_target_ref
        request = _first(told.request, told.limit, _REQUEST)
        limit = _first(told.limit, max(_LIMIT, request))
        if told.request is None or told.limit is None:
            self._assumptions.append(
                f"There is no manifest of {target.kind} {target.name}, so each pod requests "
                f"{request:g} cores and is limited to {limit:g}."
            )
        named = (
            metric.container_resource.container
            for metric in self._spec.metrics
            if metric.type == "ContainerResource"
        )
        return Description(container=next(named, _CONTAINER), request=request, limit=limit)

    def _workload(self) -> Workload:
        known = self._known
        period = _said(period=known.metric_period, window=known.metric_period)
        measuring = period | _said(window=known.metric_window, delay=known.metric_delay)
        return Workload(
            containers=tuple(self._containers()),
            replicas=max(self._spec.minimum, 1) if known.replicas is None else known.replicas,
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
        own = {name: value for name, value in said(known).items() if name in _OF_CONTAINERS}
        weaker = said(others.pop(main, ContainerDescription()))
        if "work" not in own | weaker:
            self._assumptions.append(f"A request takes {DEFAULT_WORK * 1000:g} ms of CPU time.")
        yield self._container(main, {"work": DEFAULT_WORK, **weaker, **own})
        for name, one in others.items():
            yield self._container(name, said(one))

    def _container(self, name: str, figures: Mapping[str, float]) -> Container:
        return Container(name=name, sidecar=self._sidecars.get(name, False), **figures)


def _first(*values: float | None) -> float:
    """That was said."""
    return next(value for value in values if value is not None)


def _said(**fields: float | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
