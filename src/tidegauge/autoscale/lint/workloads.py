"""What an HPA may scale, seen through its manifest: size, selector, pod template, owner."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from tidegauge.autoscale.lint.access import (
    Json,
    integer_at,
    mapping_at,
    objects_at,
    text_at,
    texts_at,
)
from tidegauge.autoscale.lint.matching import label_selector
from tidegauge.autoscale.reading.mapping import group_of
from tidegauge.units.selectors import LabelSelector


class Key(NamedTuple):
    """Which object. The version of its group says nothing."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Owner(NamedTuple):
    """The controller of an object."""

    kind: str
    name: str
    uid: str


def key_of(manifest: Json) -> Key:
    """Of any object."""
    return Key(
        group_of(text_at(manifest, "apiVersion")),
        text_at(manifest, "kind"),
        text_at(manifest, "metadata.namespace"),
        text_at(manifest, "metadata.name"),
    )


def owner_of(manifest: Json) -> Owner | None:
    """The owner that controls it, or None."""
    for each in objects_at(manifest, "metadata.ownerReferences"):
        if each.get("controller") is True:
            return Owner(text_at(each, "kind"), text_at(each, "name"), text_at(each, "uid"))
    return None


class Workload:
    """Any object with a pod template, whatever its kind."""

    def __init__(self, manifest: Json) -> None:
        self.manifest = manifest
        self.key = key_of(manifest)
        self.uid = text_at(manifest, "metadata.uid")
        self.replicas = integer_at(manifest, "spec.replicas")
        self.owner = owner_of(manifest)
        nested = self.key.kind == "CronJob"
        self.template_path = "spec.jobTemplate.spec.template" if nested else "spec.template"

    @cached_property
    def selector(self) -> LabelSelector | None:
        """None where it has none of its own, as Jobs in manifests, or an empty one."""
        given = mapping_at(self.manifest, "spec.selector")
        if self.key.group == "" and self.key.kind == "ReplicationController":
            given = {"matchLabels": given or self.labels}
        made = label_selector(given)
        return None if made.empty else made

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Of its pods."""
        return texts_at(self.manifest, f"{self.template_path}.metadata.labels")

    @property
    def pod_spec(self) -> Json:
        return mapping_at(self.manifest, f"{self.template_path}.spec")

    @property
    def command(self) -> str:
        """It, as kubectl takes it."""
        kind = self.key.kind.lower()
        kind = kind if self.key.group in ("", "apps", "batch") else f"{kind}.{self.key.group}"
        namespace = f" -n {self.key.namespace}" if self.key.namespace else ""
        return f"{kind}/{self.key.name}{namespace}"
