"""How the metrics server is set up."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import KUBELET_PORT
from tidegauge.units.duration import parse_duration

_FASTEST, _SLOWEST = 10.0, 30.0
"""Seconds between two asks of a kubelet."""


@rule(
    "TG407",
    Severity.INFO,
    "A metrics server on the host's network cannot resolve cluster names",
    why="With hostNetwork the default dnsPolicy means the node's own DNS, which does not know "
    "Services.",
    remedy="Set dnsPolicy: ClusterFirstWithHostNet, as hostNetwork.enabled=true of the chart does.",
)
def host_dns(evidence: Evidence) -> Iterator[Found]:
    for pod in evidence.serving:
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
    for pod in evidence.serving:
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
    for pod in evidence.serving:
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
    for pod in evidence.serving:
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
    for pod in evidence.serving:
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


RULES = (host_dns, trusting, port_clash, nanny, pace)
