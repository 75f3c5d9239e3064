"""Whether the metrics API tells of every node and pod, and of now."""

from collections.abc import Iterator
from datetime import datetime

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import METRICS, Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Pod

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
        if isinstance(got, Unread) and got.cause != "forbidden":
            yield Found(subject=f"{METRICS}: {what}", what="it fails", evidence=got.detail)


@rule(
    "TG602",
    Severity.ERROR,
    "A node has no usage",
    why="kubectl top nodes leaves it out.",
    remedy="See the findings about that node; on a node that is seconds old, wait.",
)
def node_without(evidence: Evidence) -> Iterator[Found]:
    read = [got for got in evidence.node_usage.values() if not isinstance(got, Unread)]
    if not read:
        return
    served = {one.metadata.name for one in read[0]}
    for node in known(evidence.nodes):
        name = node.metadata.name
        if name not in served and name not in evidence.skipped:
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
    for pod in known(evidence.pods):
        if pod.key not in served and _should_be_served(pod, evidence.now):
            yield Found(
                subject=f"pod {pod.key}",
                what=_why(pod, evidence),
                evidence=f"{pod.key} on node {pod.spec.node_name}",
            )


def _should_be_served(pod: Pod, now: float) -> bool:
    running = pod.status.phase == "Running" and not pod.metadata.deletion_timestamp
    return running and _age(pod.status.start_time, now) > _YOUNG_SECONDS


def _why(pod: Pod, evidence: Evidence) -> str:
    node = pod.spec.node_name
    if node in evidence.skipped:
        return "its node is not asked"
    look = evidence.looks.get(node)
    if (look and look.cause) or (evidence.provider and node in evidence.provider.failing):
        return "its node does not answer"
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
    return now - at.timestamp() if at else 0.0


RULES = (unanswered, node_without, pod_without, old)
