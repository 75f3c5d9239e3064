"""How the pods are that serve the metrics API."""

import re
from collections.abc import Iterator, Sequence

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import KUBELET_PORT, Pod, Terminated
from tidegauge.units.duration import parse_duration
from tidegauge.units.quantities import QuantityError, parse

_RED = re.compile(r"^\[-\](?P<name>\S+) failed: (?P<why>.*)$", re.MULTILINE)
_RESTARTS = 3
"""From here on it is no accident."""

_LATELY_SECONDS = 86400.0

_HA = "helm upgrade tidegauge deploy/helm/tidegauge -n kube-system --reuse-values --set ha=true"

_FASTEST, _SLOWEST = 10.0, 30.0
"""Seconds between two asks of a kubelet."""

_BASE_BYTES = 45 << 20
_NODE_BYTES = 80 << 10
"""What a server needs at 30 pods a node, as measured: 122 MB at 1,000 nodes."""


def _pods(evidence: Evidence) -> Sequence[Pod]:
    """That serve the metrics API, or should."""
    return evidence.provider.running if evidence.provider else ()


@rule(
    "TG401",
    Severity.ERROR,
    "No metrics server runs",
    why="Nobody answers for the metrics API.",
    remedy="kubectl -n NAMESPACE get deployments,pods; scale it up, or install it, as "
    "docs/install.md shows",
)
def nobody(evidence: Evidence) -> Iterator[Found]:
    provider = evidence.provider
    if not provider:
        return
    reference = provider.reference
    subject = f"service {reference.namespace}/{reference.name}"
    if isinstance(provider.service, Unread):
        if provider.service.cause == "not_found":
            yield Found(subject=subject, what="the Service of the APIService does not exist")
        return
    wanted = provider.service.spec.selector
    if wanted and not isinstance(provider.pods, Unread) and not provider.running:
        selector = ",".join(f"{key}={value}" for key, value in wanted.items())
        what = "its selector selects no pod that runs"
        yield Found(subject=subject, what=what, evidence=selector)


@rule(
    "TG402",
    Severity.ERROR,
    "A metrics server is not ready",
    why="It gets no requests; with none that is ready the metrics API is down.",
    remedy="See the evidence: failing nodes have findings of their own; kubectl describe pod tells "
    "of images, scheduling and probes.",
)
def unready(evidence: Evidence) -> Iterator[Found]:
    text = evidence.provider.readiness if evidence.provider else ""
    said = text.detail if isinstance(text, Unread) else text
    why = "; ".join(f"{one['name']}: {one['why']}" for one in _RED.finditer(said))
    for pod in _pods(evidence):
        if not pod.ready:
            problem = why or _waiting(pod)
            yield Found(
                subject=f"pod {pod.key}", what="it is not ready", evidence=f"{pod.key}: {problem}"
            )


def _waiting(pod: Pod) -> str:
    told = (one for one in pod.status.conditions if one.status != "True" and one.message)
    return next((f"{one.type}: {one.message}" for one in told), f"phase {pod.status.phase}")


@rule(
    "TG403",
    Severity.WARNING,
    "A metrics server was restarted",
    why="Each restart is a pause of two periods until there are rates again.",
    remedy="kubectl logs --previous; for OOMKilled, raise resources.limits.memory.",
)
def restarted(evidence: Evidence) -> Iterator[Found]:
    for pod in _pods(evidence):
        for one in pod.status.container_statuses:
            ended = one.last_state.terminated
            killed = ended is not None and ended.reason == "OOMKilled"
            if _lately(ended, evidence.now) and (killed or one.restart_count >= _RESTARTS):
                how = f"{ended.reason}, exit code {ended.exit_code}" if ended else "unknown"
                yield Found(
                    subject=f"pod {pod.key}",
                    what="it ran out of memory" if killed else "it was restarted often",
                    evidence=f"{one.name}: {one.restart_count} restarts, last: {how}",
                )


def _lately(ended: Terminated | None, now: float) -> bool:
    """What is long past is mended, or does not matter; a container that has not ended is new."""
    at = ended.finished_at if ended else None
    return ended is not None and (at is None or now - at.timestamp() < _LATELY_SECONDS)


@rule(
    "TG404",
    Severity.WARNING,
    "A metrics server's memory limit is too small for this cluster",
    why="It is killed when it grows over the limit, and then knows nothing for two periods.",
    remedy="Set resources.limits.memory to what the evidence says, or leave it unset.",
)
def cramped(evidence: Evidence) -> Iterator[Found]:
    need = _BASE_BYTES + _NODE_BYTES * len(known(evidence.nodes))
    for pod in _pods(evidence):
        for container in pod.spec.containers[:1]:  # others are sidecars
            limit = _bytes((container.resources.limits or {}).get("memory"))
            if limit is not None and limit < need:
                yield Found(
                    subject=f"pod {pod.key}",
                    what="its limit is under the need",
                    evidence=f"{container.name}: limit {limit >> 20}Mi, "
                    f"{len(known(evidence.nodes))} nodes need {(need >> 20) + 1}Mi",
                )


def _bytes(quantity: object) -> int | None:
    try:
        return None if quantity is None else parse(str(quantity)).milli // 1000
    except QuantityError:
        return None


@rule(
    "TG405",
    Severity.INFO,
    "One metrics server alone",
    why="While it is moved or restarted HPAs see nothing for up to two periods.",
    remedy=_HA,
)
def alone(evidence: Evidence) -> Iterator[Found]:
    if len(pods := _pods(evidence)) == 1:
        yield Found(subject=f"pod {pods[0].key}", what="there is no second replica")


@rule(
    "TG406",
    Severity.WARNING,
    "All replicas stand on one node",
    why="When that node goes, all go: two replicas are then no better than one.",
    remedy=f"{_HA}  # spreads them over nodes",
)
def together(evidence: Evidence) -> Iterator[Found]:
    pods = _pods(evidence)
    places = {pod.spec.node_name for pod in pods}
    if len(pods) > 1 and len(places) == 1 and all(places) and len(known(evidence.nodes)) > 1:
        for pod in pods:
            yield Found(subject=f"pod {pod.key}", what=f"all are on node {pod.spec.node_name}")


@rule(
    "TG407",
    Severity.INFO,
    "A metrics server on the host's network cannot resolve cluster names",
    why="With hostNetwork the default dnsPolicy means the node's own DNS, which does not know "
    "Services.",
    remedy="Set dnsPolicy: ClusterFirstWithHostNet, as hostNetwork.enabled=true of the chart does.",
)
def host_dns(evidence: Evidence) -> Iterator[Found]:
    for pod in _pods(evidence):
        if pod.spec.host_network and pod.spec.dns_policy == "ClusterFirst":
            yield Found(subject=f"pod {pod.key}", what="hostNetwork with dnsPolicy ClusterFirst")


@rule(
    "TG408",
    Severity.WARNING,
    "A metrics server does not verify kubelets",
    why="It sends its token to whoever answers at a node's address.",
    remedy="Let the cluster's CA sign the kubelets' certificates (serverTLSBootstrap: true), then "
    "drop --kubelet-insecure-tls; or give --kubelet-certificate-authority.",
)
def trusting(evidence: Evidence) -> Iterator[Found]:
    for pod in _pods(evidence):
        words = [word for one in pod.spec.containers for word in one.words]
        if any(word in ("--kubelet-insecure-tls", "--kubelet-insecure-tls=true") for word in words):
            yield Found(subject=f"pod {pod.key}", what="it runs with --kubelet-insecure-tls")


@rule(
    "TG409",
    Severity.ERROR,
    "A metrics server wants the kubelet's port",
    why="On the host's network a port has one owner: where the kubelet has 10250 the server cannot "
    "listen there and ends, or the API server asks the kubelet for metrics.",
    remedy="Give it another port: --secure-port=4443, and that containerPort; hostNetwork.enabled="
    "true of the chart does so.",
)
def port_clash(evidence: Evidence) -> Iterator[Found]:
    ports = {
        node.metadata.name: node.status.daemon_endpoints.kubelet_endpoint.port
        for node in known(evidence.nodes)
    }
    for pod in _pods(evidence):
        own = {port.container_port for one in pod.spec.containers for port in one.ports}
        kubelet = ports.get(pod.spec.node_name) or KUBELET_PORT
        if pod.spec.host_network and kubelet in own:
            yield Found(subject=f"pod {pod.key}", what=f"hostNetwork with port {kubelet}")


@rule(
    "TG410",
    Severity.WARNING,
    "A sidecar resizes the metrics server",
    why="addon-resizer sets its resources by the number of nodes alone and replaces the pod for "
    "each change: it is throttled or killed where nodes hold many pods.",
    remedy="Remove the sidecar (pod_nanny) and set resources by what the server needs: TG404 tells "
    "how much.",
)
def nanny(evidence: Evidence) -> Iterator[Found]:
    for pod in _pods(evidence):
        for one in pod.spec.containers:
            if any("pod_nanny" in word for word in one.words) or one.name.endswith("-nanny"):
                yield Found(subject=f"pod {pod.key}", what=f"container {one.name} resizes it")


@rule(
    "TG411",
    Severity.INFO,
    "Kubelets are asked at an odd pace",
    why="A kubelet measures every 10 to 15 s: asked more often it says the same again, and asked "
    "less often than twice a minute HPAs, who look every 15 s, decide twice on the same figures.",
    remedy="--metric-resolution=15s",
)
def pace(evidence: Evidence) -> Iterator[Found]:
    for pod in _pods(evidence):
        for word in (word for one in pod.spec.containers for word in one.words):
            flag, _, value = word.partition("=")
            seconds = _seconds(value) if flag == "--metric-resolution" else None
            if seconds is not None and not _FASTEST <= seconds <= _SLOWEST:
                yield Found(subject=f"pod {pod.key}", what=f"it runs with {word}")


def _seconds(text: str) -> float | None:
    try:
        return parse_duration(text) / 1e9
    except ValueError:
        return None


RULES = (
    nobody,
    unready,
    restarted,
    cramped,
    alone,
    together,
    host_dns,
    trusting,
    port_clash,
    nanny,
    pace,
)
