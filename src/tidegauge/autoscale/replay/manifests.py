"""Files with an HPA, and with the workload that it scales: read, checked, with the defaults."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.lint.access import Json, text_at
from tidegauge.autoscale.lint.judging import is_autoscaler
from tidegauge.autoscale.lint.manifests import Document, documents
from tidegauge.autoscale.lint.manifests import ManifestError as FileError
from tidegauge.autoscale.lint.refusals import refused
from tidegauge.autoscale.lint.surroundings import Knowledge
from tidegauge.autoscale.lint.versions import as_v2
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.defaults import defaulted


class ManifestError(Exception):
    """Files that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Source(NamedTuple):
    """One object of a file."""

    file: str
    document: Document

    def problem(self, path: str, message: str) -> str:
        """As people look for it: file, line, field."""
        return f"{self.file}:{self.document.line(path)}: {path}: {message}"


class Given(Struct, frozen=True):
    """An HPA, and the manifest of what it scales if that was there too."""

    source: str
    manifest: dict[str, Any]
    """Of the HPA, in autoscaling/v2 with all defaults."""
    autoscaler: Autoscaler
    target: Source | None


def read(data: bytes, file: str) -> list[Source]:
    """The objects of a YAML or JSON file. Raises ManifestError."""
    try:
        return [Source(file, document) for document in documents(data)]
    except FileError as error:
        raise ManifestError([f"{file}: {error}"]) from error


def choose(sources: Sequence[Source], name: str = "") -> Given:
    """The HPA, the one of that `name` or `namespace/name` where there are several, and its target.

    Raises ManifestError.
    """
    files = ", ".join(dict.fromkeys(one.file for one in sources)) or "the files"
    found = [one for one in sources if is_autoscaler(one.document.manifest)]
    meant = [one for one in found if name in ("", *_names(one))]
    names = ", ".join(_names(one)[-1] for one in meant or found)
    if not found:
        raise ManifestError([f"{files}: holds no HorizontalPodAutoscaler"])
    if not meant:
        raise ManifestError([f"--hpa: {files} holds no HPA {name}, but {names}"])
    if len(meant) > 1:
        raise ManifestError([f"{files}: holds several HPAs, {names}: pick one with --hpa=NAME"])
    return _given(meant[0], sources)


def _names(source: Source) -> list[str]:
    """The short one, and if it says a namespace the full one."""
    manifest = source.document.manifest
    name, namespace = text_at(manifest, "metadata.name"), _namespace(manifest)
    return [name, f"{namespace}/{name}"] if namespace else [name]


def _namespace(manifest: Json) -> str:
    return text_at(manifest, "metadata.namespace")


def _given(source: Source, sources: Iterable[Source]) -> Given:
    hpa = source.document.manifest
    problems = list(_problems(source))
    if problems:
        raise ManifestError(problems)
    manifest = defaulted(as_v2(hpa))
    manifest["metadata"] = {"namespace": "default", **manifest["metadata"]}
    return Given(source.file, manifest, objects.autoscaler(manifest), _target(hpa, sources))


def _problems(source: Source) -> Iterator[str]:
    """All that the API server would refuse it for."""
    for path, _ in source.document.twice():
        yield source.problem(path, "is written twice")
    for finding in refused(source.document.manifest, Knowledge()).findings:
        yield source.problem(finding.place.path, finding.message)


def _target(hpa: Json, sources: Iterable[Source]) -> Source | None:
    """By kind and name, and by namespace where both say one: manifests seldom do."""
    wanted = [text_at(hpa, f"spec.scaleTargetRef.{field}") for field in ("kind", "name")]
    for one in sources:
        manifest = one.document.manifest
        apart = len({_namespace(hpa), _namespace(manifest)} - {""}) > 1
        if not apart and wanted == [text_at(manifest, "kind"), text_at(manifest, "metadata.name")]:
            return one
    return None
