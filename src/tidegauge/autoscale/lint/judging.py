"""From objects to findings."""

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

    HPAs are judged in their order; one that the API server refuses is judged no further.
    """
    objects = list(objects)
    around = Surroundings(objects, knowledge)
    return [
        finding
        for each in objects
        if is_autoscaler(each)
        for finding in _all(each, around)
        if not is_ignored(each, finding.rule)
    ]


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
