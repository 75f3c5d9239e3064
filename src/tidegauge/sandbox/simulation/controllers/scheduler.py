"""The scheduler: a node for each pod, by what it asks for, what is free, labels and taints."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple, TypeAlias

from tidegauge.sandbox.apiserver.quantities import value_of
from tidegauge.sandbox.apiserver.storage import DELETED, Storage, key_of
from tidegauge.sandbox.simulation.amounts import microcores, whole_bytes
from tidegauge.sandbox.simulation.controllers.workqueue import Control, Key, WorkQueue
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.podspec import (
    Requests,
    condition,
    is_finished,
    is_ready,
    requests_of,
)
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]

_COMPONENT = "default-scheduler"
_RETRY = 5 * SECOND
"""How soon a pod that fits nowhere is tried again; anything that ends may have made room."""

_REPELLING = ("NoSchedule", "NoExecute")


class Placed:
    """What the pods on each node ask for together, and how many they are."""

    def __init__(self, storage: Storage) -> None:
        self._of_pod: dict[Key, tuple[str, Requests]] = {}
        self.cpu: Counter[str] = Counter()
        self.memory: Counter[str] = Counter()
        self.pods: dict[str, set[Key]] = defaultdict(set)
        for pod in storage.list("pods"):
            self._changed("", pod)
        storage.subscribe("pods", self._changed)

    def _changed(self, change: str, pod: Object) -> None:
        key = key_of(pod)
        node = pod["spec"].get("nodeName")
        gone = change == DELETED or not node or is_finished(pod)
        if gone and key in self._of_pod:
            self._count(key, *self._of_pod.pop(key), sign=-1)
        elif not gone and key not in self._of_pod:
            self._of_pod[key] = node, requests_of(pod)
            self._count(key, *self._of_pod[key], sign=1)

    def _count(self, key: Key, node: str, asked: Requests, *, sign: int) -> None:
        self.cpu[node] += sign * asked.cpu
        self.memory[node] += sign * asked.memory
        (self.pods[node].add if sign > 0 else self.pods[node].discard)(key)


class Scheduler:
    def __init__(self, control: Control) -> None:
        self._control = control
        self._placed = Placed(control.storage)
        self._queue = WorkQueue(control.engine, self._reconcile)
        self._queue.watch(control.storage, "pods")

    def _reconcile(self, key: Key) -> None:
        pod = self._control.storage.get("pods", *key)
        if pod is None or pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            return
        asked = requests_of(pod)
        reasons: Counter[str] = Counter()
        fitting: list[tuple[float, float, str]] = []
        for node in self._nodes():
            against = self._against(node, pod, asked)
            reasons.update(against)
            if not against:
                name = node["metadata"]["name"]
                siblings = self._siblings(pod, name)
                fitting.append((self._fullness(node, asked) + siblings, self._tie(), name))
        if fitting:
            self._bind(pod, min(fitting)[-1])
        else:
            self._refuse(pod, reasons)
            self._queue.add(key, _RETRY)

    def _nodes(self) -> list[Object]:
        nodes = self._control.storage.list("nodes")
        return [node for node in nodes if node["metadata"]["name"] in self._control.nodes]

    def _tie(self) -> float:
        return self._control.random.random()

    def _against(self, node: Object, pod: Object, asked: Requests) -> list[str]:
        """Why the pod can't go there, in the scheduler's words."""
        if taint := _untolerated(node, pod):
            return [f"node(s) had untolerated taint(s) ({{{taint}}})"]
        if node["spec"].get("unschedulable"):
            return ["node(s) were unschedulable"]
        labels = node["metadata"].get("labels") or {}
        wanted = pod["spec"].get("nodeSelector") or {}
        if any(labels.get(label) != value for label, value in wanted.items()):
            return ["node(s) didn't match Pod's node affinity/selector"]
        if not is_ready(node):
            return ["node(s) were not ready"]
        return self._lacking(node, asked)

    def _lacking(self, node: Object, asked: Requests) -> list[str]:
        name, free = node["metadata"]["name"], _allocatable(node)
        against = []
        if asked.cpu and self._placed.cpu[name] + asked.cpu > free.cpu:
            against.append("Insufficient cpu")
        if asked.memory and self._placed.memory[name] + asked.memory > free.memory:
            against.append("Insufficient memory")
        if len(self._placed.pods[name]) >= free.pods:
            against.append("Too many pods")
        return against

    def _fullness(self, node: Object, asked: Requests) -> float:
        """Share of the node that would be asked for: the emptiest is preferred."""
        name, free = node["metadata"]["name"], _allocatable(node)
        cpu = (self._placed.cpu[name] + asked.cpu) / max(1, free.cpu)
        memory = (self._placed.memory[name] + asked.memory) / max(1, free.memory)
        return (cpu + memory) / 2 + len(self._placed.pods[name]) / 1000

    def _siblings(self, pod: Object, node: str) -> int:
        """How many pods of the same owner are there already: they are spread."""
        prefix = pod["metadata"].get("generateName")
        namespace = pod["metadata"]["namespace"]
        return sum(
            1
            for where, name in self._placed.pods[node]
            if prefix and where == namespace and name.startswith(prefix)
        )

    def _bind(self, pod: Object, node: str) -> None:
        key = key_of(pod)
        bound = {"nodeName": node}
        condition_ = _scheduled("True", self._control.engine.now)
        status = (pod.get("status") or {}) | {"phase": "Pending", "conditions": [condition_]}
        pod = self._control.storage.update(
            "pods", pod | {"spec": pod["spec"] | bound, "status": status}
        )
        message = f"Successfully assigned {key[0]}/{key[1]} to {node}"
        self._control.recorder.record(pod, _COMPONENT, "Scheduled", message)

    def _refuse(self, pod: Object, reasons: "Counter[str]") -> None:
        nodes = len(self._nodes())
        texts = sorted(f"{count} {reason}" for reason, count in reasons.items())
        message = f"0/{nodes} nodes are available: {', '.join(texts)}."
        before = condition(pod, "PodScheduled")
        if before and before.get("message") == message:
            return
        why = {"reason": "Unschedulable", "message": message}
        at = self._control.engine.now
        status = (pod.get("status") or {}) | {
            "phase": "Pending",
            "conditions": [_scheduled("False", at) | why],
        }
        pod = self._control.storage.update("pods", pod | {"status": status})
        self._control.recorder.warn(pod, _COMPONENT, "FailedScheduling", message)


def _scheduled(status: str, now: int) -> Object:
    return {
        "type": "PodScheduled",
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": format_rfc3339(now // SECOND),
    }


class _Free(NamedTuple):
    """What a node has for pods: microcores, bytes, and how many pods."""

    cpu: int
    memory: int
    pods: int


def _allocatable(node: Object) -> _Free:
    """Nothing of what the node does not say, as its status is anybody's to write."""
    amounts = (node.get("status") or {}).get("allocatable") or {}
    return _Free(
        microcores(amounts.get("cpu", 0)),
        whole_bytes(amounts.get("memory", 0)),
        int(value_of(str(amounts.get("pods", 0)))),
    )


def _untolerated(node: Object, pod: Object) -> str:
    """The first taint that keeps the pod away, or nothing."""
    for taint in node["spec"].get("taints") or ():
        tolerated = any(_tolerates(each, taint) for each in pod["spec"].get("tolerations") or ())
        if taint["effect"] in _REPELLING and not tolerated:
            return f"{taint['key']}: {taint.get('value', '')}"
    return ""


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    same_value = toleration.get("value", "") == taint.get("value", "")
    return bool(toleration.get("key") == taint["key"]) and same_value
