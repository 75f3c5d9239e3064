"""What the controller says about itself on /metrics: upstream's six families and our own.

Upstream's have the names and labels of kube-controller-manager's, so dashboards and alerts work.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.situation import Autoscaler

_SUBSYSTEM = "horizontal_pod_autoscaler_controller"

_BUCKETS = tuple(0.001 * 2**power for power in range(15))


class Measures:
    """On a registry that is given, so that who runs it can add what belongs to the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # Else each counter and histogram brings a second family, `…_created`.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the client lacks the hint
        self.registry = registry
        self._known: set[tuple[str, str]] = set()
        """HPAs that a size is shown of."""
        self._add_upstreams()
        self._add_ours()

    def reconciled(self, autoscaler: Autoscaler, decision: Decision, seconds: float) -> None:
        outcome = decision.outcome
        labels = outcome.action.value, outcome.fault.value
        self._reconciliations.labels(*labels).inc()
        self._reconciliation_seconds.labels(*labels).observe(seconds)
        place = autoscaler.namespace, autoscaler.name
        if decision.desired is not None:
            self._known.add(place)
            self._desired.labels(*place).set(decision.desired)

    def computed(self, autoscaler: Autoscaler, decision: Decision, seconds: float) -> None:
        """All metrics of an HPA are asked at once; each took as long as all."""
        for one in decision.proposals.proposals if decision.proposals else ():
            action = one.action_from(autoscaler.status.current_replicas).value
            labels = action, one.fault.value, one.metric.type
            self._computations.labels(*labels).inc()
            self._computation_seconds.labels(*labels).observe(seconds)

    def forget(self, namespace: str, name: str) -> None:
        if (namespace, name) in self._known:
            self._known.discard((namespace, name))
            self._desired.remove(namespace, name)

    def forget_all(self) -> None:
        """Sizes that somebody else decides from now on."""
        self._known.clear()
        self._desired.clear()

    def _add_upstreams(self) -> None:
        done = ["action", "error"]
        computed = [*done, "metric_type"]
        self._reconciliations = self._counter(
            f"{_SUBSYSTEM}_reconciliations_total",
            "Reconciles, by what they did and whose error ended them.",
            done,
        )
        self._reconciliation_seconds = self._histogram(
            f"{_SUBSYSTEM}_reconciliation_duration_seconds", "How long a reconcile took.", done
        )
        self._computations = self._counter(
            f"{_SUBSYSTEM}_metric_computation_total",
            "Computations of one metric, by what it alone would do.",
            computed,
        )
        self._computation_seconds = self._histogram(
            f"{_SUBSYSTEM}_metric_computation_duration_seconds",
            "How long a computation of one metric took.",
            computed,
        )
        self.autoscalers = self._gauge(
            f"{_SUBSYSTEM}_num_horizontal_pod_autoscalers", "HPAs that are looked after."
        )
        self._desired = self._gauge(
            f"{_SUBSYSTEM}_desired_replicas", "What was decided last.", ["namespace", "hpa_name"]
        )

    def _add_ours(self) -> None:
        self.leading = self._gauge(
            "tidegauge_controller_leading", "1 while this process may write."
        )
        self.waiting = self._gauge(
            "tidegauge_controller_queue_length", "HPAs that are due and wait for a worker."
        )
        self.lateness = self._histogram(
            "tidegauge_controller_queue_seconds", "How long HPAs that were due waited for a worker."
        )
        self.skipped = self._counter(
            "tidegauge_controller_skipped_total",
            "Reconciles put off until the watch had caught up with our own write.",
        )
        self.requests = self._counter(
            "tidegauge_controller_metric_requests_total",
            "Requests to the metric APIs, and how often an answer that was there served instead.",
            ["source"],
        )
        self.remembered = self._gauge(
            "tidegauge_controller_memories", "HPAs whose history is known."
        )
        self._add_informers()

    def _add_informers(self) -> None:
        self.informer_synced = self._gauge(
            "tidegauge_informer_synced",
            "1 once everything of a resource has been listed.",
            ["resource"],
        )
        self.informer_objects = self._gauge(
            "tidegauge_informer_objects", "Objects of a resource that are known.", ["resource"]
        )
        self.informer_restarts = self._counter(
            "tidegauge_informer_restarts_total",
            "Watches that ended and were begun again, by reason.",
            ["resource", "reason"],
        )

    def _counter(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Histogram:
        return Histogram(name, meaning, labels, buckets=_BUCKETS, registry=self.registry)
