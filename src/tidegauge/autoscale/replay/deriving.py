"""The load of a recording: what its pods used is the work that there was to do."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.answers import Answers, Failure, PodUsage
from tidegauge.autoscale.engine.pods import Kind, Pod
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, Situation
from tidegauge.autoscale.engine.status import Status
from tidegauge.autoscale.replay.description import DEFAULT_WORK, ContainerDescription, Description
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.recording import Recording, RecordingError
from tidegauge.units.quantities import Quantity


class Derived(Struct, frozen=True, kw_only=True):
    """A load, the workload that it was of, and what was assumed, a sentence each."""

    load: Load
    description: Description
    autoscaler: Autoscaler
    spec: dict[str, Any]
    """Of the HPA, as the API had it."""
    assumptions: tuple[str, ...]


_CPU = "cpu"


class _Row(Struct, frozen=True):
    at: float
    cores: float
    series: Mapping[str, float]


def derive(recording: Recording, said: Description, source: str) -> Derived:
    """`said` tells what a request takes and what pods use without any. Raises RecordingError."""
    work = said.work or DEFAULT_WORK
    rows = _rows(recording.situations, said.idle or 0.0)
    if len(rows) < 2:
        remedy = "record for longer" if rows else "only Resource metrics have it; give --load"
        problem = f"{source}: has CPU usage of fewer than two moments: {remedy}"
        raise RecordingError([problem])
    began = rows[0].at
    names = set.intersection(*(set(row.series) for row in rows))
    load = Load(
        times=tuple(row.at - began for row in rows),
        rates=tuple(row.cores / work for row in rows),
        series={name: tuple(row.series[name] for row in rows) for name in sorted(names)},
        began=began,
        seconds=rows[-1].at - began + (rows[-1].at - rows[-2].at),
    )
    text = (
        f"The load is the CPU time that the recorded pods used, at {work * 1000:g} ms a request; "
        "what they could not do for want of CPU is not in it."
    )
    first = recording.situations[0].autoscaler
    return Derived(
        load=load,
        description=_description(recording.situations, work),
        autoscaler=replace(first, status=Status()),
        spec=recording.spec,
        assumptions=(text,),
    )


def _rows(situations: Sequence[Situation], idle: float) -> list[_Row]:
    """One for each new figure; it holds from the beginning of the window that it is of."""
    rows: list[_Row] = []
    for situation in situations:
        usages = situation.answers.resource
        if isinstance(usages, Failure) or not usages:
            continue
        at = fmean(one.timestamp - one.window for one in usages)
        if not rows or at > rows[-1].at + 1.0:  # a second: stamps are whole ones
            rows.append(
                _Row(at, max(_cores(usages) - idle * len(usages), 0.0), _series(situation.answers))
            )
    return rows


def _cores(usages: Sequence[PodUsage]) -> float:
    return sum(one.usage.get(_CPU, 0) for pod in usages for one in pod.containers) / 1000


def _series(answers: Answers) -> dict[str, float]:
    """Totals of custom and external metrics, by name."""
    found: dict[str, float] = {}
    for metric, values in answers.pods.items():
        if not isinstance(values, Failure):
            found[metric.name] = sum(one.value for one in values) / 1000
    for (_, metric), value in answers.object.items():
        if not isinstance(value, Failure):
            found[metric.name] = value / 1000
    for metric, series in answers.external.items():
        if not isinstance(series, Failure):
            found[metric.name] = sum(series) / 1000
    return found


def _description(situations: Sequence[Situation], work: float) -> Description:
    """By the last pods: an early one may be of another revision."""
    pods = next((one.pods for one in reversed(situations) if one.pods), ())
    containers = _containers(pods[0]) if pods else {}
    scale = situations[0].scale
    return Description(
        work=work,
        replicas=scale.replicas if isinstance(scale, Scale) else None,
        container=_busiest(situations),
        containers=containers or None,
    )


def _containers(pod: Pod) -> dict[str, ContainerDescription]:
    return {
        one.name: ContainerDescription(
            request=_amount(one.requests.get(_CPU)),
            memory_request=_amount(one.requests.get("memory")),
        )
        for one in pod.containers
        if one.kind is not Kind.INIT
    }


def _amount(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.nano / 1e9


def _busiest(situations: Sequence[Situation]) -> str | None:
    """The container that used the most CPU."""
    used: dict[str, int] = {}
    for situation in situations:
        usages = situation.answers.resource
        for pod in () if isinstance(usages, Failure) else usages:
            for one in pod.containers:
                used[one.name] = used.get(one.name, 0) + one.usage.get(_CPU, 0)
    return max(used, key=used.__getitem__, default=None)
