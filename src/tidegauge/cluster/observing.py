"""What informers tell about themselves, and its way into logs and metrics."""

from collections.abc import Sized
from typing import Protocol

from prometheus_client import Counter, Gauge

from tidegauge.cluster.errors import ClusterError
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock


class Observer:
    """Told what happens to the watch of a resource; this one does not care."""

    def synced(self, resource: str) -> None:
        """The first list is complete; once."""

    def streaming(self, resource: str) -> None:
        """A stream is open, or something came; often."""

    def restarted(self, resource: str, error: ClusterError | None) -> None:
        """A watch ended as watches do: in time, or because its version became too old."""

    def failed(self, resource: str, error: ClusterError) -> None:
        """A list or watch failed; it will be tried again."""


class InformerMetrics(Protocol):
    """The families on which informers are shown."""

    informer_synced: Gauge
    informer_objects: Gauge
    informer_restarts: Counter


class Telemetry(Observer):
    """Logs what changes, counts the rest."""

    def __init__(self, metrics: InformerMetrics, clock: Clock) -> None:
        self._metrics = metrics
        self._log = get_logger("cluster")
        self._outages = OnChange(self._log, "watch", clock)

    def track(self, resource: str, store: Sized) -> None:
        """Show the resource on /metrics from now on, with the number of its objects."""
        self._metrics.informer_synced.labels(resource).set(0)
        self._metrics.informer_objects.labels(resource).set_function(lambda: len(store))

    def synced(self, resource: str) -> None:
        self._metrics.informer_synced.labels(resource).set(1)
        self._log.info("synced", resource=resource)

    def streaming(self, resource: str) -> None:
        self._outages.succeeded(resource)

    def restarted(self, resource: str, error: ClusterError | None) -> None:
        self._metrics.informer_restarts.labels(resource, error.cause if error else "ended").inc()

    def failed(self, resource: str, error: ClusterError) -> None:
        self.restarted(resource, error)
        self._outages.failed(resource, error.cause, error=str(error))
