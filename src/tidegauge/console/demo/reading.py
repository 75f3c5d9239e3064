"""A picture of a cluster from its API's answers: pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from tidegauge.console.demo.picture import (
    UNMEASURED,
    EventRow,
    Gap,
    NodeRow,
    Picture,
    PodRow,
    Use,
    WorkloadRow,
)
from tidegauge.console.demo.scalingreading import autoscalers
from tidegauge.console.scrapes import Failure
from tidegauge.sandbox.apiserver.readable import seconds_of
from tidegauge.sandbox.simulation.amounts import microcores, whole_bytes

Object: TypeAlias = dict[str, Any]
Reason: TypeAlias = Callable[[str], Failure | None]
"""Why a node gave nothing when it was asked last, by its name; None when it did give."""

MILLION = 1_000_000

YOUNG = 15.0
"""Seconds after the start of a pod's last container within which it may lack usage: it has to be
measured twice, and be asked for after that, on a machine that is busy."""


class Answers(NamedTuple):
    """The items of the API's lists; metrics are None when nobody answers for them."""

    nodes: Sequence[Object]
    pods: Sequence[Object]
    deployments: Sequence[Object]
    stateful_sets: Sequence[Object]
    autoscalers: Sequence[Object]
    events: Sequence[Object]
    node_metrics: Sequence[Object] | None
    pod_metrics: Sequence[Object] | None


def picture(answers: Answers, now: float, reason: Reason) -> Picture:
    of_nodes = {each["metadata"]["name"]: _use(each, now) for each in answers.node_metrics or ()}
    of_pods = {_key(each): _use(each, now) for each in answers.pod_metrics or ()}
    nodes = [_node(node, of_nodes, reason) for node in answers.nodes]
    running = [pod for pod in answers.pods if pod["status"].get("phase") == "Running"]
    rows = [
        PodRow(*_key(pod), pod["spec"].get("nodeName", ""), of_pods[_key(pod)])
        for pod in answers.pods
        if _key(pod) in of_pods
    ]
    return Picture(
        nodes=nodes,
        pods=sorted(rows, key=lambda row: -row.use.cpu),
        workloads=[*_workloads(answers, running, of_pods)],
        gaps=[*_gaps(nodes, running, of_pods, now)],
        events=sorted(_events(answers.events, now), key=lambda event: event.age),
        autoscalers=[*autoscalers(answers.autoscalers, _by_kind(answers), now)],
        running=len(running),
        freshness=[use.age for use in (*of_nodes.values(), *of_pods.values())],
    )


def _key(obj: Object) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _use(metrics: Object, now: float) -> Use:
    parts = metrics.get("containers", [metrics])
    return Use(
        sum(microcores(part["usage"]["cpu"]) for part in parts) / MILLION,
        sum(whole_bytes(part["usage"]["memory"]) for part in parts),
        now - seconds_of(metrics["timestamp"]),
    )


def _node(node: Object, uses: Mapping[str, Use], reason: Reason) -> NodeRow:
    name, size = node["metadata"]["name"], node["status"].get("capacity", {})
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", ())}
    return NodeRow(
        name=name,
        ready=conditions.get("Ready") == "True",
        cpu=microcores(size.get("cpu", 0)) / MILLION,
        memory=whole_bytes(size.get("memory", 0)),
        use=uses.get(name),
        failure=reason(name),
    )


def _workloads(
    answers: Answers, running: Sequence[Object], uses: Mapping[tuple[str, str], Use]
) -> Iterator[WorkloadRow]:
    by_label: dict[tuple[str, str], list[Use | None]] = defaultdict(list)
    for pod in running:
        app = (pod["metadata"].get("labels") or {}).get("app", "")
        by_label[pod["metadata"]["namespace"], app].append(uses.get(_key(pod)))
    for each in (*answers.deployments, *answers.stateful_sets):
        namespace, name = _key(each)
        label = each["spec"]["selector"].get("matchLabels", {}).get("app")
        found = by_label[namespace, label] if label else []
        own = [use for use in found if use]
        total = Use(sum(use.cpu for use in own), sum(use.memory for use in own)) if own else None
        ready = each.get("status", {}).get("readyReplicas", 0)
        wanted = each["spec"].get("replicas", 1)
        yield WorkloadRow(namespace, name, wanted, ready, total, None in found)


def _by_kind(answers: Answers) -> Mapping[str, Sequence[Object]]:
    """What may be scaled."""
    return {"Deployment": answers.deployments, "StatefulSet": answers.stateful_sets}


def _gaps(
    nodes: Sequence[NodeRow],
    running: Sequence[Object],
    uses: Mapping[tuple[str, str], Use],
    now: float,
) -> Iterator[Gap]:
    """Nodes first; a pod of a node that gives nothing has the node's reason."""
    silent = {row.name for row in nodes if row.use is None}
    for row in nodes:
        if row.failure or row.use is None:
            state = "missing" if row.use is None else f"{row.use.age:.0f}s old"
            why = row.failure.problem if row.failure else UNMEASURED
            served = row.use is not None
            yield Gap(f"{row.name}: {state}", why, frozenset([row.name]), served)
    hidden: Counter[str] = Counter()
    for pod in running:
        node = pod["spec"].get("nodeName", "")
        if _key(pod) in uses:
            continue
        if node in silent:
            hidden[node] += 1
            continue
        why, excused = _lack(pod, now)
        yield Gap("/".join(_key(pod)), f"{why}, on {node}", frozenset([node]), excused)
    for node, count in hidden.items():
        yield Gap(f"{count} pods", f"run on {node}, of which nothing is known", frozenset([node]))


def _lack(pod: Object, now: float) -> tuple[str, bool]:
    """Why there is no usage of a pod whose node gives some, and whether that is as it should be."""
    began = pod["status"].get("startTime") or pod["metadata"]["creationTimestamp"]
    for status in pod["status"].get("containerStatuses", ()):
        state = status.get("state", {})
        if "running" not in state:
            reason = next((each.get("reason", "") for each in state.values()), "")
            return f"container {status['name']} does not run: {reason}", True
        began = max(began, state["running"]["startedAt"])
    return UNMEASURED, now - seconds_of(began) < YOUNG


def _events(events: Sequence[Object], now: float) -> Iterator[EventRow]:
    for event in events:
        about = event.get("involvedObject", {})
        at = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
        yield EventRow(
            now - seconds_of(at),
            event.get("type") == "Warning",
            event.get("reason", ""),
            f"{about.get('kind', '').lower()}/{about.get('name', '')}",
            event.get("message", ""),
        )
