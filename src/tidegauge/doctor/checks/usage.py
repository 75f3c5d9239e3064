"""Whether the metrics API tells of every node and pod, and of now."""

from collections.abc import Iterator
from datetime import datetime

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import METRICS, Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import ListedPod

_YOUNG_SECONDS = 60.0
"""A pod is served after its kubelet has measured it twice: at most some 45 s."""

_OLD_SECONDS = 120.0
"""Usage is normally up to 30 s old; at three periods without an answer it is withdrawn."""


@rule(
    "TG601",
    Severity.ERROR,
    "The metrics API does not answer",
    why="kubectl top and HPAs get the same error.",
    remedy="The findings about APIServices and the server, above, tell more.",
)
def unanswered(evidence: Evidence) -> Iterator[Found]:
    answers = {f"nodes in {version}": got for version, got in evidence.node_usage.items()}
    for what, got in {**answers, "pods in v1beta1": evidence.pod_usage}.items():
        if isinstance(got, Unread) and got.cause not in ("forbidden", "not_found"):
            yield Found(subject=f"{METRICS}: {what}", what="it fails", evidence=got.detail)


@rule(
    "TG602",
    Severity.ERROR,
    "A node has no usage",
    why="kubectl top nodes leaves it out.",
    remedy="See the findings about that node.",
)
def node_without(evidence: Evidence) -> Iterator[Found]:
    read = [got for got in evidence.node_usage.values() if not isinstance(got, Unread)]
    if not read:
        return
    served = {one.metadata.name for one in read[0]}
    for node in known(evidence.nodes):
        name = node.metadata.name
        young = _age(node.metadata.creation_timestamp, evidence.now) <= _YOUNG_SECONDS
        if name not in served and name not in evidence.skipped and not young:
            yield Found(subject=f"node {name}", what="the metrics API does not tell of it")


@rule(
    "TG603",
    Severity.WARNING,
    "A running pod has no usage",
    why="kubectl top pods leaves it out, and an HPA counts it as missing: that keeps it from "
    "scaling down, and holds back scaling up.",
    remedy="See the findings about its node and its containers.",
)
def pod_without(evidence: Evidence) -> Iterator[Found]:
    if isinstance(evidence.pod_usage, Unread):
        return
    served = {one.key for one in evidence.pod_usage}
    windows = _windows(evidence)
    for pod in known(evidence.pods):
        node = pod.spec.node_name
        on_purpose = evidence.skipped.get(node) == ""
        if pod.key not in served and not on_purpose and _should_be_served(pod, evidence.now):
            of = "Windows node" if node in windows else "node"
            yield Found(
                subject=f"pod {pod.key}",
                what=_why(pod, evidence),
                evidence=f"{pod.key} on {of} {node}",
                remedy=_WINDOWS.format(node=node) if node in windows else "",
            )


_WINDOWS = (
    "See the findings about its node; where there are none, compare with `kubectl get --raw "
    "/api/v1/nodes/{node}/proxy/stats/summary`: what is missing there as well, containerd does not "
    "report: upgrade it together with the kubelet."
)


def _windows(evidence: Evidence) -> set[str]:
    nodes = known(evidence.nodes)
    return {
        one.metadata.name for one in nodes if one.status.node_info.operating_system == "windows"
    }


def _should_be_served(pod: ListedPod, now: float) -> bool:
    running = pod.status.phase == "Running" and not pod.metadata.deletion_timestamp
    return running and _age(_began(pod), now) > _YOUNG_SECONDS


def _began(pod: ListedPod) -> datetime | None:
    """When the last of its containers did; images may have been pulled for minutes before."""
    states = (one.state.running for one in pod.status.container_statuses)
    begun = [one.started_at for one in states if one and one.started_at]
    return max(begun, default=pod.status.start_time)


def _stopped(pod: ListedPod) -> str:
    """Why a container of it does not run; empty where all do."""
    for one in pod.status.container_statuses:
        if why := one.state.waiting or one.state.terminated:
            return why.reason or "no reason given"
    return ""


def _why(pod: ListedPod, evidence: Evidence) -> str:
    node = pod.spec.node_name
    if node in evidence.skipped:
        return "its node cannot be asked"
    look = evidence.looks.get(node)
    if (look and look.cause) or (evidence.provider and node in evidence.provider.failing):
        return "its node does not answer"
    if stopped := _stopped(pod):
        return f"a container of it does not run: {stopped}"
    if look and (pod.metadata.namespace, pod.metadata.name) not in look.pods:
        return "its kubelet does not report it"
    if look and any(one.startswith(pod.key + "/") for one in look.incomplete):
        return "a container of it has only CPU or only memory"
    return "the metrics API does not tell of it"


@rule(
    "TG604",
    Severity.WARNING,
    "Usage is old",
    why="HPAs decide on what was, and do not see that it is old.",
    remedy="See the findings about the kubelet's stamps and the server's readiness.",
)
def old(evidence: Evidence) -> Iterator[Found]:
    for version, got in evidence.node_usage.items():
        for one in known(got):
            age = _age(one.timestamp, evidence.now)
            if age > _OLD_SECONDS:
                yield Found(
                    subject=f"node {one.metadata.name}",
                    what="its usage is over two minutes old",
                    evidence=f"{one.metadata.name}: {age:.0f} s old in {version}",
                )


def _age(at: datetime | None, now: float) -> float:
    """0 for what has no time; nodes and pods of an API server have one."""
    return now - at.timestamp() if at else 0.0


RULES = (unanswered, node_without, pod_without, old)
