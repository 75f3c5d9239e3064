"""Which figure of the load each metric of an HPA is, and the answers to it."""

from collections.abc import Iterable, Mapping, Sequence

from tidegauge.autoscale.engine.answers import Answers, PodValue
from tidegauge.autoscale.engine.spec import MetricName, MetricSpec, Reference
from tidegauge.autoscale.replay.fleet import Life
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.measuring import Figure, Span, milli

Origin = Figure | str
"""A figure of the traffic, or the name of a column of the load."""

_DEFAULTS = {
    "Pods": Figure.SERVED,
    "Object": Figure.REQUESTS,
    "External": Figure.REQUESTS,
}


def metric_name(metric: MetricSpec) -> str:
    """Of a custom or external metric; empty for resources."""
    match metric.type:
        case "Pods":
            return metric.pods.metric.name
        case "Object":
            return metric.object.metric.name
        case "External":
            return metric.external.metric.name
    return ""


def origin_of(metric: MetricSpec, given: Mapping[str, str], load: Load) -> Origin:
    """By what the user says, else the column of its name, else what its type suggests."""
    name = metric_name(metric)
    told = given.get(name, name)
    if told in load.series:
        return told
    return Figure(told) if name in given else _DEFAULTS[metric.type]


class Answering:
    """Makes the answers of one HPA's metrics."""

    def __init__(
        self, metrics: Iterable[MetricSpec], origins: Mapping[str, str], load: Load
    ) -> None:
        self._load = load
        self._pods: dict[MetricName, Origin] = {}
        self._objects: dict[tuple[Reference, MetricName], Origin] = {}
        self._externals: dict[MetricName, Origin] = {}
        self._resources = False
        for metric in metrics:
            if metric.type == "Pods":
                self._pods[metric.pods.metric] = origin_of(metric, origins, load)
            elif metric.type == "Object":
                key = metric.object.described_object, metric.object.metric
                self._objects[key] = origin_of(metric, origins, load)
            elif metric.type == "External":
                self._externals[metric.external.metric] = origin_of(metric, origins, load)
            else:
                self._resources = True

    def answers(self, span: Span | None, pods: Sequence[Life]) -> Answers:
        """Nothing as long as nothing was measured."""
        if span is None:
            return Answers()
        return Answers(
            resource=span.usage(pods) if self._resources else (),
            pods={name: self._per_pod(origin, span, pods) for name, origin in self._pods.items()},
            object={key: self._total(origin, span) for key, origin in self._objects.items()},
            external={
                name: [self._total(origin, span)] for name, origin in self._externals.items()
            },
        )

    def _total(self, origin: Origin, span: Span) -> int:
        if isinstance(origin, Figure):
            return milli(span.total(origin))
        return milli(self._load.series[origin][span.newest.row])

    def _per_pod(self, origin: Origin, span: Span, pods: Sequence[Life]) -> list[PodValue]:
        """Served by each; whatever else is shared evenly among the ready ones."""
        values = span.per_pod(pods)
        if origin is Figure.SERVED:
            return values
        ready = {pod.name for pod in pods if pod.ready is not None}
        share = self._total(origin, span) // max(len(ready), 1)
        return [
            PodValue(one.pod, one.timestamp, one.window, share if one.pod in ready else 0)
            for one in values
        ]
