"""The autoscalers of a world, scaled in its own time by the engine: no server, no waiting."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.sandbox.simulation.worlds import START
from tidegauge.autoscale.engine.answers import Answers, ContainerUsage, PodUsage
from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Situation
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.written import status_json
from tidegauge.sandbox.apiserver.scales import rescaled, scale_of
from tidegauge.sandbox.records import Container, Node, Pod
from tidegauge.sandbox.simulation.world import World

MEGA = 10**6


class Step(NamedTuple):
    """`at` in seconds of the story."""

    at: float
    name: str
    before: int
    after: int
    reason: str


@dataclass
class Scaling:
    """The story began at START plus `begins` seconds. `period` is how often all are looked at."""

    world: World
    begins: float = 0.0
    period: float = 5.0
    steps: list[Step] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    _memories: dict[str, Memory] = field(default_factory=dict)

    def until(self, seconds: float) -> None:
        """Go on to that moment of the story."""
        while self.now < seconds:
            self.world.advance(self.world.now + self.period)
            usage = self._usage()
            for autoscaler in self.world.storage.list("horizontalpodautoscalers"):
                served = usage[autoscaler["metadata"]["namespace"]]
                self._reconcile(autoscaler, served)

    @property
    def now(self) -> float:
        """Seconds of the story."""
        return round(self.world.now - START - self.begins, 3)

    def of(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]

    def _reconcile(self, stored: Any, usage: list[PodUsage]) -> None:
        storage, namespace = self.world.storage, stored["metadata"]["namespace"]
        name, target = stored["metadata"]["name"], stored["spec"]["scaleTargetRef"]
        workload = storage.get(f"{target['kind'].lower()}s", namespace, target["name"])
        assert workload
        scale = objects.scale(scale_of(workload))
        pods = [pod for pod in storage.list("pods", namespace) if _app(pod) == target["name"]]
        names = {pod["metadata"]["name"] for pod in pods}
        decision = decide(
            Situation(
                autoscaler=objects.autoscaler(stored),
                scale=scale,
                pods=[objects.pod(pod) for pod in pods],
                answers=Answers(resource=[each for each in usage if each.pod in names]),
                memory=self._memories.get(name, Memory()),
                now=self.world.now,
            )
        )
        self.decisions[name], self._memories[name] = decision, decision.outcome.memory
        storage.update(
            "horizontalpodautoscalers", stored | {"status": status_json(decision.outcome.status)}
        )
        if decision.rescale and decision.desired is not None:
            self.steps.append(
                Step(self.now, name, scale.replicas, decision.desired, decision.reason)
            )
            made = rescaled(workload, {"spec": {"replicas": decision.desired}})
            storage.update(f"{target['kind'].lower()}s", made)

    def _usage(self) -> dict[str, list[PodUsage]]:
        """As the metrics server would serve it, of pods that were measured twice, by namespace."""
        served: dict[str, list[PodUsage]] = defaultdict(list)
        for kubelet in self.world.kubelets.values():
            earlier = {(pod.uid, each.start): each for pod, each in _containers(kubelet.earlier)}
            for pod in kubelet.latest.pods:
                before = [earlier.get((pod.uid, each.start)) for each in pod.containers]
                pairs = list(zip(pod.containers, before, strict=True))
                if pairs and all(o and o.usage.time < new.usage.time for new, o in pairs):
                    usages = tuple(_rate(new, old) for new, old in pairs if old)
                    stamp = min(each.usage.time for each in pod.containers)
                    served[pod.namespace].append(PodUsage(pod.name, stamp, 2.0, usages))
        return served


def _app(pod: Any) -> str:
    return str(pod["metadata"]["labels"].get("app"))


def _containers(node: Node) -> Iterator[tuple[Pod, Container]]:
    for pod in node.pods:
        for container in pod.containers:
            yield pod, container


def _rate(new: Container, old: Container) -> ContainerUsage:
    """Milli-units, the CPU rounded up as whoever reads quantities does."""
    nanocores = (new.usage.cpu - old.usage.cpu) / (new.usage.time - old.usage.time)
    memory = new.usage.memory.working_set * 1000
    return ContainerUsage(new.name, {"cpu": math.ceil(nanocores / MEGA), "memory": memory})
