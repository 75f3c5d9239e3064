"""All that rules look at beside the HPA itself: other objects, and how much of them is known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.lint.access import Json, mapping_at, text_at
from tidegauge.autoscale.lint.validation import NEWEST
from tidegauge.autoscale.lint.workloads import Key, Owner, Workload, key_of
from tidegauge.autoscale.reading.mapping import group_of

AUTOSCALER = "HorizontalPodAutoscaler"


class Knowledge(Struct, frozen=True, kw_only=True):
    """What is known beyond the objects. The default is that of files: nothing."""

    whole: frozenset[tuple[str, str]] = frozenset()
    """Kinds and namespaces of which every object is given: what is not there does not exist."""
    groups: frozenset[str] | None = None
    """API groups that are served; None where nobody asked."""
    scales: Mapping[Key, Json] = {}
    """The scale subresources of targets, where they were read."""
    unscalable: frozenset[Key] = frozenset()
    """Targets that exist but have no scale subresource."""
    unknown_kinds: frozenset[tuple[str, str]] = frozenset()
    """Groups and kinds that nobody serves."""
    minor: int = NEWEST
    """Of the Kubernetes that runs it: 37 for 1.37."""
    live: bool = False
    """Objects are what the API server keeps, not what somebody wrote."""
    settings: Settings = Settings()


class Surroundings:
    """The objects of one cluster, or of manifests that belong together."""

    def __init__(self, objects: Iterable[Json], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._objects: dict[tuple[str, str], list[Json]] = defaultdict(list)
        for each in objects:
            key = key_of(each)
            self._objects[key.kind, key.namespace].append(each)

    def of(self, kind: str, namespace: str) -> list[Json]:
        """All objects of a kind in a namespace."""
        return self._objects.get((kind, namespace), [])

    def find(self, key: Key) -> Json | None:
        """One object, whatever its version."""
        for each in self.of(key.kind, key.namespace):
            if key_of(each) == key:
                return each
        return None

    def workloads(self, namespace: str) -> Iterator[Workload]:
        """All that make pods of their own; a ReplicaSet of a Deployment's does not."""
        return iter(self._workloads.get(namespace, ()))

    @cached_property
    def _workloads(self) -> dict[str, list[Workload]]:
        found: dict[str, list[Workload]] = defaultdict(list)
        for (_, namespace), objects in self._objects.items():
            made = map(Workload, objects)
            found[namespace] += [each for each in made if each.pod_spec and not each.owner]
        return found

    def targets(self, namespace: str) -> dict[Key, list[Json]]:
        """What the HPAs of a namespace scale, each with its HPAs."""
        return self._targets.get(namespace, {})

    @cached_property
    def _targets(self) -> dict[str, dict[Key, list[Json]]]:
        found: dict[str, dict[Key, list[Json]]] = defaultdict(lambda: defaultdict(list))
        for (kind, namespace), objects in self._objects.items():
            for each in objects if kind == AUTOSCALER else ():
                target = mapping_at(each, "spec.scaleTargetRef")
                group = group_of(text_at(target, "apiVersion"))
                key = Key(group, text_at(target, "kind"), namespace, text_at(target, "name"))
                found[namespace][key].append(each)
        return found

    def scale(self, key: Key) -> Json | None:
        """The scale subresource of a target, where somebody has read it."""
        return self.knowledge.scales.get(key)

    def owner_chain(self, manifest: Json) -> Iterator[str]:
        """The uids of its controller, and of that one's, as far as they are known."""
        seen: set[str] = set()
        made: Workload | None = Workload(manifest)
        namespace = text_at(manifest, "metadata.namespace")
        while made and made.owner and made.owner.uid not in seen:
            seen.add(made.owner.uid)
            yield made.owner.uid
            made = self._by_uid(made.owner.kind, namespace, made.owner.uid)

    def is_known(self, owner: Owner, namespace: str) -> bool:
        """Whether the owner is among the objects."""
        return self._by_uid(owner.kind, namespace, owner.uid) is not None

    def _by_uid(self, kind: str, namespace: str, uid: str) -> Workload | None:
        index = self._uids.get((kind, namespace), {})
        return index.get(uid)

    @cached_property
    def _uids(self) -> dict[tuple[str, str], dict[str, Workload]]:
        return {
            where: {text_at(each, "metadata.uid"): Workload(each) for each in objects}
            for where, objects in self._objects.items()
            if where[0] != "Pod"
        }
