"""Wires what is measured at the moment of being asked, and of each request, to /metrics."""

from tidegauge.console.collecting import Collection
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.telemetry.metrics import Metrics

_VERBS = frozenset({"get", "list", "watch", "create", "update", "patch", "delete"})
_RESOURCES = frozenset({"nodes", "pods"})
_OTHER = "other"
"""Label values come from clients, who must not be able to make up new ones without end."""


class Meters:
    def __init__(self, metrics: Metrics, collection: Collection) -> None:
        self._metrics = metrics
        self._collection = collection

    def render(self) -> bytes:
        tally = self._collection.store.tally()
        self._metrics.points.labels("node").set(tally.nodes)
        self._metrics.points.labels("container").set(tally.containers)
        self._metrics.stale.labels("node", "silent").set(tally.silent_nodes)
        self._metrics.stale.labels("series", "unmoved").set(tally.unmoved)
        self._metrics.failing_nodes.clear()
        for cause, count in self._collection.scrapes.failures().items():
            self._metrics.failing_nodes.labels(cause).set(count)
        return self._metrics.render()

    def answered(self, info: RequestInfo, status: int, seconds: float) -> None:
        verb = info.verb if info.verb in _VERBS else _OTHER
        resource = info.resource if info.resource in _RESOURCES else _OTHER
        self._metrics.request_duration.labels(verb, resource, str(status)).observe(seconds)
