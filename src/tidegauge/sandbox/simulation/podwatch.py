"""The kubelets' watch on pods: each gets to know of its own a moment after they change."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.storage import Storage, key_of
from tidegauge.sandbox.simulation.engine import Engine
from tidegauge.sandbox.simulation.kubelet import Kubelet

Object: TypeAlias = dict[str, Any]

_DELAY = 30
"""Milliseconds."""


class PodWatch:
    def __init__(self, storage: Storage, engine: Engine, kubelets: Mapping[str, Kubelet]) -> None:
        self._engine = engine
        self._kubelets = kubelets
        for pod in storage.list("pods"):
            self._changed("", pod)
        storage.subscribe("pods", self._changed)

    def _changed(self, _: str, pod: Object) -> None:
        kubelet = self._kubelets.get(pod["spec"].get("nodeName", ""))
        if kubelet:
            key = key_of(pod)
            self._engine.after(_DELAY, lambda: kubelet.see(key))
