"""What the API server refuses: what it cannot decode, and what it does not let pass."""

from collections.abc import Iterator
from typing import NamedTuple

from tidegauge.autoscale.lint.access import Json, is_kept, mapping_at, text_at
from tidegauge.autoscale.lint.causes import Cause
from tidegauge.autoscale.lint.findings import Finding, Found, Rule, Severity, place_of
from tidegauge.autoscale.lint.schema import HPA_V1, HPA_V2, Flaw, Type, flaws
from tidegauge.autoscale.lint.surroundings import AUTOSCALER, Knowledge
from tidegauge.autoscale.lint.validation import causes
from tidegauge.autoscale.lint.versions import (
    ALIKE,
    SERVED,
    V1,
    V2,
    as_v2,
    unreadable_annotations,
)
from tidegauge.autoscale.reading.defaults import defaulted


def _refusal(id_: str, title: str, why: str, remedy: str) -> Rule:
    """A rule whose findings come from decoding or validation, so that it checks nothing itself."""
    return Rule(id_, Severity.ERROR, title, why, remedy, lambda _: iter(()))


VERSION = _refusal(
    "HPA101",
    "The API version is not served",
    "Since Kubernetes 1.26 there are only autoscaling/v2 and autoscaling/v1; the object cannot be "
    "created, and deployments that carry it fail.",
    "Write `apiVersion: autoscaling/v2`. The fields of v2beta2 are those of v2; those of v2beta1 "
    "are rewritten by the plugin kubectl-convert, which is installed apart from kubectl: `kubectl "
    "convert -f FILE --output-version=autoscaling/v2`.",
)
TYPE = _refusal(
    "HPA102",
    "A field has the wrong type",
    "The API server cannot decode the object and refuses it as a whole.",
    "Write the value as the message says. Numbers stand without quotes, names with them where "
    "they could be read as numbers.",
)
UNKNOWN = _refusal(
    "HPA103",
    "There is no such field",
    "kubectl has such objects refused (`--validate=strict`); other clients have the field dropped "
    "without a word, and what it should do does not happen.",
    "Correct the name or the indentation, or remove the field. `kubectl explain "
    "hpa.spec --recursive` lists the fields there are.",
)
METADATA = _refusal(
    "HPA104",
    "The API server refuses the metadata",
    "The object cannot be created.",
    "Give a name of lower-case letters, digits, dashes and dots, and labels and annotations "
    "whose keys and values have the form that the message states.",
)
SIZES = _refusal(
    "HPA105",
    "The API server refuses the bounds of the size",
    "The object cannot be created.",
    "Set `spec.maxReplicas` to at least 1 and to at least `spec.minReplicas`. A minimum of zero "
    "needs Kubernetes 1.37 (or its feature gate HPAScaleToZero) and a metric of type Object or "
    "External, for without pods there is nothing else to measure.",
)
REFERENCE = _refusal(
    "HPA106",
    "The API server refuses the target's reference",
    "The object cannot be created.",
    "Name the target in full: `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}`",
)
METRIC = _refusal(
    "HPA107",
    "The API server refuses a metric",
    "The object cannot be created.",
    "Give each metric a `type`, the one block of that name, and in its `target` a `type` and the "
    "figure that goes with it: `averageUtilization`, `averageValue` or `value`, above zero.",
)
BEHAVIOR_RULES = _refusal(
    "HPA108",
    "The API server refuses the behaviour",
    "The object cannot be created.",
    "Windows are 0 to 3600 seconds, periods 1 to 1800, values at least 1; policies are of type "
    "Pods or Percent, and `policies`, where it is written, has at least one.",
)
ANNOTATION = _refusal(
    "HPA109",
    "An annotation of autoscaling/v1 cannot be read",
    "autoscaling/v1 keeps metrics and behaviour in annotations. One that cannot be read is "
    "dropped without a word, and the HPA scales by CPU alone or without its behaviour.",
    "Write the object as autoscaling/v2, where metrics and behaviour are fields that are checked.",
)
TWICE = _refusal(
    "HPA110",
    "A key is written twice",
    "kubectl refuses the file; readers that do not take the last value, and the first is lost.",
    "Remove one of the two.",
)

REFUSALS = (
    VERSION,
    TYPE,
    UNKNOWN,
    METADATA,
    SIZES,
    REFERENCE,
    METRIC,
    BEHAVIOR_RULES,
    ANNOTATION,
    TWICE,
)

_BY_PREFIX = (
    ("metadata", METADATA),
    ("spec.minReplicas", SIZES),
    ("spec.maxReplicas", SIZES),
    ("spec.scaleTargetRef", REFERENCE),
    ("spec.behavior", BEHAVIOR_RULES),
)


class Refused(NamedTuple):
    """What is refused, and whether the rest can be judged all the same."""

    findings: tuple[Finding, ...]
    usable: bool


def refused(hpa: Json, knowledge: Knowledge) -> Refused:
    """Of one HPA of any version."""
    version = text_at(hpa, "apiVersion")
    flawed = list(flaws(hpa, _type(version))) if version in ALIKE else []
    found = [*_version(version), *_flaws(flawed, kept=is_kept(hpa)), *_annotations(hpa)]
    place = place_of({**hpa, "kind": AUTOSCALER})
    usable = version in ALIKE and all(flaw.unknown for flaw in flawed)
    if usable:
        refusals = validation_causes(hpa, knowledge.minor)
        found += [(_rule_of(each.field), Found(each.field, each.message)) for each in refusals]
        usable = not refusals
    return Refused(tuple(rule.finding(place, each) for rule, each in found), usable)


def validation_causes(hpa: Json, minor: int) -> list[Cause]:
    """What kube-apiserver 1.`minor` answers for an HPA whose fields have the right types."""
    is_v1 = text_at(hpa, "apiVersion") == V1
    return causes(_defaulted_v1(as_v2(hpa)) if is_v1 else defaulted(as_v2(hpa)), minor)


_Pairs = Iterator[tuple[Rule, Found]]


def _type(version: str) -> Type:
    return HPA_V1 if version == V1 else HPA_V2


def _version(version: str) -> _Pairs:
    if version not in SERVED:
        yield VERSION, Found("apiVersion", f"{version} is not served; {V2} is")


def _flaws(flawed: list[Flaw], *, kept: bool) -> _Pairs:
    """What a server keeps it knows, though we may not."""
    for flaw in flawed:
        if not (kept and flaw.unknown):
            yield UNKNOWN if flaw.unknown else TYPE, Found(flaw.path, flaw.message)


def _annotations(hpa: Json) -> _Pairs:
    for name, problem in unreadable_annotations(hpa):
        yield ANNOTATION, Found(f"metadata.annotations.{name}", problem)


def _defaulted_v1(converted: Json) -> Json:
    """Only v2 fills in the rules of both directions."""
    spec = mapping_at(converted, "spec")
    made = defaulted({**converted, "spec": {**spec, "behavior": None}})
    made["spec"]["behavior"] = spec.get("behavior")
    return made


def _rule_of(path: str) -> Rule:
    for prefix, rule in _BY_PREFIX:
        if path.startswith(prefix):
            return rule
    return METRIC
