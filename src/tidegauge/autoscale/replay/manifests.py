"""Files with an HPA, and with the workload that it scales: read, defaulted, checked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.lint.access import at, mapping_at, text_at
from tidegauge.autoscale.lint.validation import causes
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.defaults import defaulted

_AS_WRITTEN = ("autoscaling/v2", "autoscaling/v2beta2")
"""The latter, removed in 1.26, has the same fields."""


class ManifestError(Exception):
    """Files that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Document(Struct, frozen=True):
    """One object of a file."""

    source: str
    object: dict[str, Any]


class Given(Struct, frozen=True):
    """An HPA, and the manifest of what it scales if that was there too."""

    source: str
    manifest: dict[str, Any]
    """Of the HPA, in autoscaling/v2 with all defaults."""
    autoscaler: Autoscaler
    target: Document | None


def read(text: str, source: str) -> list[Document]:
    """The objects of a YAML or JSON file; lists are taken apart. Raises ManifestError."""
    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ManifestError([f"{source}: is no YAML: {' '.join(str(error).split())}"]) from error
    return [Document(source, one) for one in _objects(documents)]


def _objects(documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for one in documents:
        if isinstance(one, dict):
            if str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list):
                yield from _objects(one["items"])
            else:
                yield one


def choose(documents: Sequence[Document], name: str = "", minor: int = 37) -> Given:
    """The HPA, the one of that `name` where there are several, and its target.

    `minor` is the version of Kubernetes by whose rules it is checked. Raises ManifestError.
    """
    sources = ", ".join(dict.fromkeys(one.source for one in documents)) or "the files"
    found = [one for one in documents if one.object.get("kind") == "HorizontalPodAutoscaler"]
    named = [one for one in found if not name or text_at(one.object, "metadata.name") == name]
    if not found:
        raise ManifestError([f"{sources}: holds no HorizontalPodAutoscaler"])
    if len(named) != 1:
        names = ", ".join(text_at(one.object, "metadata.name") for one in found)
        raise ManifestError([f"{sources}: holds several HPAs ({names}): pick one with --hpa=NAME"])
    return _given(named[0], documents, minor)


def _given(document: Document, documents: Iterable[Document], minor: int) -> Given:
    manifest = defaulted_hpa(document)
    try:
        autoscaler = objects.autoscaler(manifest)
        problems = [f"{one.field}: {one.message}" for one in causes(manifest, minor)]
    except (msgspec.ValidationError, AttributeError, TypeError, ValueError) as error:
        problems = [str(error)]
    if problems:
        raise ManifestError([f"{document.source}: {problem}" for problem in problems])
    return Given(document.source, manifest, autoscaler, _target(manifest, documents))


def defaulted_hpa(document: Document) -> dict[str, Any]:
    """In autoscaling/v2, with what the API server fills in. Raises ManifestError."""
    hpa = dict(document.object)
    version = hpa.get("apiVersion")
    if version == "autoscaling/v1":
        hpa = _from_v1(hpa)
    elif version not in _AS_WRITTEN:
        raise ManifestError(
            [f"{document.source}: apiVersion: {version!r} is not read: write autoscaling/v2"]
        )
    metadata = {"namespace": "default", **mapping_at(hpa, "metadata")}
    return defaulted({**hpa, "apiVersion": _AS_WRITTEN[0], "metadata": metadata})


def _from_v1(hpa: Mapping[str, Any]) -> dict[str, Any]:
    """The older form knows CPU only."""
    spec = dict(mapping_at(hpa, "spec"))
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**hpa, "spec": spec}


def _target(hpa: Mapping[str, Any], documents: Iterable[Document]) -> Document | None:
    """By kind and name; manifests seldom say a namespace."""
    kind, name = at(hpa, "spec.scaleTargetRef.kind"), at(hpa, "spec.scaleTargetRef.name")
    for one in documents:
        if one.object.get("kind") == kind and text_at(one.object, "metadata.name") == name:
            return one
    return None
