"""How the pods are that serve the metrics API."""

import re
from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, Provider, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Pod
from tidegauge.units.quantities import QuantityError, parse

_RED = re.compile(r"^\[-\](?P<name>\S+) failed: (?P<why>.*)$", re.MULTILINE)
_RESTARTS = 3
"""From here on it is no accident."""

_BASE_BYTES = 45 << 20
_NODE_BYTES = 80 << 10
"""What a server needs at 30 pods a node, as measured: 122 MB at 1,000 nodes."""


def _provided(evidence: Evidence) -> tuple[Provider, tuple[Pod, ...]]:
    provider = evidence.provider
    assert provider is not None, "only asked with one"
    return provider, tuple(known(provider.pods))


@rule(
    "TG401",
    Severity.ERROR,
    "No metrics server runs",
    why="Nobody answers for the metrics API.",
    remedy="kubectl -n NAMESPACE get deployments,pods; helm status; scale it up, or install it",
)
def nobody(evidence: Evidence) -> Iterator[Found]:
    if not evidence.provider:
        return
    provider, pods = _provided(evidence)
    reference = provider.reference
    subject = f"service {reference.namespace}/{reference.name}"
    if isinstance(provider.service, Unread):
        if provider.service.cause == "not_found":
            yield Found(subject=subject, what="the Service of the APIService does not exist")
    elif provider.service.spec.selector and not isinstance(provider.pods, Unread) and not pods:
        selector = ",".join(f"{k}={v}" for k, v in provider.service.spec.selector.items())
        yield Found(subject=subject, what="its selector selects no pod", evidence=selector)


@rule(
    "TG402",
    Severity.ERROR,
    "A metrics server is not ready",
    why="It gets no requests; with none that is ready the metrics API is down.",
    remedy="See the evidence: failing nodes have findings of their own; kubectl describe pod tells "
    "of images, scheduling and probes.",
)
def unready(evidence: Evidence) -> Iterator[Found]:
    if not evidence.provider:
        return
    provider, pods = _provided(evidence)
    text = provider.readiness
    said = text.detail if isinstance(text, Unread) else text
    why = "; ".join(f"{one['name']}: {one['why']}" for one in _RED.finditer(said))
    for pod in pods:
        if not pod.ready and not pod.metadata.deletion_timestamp:
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
    if not evidence.provider:
        return
    for pod in _provided(evidence)[1]:
        for one in pod.status.container_statuses:
            ended = one.last_state.terminated
            killed = ended is not None and ended.reason == "OOMKilled"
            if killed or one.restart_count >= _RESTARTS:
                how = f"{ended.reason}, exit code {ended.exit_code}" if ended else "unknown"
                yield Found(
                    subject=f"pod {pod.key}",
                    what="it ran out of memory" if killed else "it was restarted often",
                    evidence=f"{one.name}: {one.restart_count} restarts, last: {how}",
                )


@rule(
    "TG404",
    Severity.WARNING,
    "A metrics server's memory limit is too small for this cluster",
    why="It is killed when it grows over the limit, and then knows nothing for two periods.",
    remedy="Set resources.limits.memory to what the evidence says, or leave it unset.",
)
def cramped(evidence: Evidence) -> Iterator[Found]:
    if not evidence.provider:
        return
    need = _BASE_BYTES + _NODE_BYTES * len(known(evidence.nodes))
    for pod in _provided(evidence)[1]:
        for container in pod.spec.containers:
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
    remedy="helm upgrade --reuse-values --set ha=true",
)
def alone(evidence: Evidence) -> Iterator[Found]:
    if evidence.provider and len(pods := _provided(evidence)[1]) == 1:
        yield Found(subject=f"pod {pods[0].key}", what="there is no second replica")


@rule(
    "TG406",
    Severity.WARNING,
    "All replicas stand on one node",
    why="When that node goes, all go: two replicas are then no better than one.",
    remedy="helm upgrade --reuse-values --set ha=true  # spreads them over nodes",
)
def together(evidence: Evidence) -> Iterator[Found]:
    if not evidence.provider:
        return
    pods = _provided(evidence)[1]
    places = {pod.spec.node_name for pod in pods}
    if len(pods) > 1 and len(places) == 1:
        for pod in pods:
            yield Found(subject=f"pod {pod.key}", what=f"all are on node {places.copy().pop()}")


@rule(
    "TG407",
    Severity.WARNING,
    "A metrics server on the host's network cannot resolve cluster names",
    why="With hostNetwork the default dnsPolicy means the node's own DNS, which does not know "
    "Services.",
    remedy="Set dnsPolicy: ClusterFirstWithHostNet, as hostNetwork.enabled=true of the chart does.",
)
def host_dns(evidence: Evidence) -> Iterator[Found]:
    if not evidence.provider:
        return
    for pod in _provided(evidence)[1]:
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
    if not evidence.provider:
        return
    for pod in _provided(evidence)[1]:
        words = [word for one in pod.spec.containers for word in (*one.command, *one.args)]
        if any(word in ("--kubelet-insecure-tls", "--kubelet-insecure-tls=true") for word in words):
            yield Found(subject=f"pod {pod.key}", what="it runs with --kubelet-insecure-tls")


RULES = (nobody, unready, restarted, cramped, alone, together, host_dns, trusting)
