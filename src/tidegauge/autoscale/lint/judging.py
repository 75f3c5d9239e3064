"""From objects to findings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.lint.access import Json, text_at, texts_at
from tidegauge.autoscale.lint.catalogue import RULES
from tidegauge.autoscale.lint.findings import Finding
from tidegauge.autoscale.lint.refusals import refused
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.surroundings import AUTOSCALER, Knowledge, Surroundings
from tidegauge.autoscale.lint.versions import as_v2
from tidegauge.autoscale.reading.defaults import defaulted

IGNORE = "tidegauge.dev/lint-ignore"
"""Annotation of an HPA with ids of rules, separated by commas, that are not to be applied to it."""


def findings(objects: Iterable[Json], knowledge: Knowledge = Knowledge()) -> list[Finding]:  # noqa: B008  (immutable)
    """What is wrong with the HPAs among the objects of a cluster, or of one set of manifests.

    HPAs come by namespace, in their order; one that the API server refuses is judged no further.
    """
    namespaces: dict[str, list[Json]] = defaultdict(list)
    for each in objects:
        namespaces[text_at(each, "metadata.namespace")].append(each)
    return [
        finding for members in namespaces.values() for finding in _of_namespace(members, knowledge)
    ]


def _of_namespace(objects: Iterable[Json], knowledge: Knowledge) -> Iterator[Finding]:
    around = Surroundings(objects, knowledge)
    for hpa in around.of(AUTOSCALER):
        for finding in _all(hpa, around) if is_autoscaler(hpa) else ():
            if not is_ignored(hpa, finding.rule):
                yield finding


def is_autoscaler(manifest: Json) -> bool:
    """Whether it is an HPA, of whatever version."""
    version = text_at(manifest, "apiVersion")
    return text_at(manifest, "kind") == AUTOSCALER and version.startswith("autoscaling/")


def is_ignored(hpa: Json, rule: str) -> bool:
    """Whether its annotation names the rule."""
    text = texts_at(hpa, "metadata.annotations").get(IGNORE, "")
    return rule in (word.strip() for word in text.split(","))


def _all(hpa: Json, around: Surroundings) -> Iterator[Finding]:
    found, usable = refused(hpa, around.knowledge)
    yield from found
    if usable:
        written = as_v2(hpa)
        subject = Subject(written, decode_spec(defaulted(written)["spec"]), around)
        for rule in RULES:
            yield from rule.findings(subject)
