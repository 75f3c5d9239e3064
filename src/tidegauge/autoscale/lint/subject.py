"""One HPA with what it refers to: what rules are asked about."""

from functools import cached_property
from typing import Any

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.spec import MetricSpec, Spec
from tidegauge.autoscale.lint.access import Json, mapping_at, text_at
from tidegauge.autoscale.lint.findings import Place, place_of
from tidegauge.autoscale.lint.podspecs import as_admitted, as_pod
from tidegauge.autoscale.lint.surroundings import AUTOSCALER, Surroundings, target_of
from tidegauge.autoscale.lint.workloads import Key, Workload, owner_of

_MIDDLEMEN = {
    "Deployment": "ReplicaSet",
    "StatefulSet": "StatefulSet",
    "ReplicaSet": "ReplicaSet",
    "ReplicationController": "ReplicationController",
}
"""Which kind of owner the pods of a target have. Other kinds may put any between."""


class Subject:
    """An HPA that the API server accepts, and its surroundings."""

    def __init__(self, written: Json, spec: Spec, around: Surroundings) -> None:
        self.written = written
        """As autoscaling/v2, without defaults."""
        self.spec = spec
        """With defaults."""
        self.around = around

    @property
    def name(self) -> str:
        return text_at(self.written, "metadata.name")

    def place(self, path: str = "") -> Place:
        """A field of the HPA."""
        return place_of({**self.written, "kind": AUTOSCALER}, path)

    @cached_property
    def target_key(self) -> Key:
        """What it scales."""
        return target_of(self.written)

    @cached_property
    def target(self) -> Workload | None:
        """None where it is not known."""
        return self.around.workload(self.target_key)

    @cached_property
    def pod_specs(self) -> list[tuple[str, Json]]:
        """Of its pods, with a name for each: of those that run, else of its template."""
        if self.target is None:
            return []
        if pods := self.own_pods:
            return [(text_at(each, "metadata.name"), mapping_at(each, "spec")) for each in pods]
        if not self.target.pod_spec:
            return []
        ranges = self.around.of("LimitRange")
        return [(self.target.key.name, as_admitted(self.target.pod_spec, ranges))]

    @cached_property
    def pods(self) -> list[tuple[Pod, Json]]:
        """As the engine sees them, each with its spec."""
        made = [(as_pod(name, spec), spec) for name, spec in self.pod_specs]
        return [(pod, spec) for pod, spec in made if pod is not None]

    @property
    def from_template(self) -> bool:
        """There are no pods yet; the template stands for them."""
        return not self.own_pods

    @cached_property
    def matching_pods(self) -> list[Json]:
        """All pods that the HPA counts, whoever they belong to."""
        return self.around.pods(self.target) if self.target else []

    @cached_property
    def own_pods(self) -> list[Json]:
        """Those of its target."""
        return [each for each in self.matching_pods if self.owns(each)]

    def owns(self, pod: Json) -> bool:
        """Whether the target made it, directly or not."""
        uid = self.target.uid if self.target else ""
        return bool(uid) and uid in self.around.owner_chain(pod)

    def is_foreign(self, pod: Json) -> bool:
        """Whether the target certainly did not make it: of some owners nobody may have told us."""
        made_by, target = owner_of(pod), self.target
        if target is None or not target.uid or self.owns(pod):
            return False
        if made_by is None or made_by.kind != _MIDDLEMEN.get(target.key.kind, made_by.kind):
            return True
        return self.around.is_known(made_by)

    def metrics(self, *types: str) -> list[tuple[str, MetricSpec]]:
        """Those of some types, each with its path; the default one too."""
        return [
            (f"spec.metrics[{index}]", metric)
            for index, metric in enumerate(self.spec.metrics)
            if not types or metric.type in types
        ]

    def rules(self, direction: str) -> dict[str, Any] | None:
        """What is written for `scaleUp` or `scaleDown`; None without any behaviour."""
        if self.spec.behavior is None:
            return None
        return dict(mapping_at(self.written, f"spec.behavior.{direction}"))
