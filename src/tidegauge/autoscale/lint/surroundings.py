"""All that rules look at beside the HPA itself: other objects, and how much of them is known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.lint.access import Json, mapping_at, text_at, texts_at
from tidegauge.autoscale.lint.matching import ByLabels
from tidegauge.autoscale.lint.validation import NEWEST
from tidegauge.autoscale.lint.workloads import Key, Owner, Workload, owner_of
from tidegauge.autoscale.reading.mapping import group_of
from tidegauge.units.quantities import Quantity

AUTOSCALER = "HorizontalPodAutoscaler"


class Knowledge(Struct, frozen=True, kw_only=True):
    """What is known beyond the objects. The default is that of files: nothing."""

    whole: frozenset[tuple[str, str]] = frozenset()
    """Kinds and namespaces of which every object is given: what is not there does not exist."""
    missing: frozenset[Key] = frozenset()
    """Targets of other kinds that do not exist."""
    groups: frozenset[str] | None = None
    """API groups that are served; None where nobody asked."""
    scales: Mapping[Key, Json] = {}
    """The scale subresources of targets, where they were read."""
    unscalable: frozenset[Key] = frozenset()
    """Targets that exist but have no scale subresource."""
    unknown_kinds: frozenset[tuple[str, str]] = frozenset()
    """Groups and kinds that nobody serves."""
    room: Mapping[str, Quantity] = {}
    """What schedulable nodes have to allocate together, by resource; empty where nobody asked."""
    minor: int = NEWEST
    """Of the Kubernetes that runs it: 37 for 1.37."""
    settings: Settings = Settings()


class Surroundings:
    """The objects of one namespace: of a cluster's, or of manifests that belong together."""

    def __init__(self, objects: Iterable[Json], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._by_kind: dict[str, list[Json]] = defaultdict(list)
        self._by_named: dict[str, dict[str, list[Json]]] = {}
        for each in objects:
            self._by_kind[text_at(each, "kind")].append(each)

    def of(self, kind: str) -> list[Json]:
        """All objects of a kind."""
        return self._by_kind.get(kind, [])

    def naming(self, kind: str, reference: str, name: str) -> list[Json]:
        """Objects of a kind that name something of that name at a dotted path."""
        known = self._by_named.get(kind)
        if known is None:
            known = self._by_named[kind] = defaultdict(list)
            for each in self.of(kind):
                known[text_at(each, f"{reference}.name")].append(each)
        return known.get(name, [])

    def workload(self, key: Key) -> Workload | None:
        """One object, whatever its version; None where it is not known."""
        return self._by_key.get(key)

    def pods(self, workload: Workload) -> list[Json]:
        """All that its selector matches, whoever made them."""
        return self._pods.matching(workload.selector) if workload.selector else []

    def alike(self, workload: Workload) -> list[Workload]:
        """Others whose pods its selector matches. A Deployment's ReplicaSets are no others."""
        found = self._makers.matching(workload.selector) if workload.selector else []
        return [each for each in found if each.key != workload.key]

    def overlapping(self, workload: Workload) -> set[Key]:
        """Other targets of HPAs with pods in common, by either selector."""
        return self._overlaps.get(workload.key, set())

    def scale(self, key: Key) -> Json | None:
        """The scale subresource of a target, where somebody has read it."""
        return self.knowledge.scales.get(key)

    def owner_chain(self, manifest: Json) -> Iterator[str]:
        """The uids of its controller, and of that one's, as far as they are known."""
        seen: set[str] = set()
        owner = owner_of(manifest)
        while owner and owner.uid not in seen:
            seen.add(owner.uid)
            yield owner.uid
            made = self._by_uid.get(owner.uid)
            owner = made.owner if made else None

    def is_known(self, owner: Owner) -> bool:
        """Whether the owner is among the objects."""
        return owner.uid in self._by_uid

    @cached_property
    def targets(self) -> dict[Key, list[Json]]:
        """What is scaled, each with its HPAs."""
        found: dict[Key, list[Json]] = defaultdict(list)
        for each in self.of(AUTOSCALER):
            found[target_of(each)].append(each)
        return found

    @cached_property
    def _by_key(self) -> dict[Key, Workload]:
        """Of twins the first. Pods are nobody's targets, and there are many."""
        found: dict[Key, Workload] = {}
        for kind, objects in self._by_kind.items():
            for each in map(Workload, objects if kind != "Pod" else ()):
                found.setdefault(each.key, each)
        return found

    @cached_property
    def _by_uid(self) -> dict[str, Workload]:
        return {each.uid: each for each in self._by_key.values() if each.uid}

    @cached_property
    def _pods(self) -> ByLabels[Json]:
        return ByLabels((texts_at(each, "metadata.labels"), each) for each in self.of("Pod"))

    @cached_property
    def _makers(self) -> ByLabels[Workload]:
        """What makes pods of its own accord."""
        made = self._by_key.values()
        return ByLabels((each.labels, each) for each in made if each.pod_spec and not each.owner)

    @cached_property
    def _overlaps(self) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = defaultdict(set)
        for workload in filter(None, map(self.workload, self.targets)):
            for other in self.alike(workload):
                if other.key in self.targets:
                    found[workload.key].add(other.key)
                    found[other.key].add(workload.key)
        return found


def target_of(hpa: Json) -> Key:
    """What an HPA scales, as far as it says so."""
    target = mapping_at(hpa, "spec.scaleTargetRef")
    return Key(
        group_of(text_at(target, "apiVersion")),
        text_at(target, "kind"),
        text_at(hpa, "metadata.namespace"),
        text_at(target, "name"),
    )
