"""How the pods are that serve the metrics API."""

import re
from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Pod, Terminated
from tidegauge.units.quantities import QuantityError, parse

_RED = re.compile(r"^\[-\](?P<name>\S+) failed: (?P<why>.*)$", re.MULTILINE)

_RESTARTS = 3
"""From here on it is no accident."""

_LATELY_SECONDS = 86400.0

_HA = "helm upgrade tidegauge deploy/helm/tidegauge -n kube-system --reuse-values --set ha=true"

_BASE_BYTES = 45 << 20

_NODE_BYTES = 80 << 10
"""What a server needs at 30 pods a node, as measured: 122 MB at 1,000 nodes."""


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
    for pod in evidence.serving:
        if not pod.ready:
            problem = why or _waiting(pod)
            yield Found(
                subject=f"pod {pod.key}", what="it is not ready", evidence=f"{pod.key}: {problem}"
            )


def _waiting(pod: Pod) -> str:
    """What a container waits for, such as its image, says more than that the pod is not ready."""
    states = (one.state.waiting for one in pod.status.container_statuses)
    waits = [f"{one.reason}: {one.message}" for one in states if one and one.message]
    conditions = (one for one in pod.status.conditions if one.status != "True" and one.message)
    told = [*waits, *(f"{one.type}: {one.message}" for one in conditions)]
    return next(iter(told), f"phase {pod.status.phase}")


@rule(
    "TG403",
    Severity.WARNING,
    "A metrics server was restarted",
    why="Each restart is a pause of two periods until there are rates again.",
    remedy="kubectl logs --previous; for OOMKilled, raise resources.limits.memory.",
)
def restarted(evidence: Evidence) -> Iterator[Found]:
    for pod in evidence.serving:
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
    for pod in evidence.serving:
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
    room = sum(node.ready for node in known(evidence.nodes))
    if len(pods := evidence.serving) == 1 and room > 1:
        yield Found(subject=f"pod {pods[0].key}", what="there is no second replica")


@rule(
    "TG406",
    Severity.WARNING,
    "All replicas stand on one node",
    why="When that node goes, all go: two replicas are then no better than one.",
    remedy=f"{_HA}  # spreads them over nodes",
)
def together(evidence: Evidence) -> Iterator[Found]:
    pods = evidence.serving
    places = {pod.spec.node_name for pod in pods}
    if len(pods) > 1 and len(places) == 1 and all(places) and len(known(evidence.nodes)) > 1:
        for pod in pods:
            yield Found(subject=f"pod {pod.key}", what=f"all are on node {pod.spec.node_name}")


RULES = (nobody, unready, restarted, cramped, alone, together)
