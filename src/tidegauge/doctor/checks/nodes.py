"""Whether nodes can be asked at all: what the API server says of them."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Node


@rule(
    "TG201",
    Severity.WARNING,
    "A node is not Ready",
    why="Its kubelet may be dead or cut off: its usage grows stale and is then no longer served.",
    remedy="kubectl describe node NODE; look at the kubelet's log on it.",
)
def not_ready(evidence: Evidence) -> Iterator[Found]:
    for node in known(evidence.nodes):
        if not node.ready:
            name = node.metadata.name
            yield Found(subject=_node(node), what="it is not Ready", evidence=_why(node, name))


def _why(node: Node, name: str) -> str:
    for one in node.status.conditions:
        if one.type == "Ready":
            return f"{name}: {one.reason or 'no reason'}: {one.message or 'no message'}"
    return f"{name}: it has no condition Ready: no kubelet has registered yet"


@rule(
    "TG202",
    Severity.ERROR,
    "A node cannot be asked for usage",
    why="Its pods have no metrics, and HPAs on them count them as missing.",
    remedy="Mend the address or the annotation that the evidence names.",
)
def unusable(evidence: Evidence) -> Iterator[Found]:
    for name, problem in evidence.skipped.items():
        if problem:
            yield Found(
                subject=f"node {name}", what="its address or an annotation is bad", evidence=problem
            )


@rule(
    "TG203",
    Severity.INFO,
    "A node is left out on purpose",
    why="The annotation tidegauge.dev/scrape or the server's --node-selector says so; its pods "
    "have no metrics.",
    remedy="To have it asked again: kubectl annotate node NODE tidegauge.dev/scrape-, or change "
    "the selector.",
)
def left_out(evidence: Evidence) -> Iterator[Found]:
    for name, problem in evidence.skipped.items():
        if not problem:
            yield Found(subject=f"node {name}", what="it is not asked")


@rule(
    "TG204",
    Severity.WARNING,
    "A virtual node is asked for usage",
    why="Virtual kubelets (Fargate and the like) seldom serve /metrics/resource: each period one "
    "request fails, and the node's pods have no metrics.",
    remedy="kubectl annotate node NODE tidegauge.dev/scrape=false",
)
def virtual(evidence: Evidence) -> Iterator[Found]:
    for node in known(evidence.nodes):
        name = node.metadata.name
        look = evidence.looks.get(name)
        if look and look.cause and name not in evidence.skipped and _is_virtual(node):
            yield Found(
                subject=_node(node),
                what="a virtual node that does not answer",
                evidence=look.problem,
            )


def _is_virtual(node: Node) -> bool:
    labels = node.metadata.labels
    fargate = labels.get("eks.amazonaws.com/compute-type") == "fargate"
    return fargate or labels.get("type") == "virtual-kubelet"


def _node(node: Node) -> str:
    return f"node {node.metadata.name}"


RULES = (not_ready, unusable, left_out, virtual)
