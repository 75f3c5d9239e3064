"""From a body to the store, with a word to the operator when something is wrong with it."""

from tidegauge.cluster.cache import Pods
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.flaws import flaw_of
from tidegauge.kubelet.samples import Answer, Layout
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock
from tidegauge.usage.store import Store


class Intake:
    """Parses a body and stores it: what the scraper delivers to."""

    def __init__(self, store: Store, pods: Pods, metrics: Metrics, clock: Clock) -> None:
        self._store = store
        self._pods = pods
        self._dropped = metrics.series_dropped
        log = get_logger("kubelet")
        self._readings = OnChange(log, "reading", clock)
        self._claims = OnChange(log, "pod check", clock)

    def deliver(self, target: Target, body: Body) -> bool:
        """True when the node's own usage can be served now."""
        name = target.name
        last = self._store.layout(name)
        answer = parse(body.data, int(body.requested_at * 1000), last)
        self._check_reading(target, answer)
        # To look up each pod each time would cost too much; but who failed may be right by now.
        if answer.layout is not last or self._claims.failing(name):
            self._check_claims(name, answer.layout)
        self._store.record(name, answer)
        return self._store.has_pair(name)

    def forget(self, name: str) -> None:
        """The node is gone, and its data with it."""
        self._store.forget(name)
        self._readings.forget(name)
        self._claims.forget(name)

    def _check_reading(self, target: Target, answer: Answer) -> None:
        if answer.bad_lines:
            self._dropped.labels("bad_line").inc(answer.bad_lines)
        if flaw := flaw_of(target, answer):
            self._readings.failed(target.name, flaw.cause, problem=flaw.problem)
        else:
            self._readings.succeeded(target.name)

    def _check_claims(self, name: str, layout: Layout) -> None:
        """A node is believed about its own pods only."""
        foreign = [
            (pod, node)
            for pod in layout.pods
            if (node := self._pods.node_of(*pod)) not in (None, name)
        ]
        if not foreign:
            self._claims.succeeded(name)
            return
        self._dropped.labels("foreign_pod").inc(len(foreign))
        (namespace, pod), node = foreign[0]
        problem = (
            f"node {name}: reports pods that run elsewhere by the API server's word, "
            f"{len(foreign)} of them, the first being {namespace}/{pod} on node {node}; that is "
            "not used, and passes by itself after a pod has moved; else find out who answers as "
            "the kubelet of this node"
        )
        self._claims.failed(name, "foreign_pod", problem=problem)
