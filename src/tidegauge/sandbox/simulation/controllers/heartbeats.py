"""Nodes that say they live, and what is made of their silence."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.controllers.workqueue import Control, owner_of
from tidegauge.sandbox.simulation.engine import MINUTE, SECOND
from tidegauge.sandbox.simulation.kubelet import Kubelet
from tidegauge.sandbox.simulation.machines import STATUS, conditions, with_times
from tidegauge.sandbox.simulation.podspec import condition, is_ready
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]

LEASES = "kube-node-lease"
_BEAT = 10 * SECOND
"""How often a kubelet renews its lease."""

GRACE = 50 * SECOND
"""Silence that makes a node NotReady; `--node-monitor-grace-period` by default."""

EVICTION = 5 * MINUTE
"""How long pods tolerate that their node is unreachable; the default of `tolerationSeconds`."""

_COMPONENT = "node-controller"
_REPLACED = ("ReplicaSet", "StatefulSet")


class Heartbeats:
    def __init__(self, control: Control, kubelets: dict[str, Kubelet]) -> None:
        self._control = control
        self._kubelets = kubelets
        self._heard = dict.fromkeys(kubelets, control.engine.now)
        for number, name in enumerate(kubelets):
            first = (number + 1) * _BEAT // (len(kubelets) + 1)
            control.engine.every(_BEAT, lambda name=name: self._beat(name), first)  # type: ignore[misc]
            control.engine.every(STATUS, lambda name=name: self._renew(name), STATUS + first)  # type: ignore[misc]
        control.engine.every(5 * SECOND, self._judge)

    def _beat(self, name: str) -> None:
        if not (self._kubelets[name].up and self._control.engine.api_answers):
            return
        self._heard[name] = self._control.engine.now
        storage, now = self._control.storage, self._control.engine.now
        at = datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lease = storage.get("leases", LEASES, name)
        node = storage.get("nodes", "", name)
        if node is None:
            return
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": at}
        if lease:
            storage.update("leases", lease | {"spec": (lease.get("spec") or {}) | spec})
        else:
            metadata = {"name": name, "namespace": LEASES}
            storage.create("leases", {"metadata": metadata, "spec": spec})
        if not is_ready(node):
            self._set(node, ready=True)
            message = f"Node {name} status is now: NodeReady"
            self._control.recorder.record(node, "kubelet", "NodeReady", message, host=name)

    def _renew(self, name: str) -> None:
        node = self._control.storage.get("nodes", "", name)
        if node and self._kubelets[name].up and self._control.engine.api_answers:
            self._set(node, ready=True)

    def _judge(self) -> None:
        if not self._control.engine.api_answers:
            self._silent_since_api_went()
            return
        for name, heard in self._heard.items():
            node = self._control.storage.get("nodes", "", name)
            silent = self._control.engine.now - heard
            if node is None:
                self._remove_pods(name)
            if silent > GRACE + EVICTION:
                self._evict(name)
            elif node and silent > GRACE and is_ready(node):
                self._set(node, ready=False)
                message = f"Node {name} status is now: NodeNotReady"
                self._control.recorder.record(node, _COMPONENT, "NodeNotReady", message)
                for pod in self._kubelets[name].pods:
                    self._unready(pod)

    def _silent_since_api_went(self) -> None:
        """Nobody could be heard: silence counts from the API's return."""
        self._heard = dict.fromkeys(self._kubelets, self._control.engine.now)

    def _remove_pods(self, name: str) -> None:
        """The node is none of the cluster any more, and so are its pods."""
        for key in list(self._kubelets[name].pods):
            if self._control.storage.get("pods", *key):
                self._control.storage.delete("pods", *key)

    def _evict(self, name: str) -> None:
        """Give up the pods that have an owner to replace them; they end when the node is back."""
        for key in self._kubelets[name].pods:
            pod = self._control.storage.get("pods", *key)
            owner = owner_of(pod) if pod else None
            if pod and owner and owner["kind"] in _REPLACED:
                self._control.delete_pod(pod)

    def _set(self, node: Object, *, ready: bool) -> None:
        made = conditions(self._control.engine.now // SECOND, ready=ready)
        kept = [with_times(each, condition(node, each["type"]), beat=ready) for each in made]
        status = node["status"] | {"conditions": kept}
        self._control.storage.update("nodes", node | {"status": status})

    def _unready(self, key: tuple[str, str]) -> None:
        """Nobody knows of a silent node's pods, so they don't count as ready."""
        pod = self._control.storage.get("pods", *key)
        ready = condition(pod, "Ready") if pod else None
        if pod is None or ready is None or ready["status"] != "True":
            return
        at = format_rfc3339(self._control.engine.now // SECOND)
        changed = ready | {"status": "False", "lastTransitionTime": at}
        others = [each for each in pod["status"]["conditions"] if each["type"] != "Ready"]
        status = pod["status"] | {"conditions": [*others, changed]}
        self._control.storage.update("pods", pod | {"status": status})
