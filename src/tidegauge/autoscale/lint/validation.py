"""The API server's validation of an HPA, told beforehand: same fields, words and order.

Compared with kube-apiserver 1.37.2 and 1.35.4. Of the metadata only names, labels and annotations
are looked at. Causes that upstream gives in random order (labels, blocks too many) are sorted.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from tidegauge.autoscale.lint.causes import (
    Cause,
    forbidden,
    invalid,
    required,
    too_long,
    unsupported,
)
from tidegauge.autoscale.lint.metricvalidation import metric_causes
from tidegauge.autoscale.lint.names import subdomain_faults
from tidegauge.autoscale.lint.references import reference_causes
from tidegauge.units.quantities import parse
from tidegauge.units.selectors.syntax import key_faults, value_faults

NEWEST = 37
"""Minor version of the newest Kubernetes that is compared with."""

_ZERO_FROM = 37
"""Minor version from which `minReplicas: 0` is let through unless a feature gate says no."""

_DECLARATIVE_FROM = 37
"""From here on generated code looks at the bounds of the sizes, at the end, and nothing is told
twice."""

_MADE_UP = "xxxxx"
"""Stands for the characters that the API server adds to a `generateName`."""

_LONGEST_STEM = 58
"""Characters that are left of it."""

_MOST_ANNOTATIONS = 256 << 10
_LONGEST_WINDOW, _LONGEST_PERIOD = 3600, 1800
_SELECT_POLICIES = ("Max", "Min", "Disabled")
_POLICY_TYPES = ("Pods", "Percent")

Json = Mapping[str, Any]


def causes(hpa: Json, minor: int = NEWEST) -> list[Cause]:
    """Why kube-apiserver 1.`minor` refuses to create it, or nothing.

    `hpa` is an autoscaling/v2 object with defaults filled in, whose fields have the right types.
    """
    spec = hpa.get("spec") or {}
    floor = 0 if minor >= _ZERO_FROM else 1
    last = minor >= _DECLARATIVE_FROM
    sizes = _size_causes(spec, floor, declarative=last)
    found = chain(
        _metadata_causes(hpa.get("metadata") or {}),
        () if last else sizes,
        _order_causes(spec),
        reference_causes(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef"),
        _metrics_causes(spec),
        _behavior_causes(spec.get("behavior")),
        sizes if last else (),
    )
    return list(dict.fromkeys(found)) if last else list(found)


def _metadata_causes(metadata: Json) -> Iterator[Cause]:
    name, prefix = metadata.get("name") or "", metadata.get("generateName") or ""
    if prefix:
        checked = f"{prefix[:-2]}a" if prefix.endswith("-") and prefix != "-" else prefix
        for fault in subdomain_faults(checked):
            yield invalid("metadata.generateName", prefix, fault)
        name = name or f"{prefix[:_LONGEST_STEM]}{_MADE_UP}"
    for fault in subdomain_faults(name) if name else ():
        yield invalid("metadata.name", name, fault)
    if not name:
        yield required("metadata.name", "name or generateName is required")
    for key, value in sorted((metadata.get("labels") or {}).items()):
        for fault in key_faults(key):
            yield invalid("metadata.labels", key, fault)
        for fault in value_faults(value or ""):
            yield invalid("metadata.labels", value, fault)
    yield from _annotation_causes(metadata.get("annotations") or {})


def _annotation_causes(annotations: Mapping[str, str]) -> Iterator[Cause]:
    for key in sorted(annotations):
        for fault in key_faults(key.lower()):
            yield invalid("metadata.annotations", key, fault)
    size = sum(len((text or "").encode()) for text in chain.from_iterable(annotations.items()))
    if size > _MOST_ANNOTATIONS:
        yield too_long("metadata.annotations", _MOST_ANNOTATIONS)


def _size_causes(spec: Json, floor: int, *, declarative: bool) -> Iterator[Cause]:
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and least < floor:
        yield invalid("spec.minReplicas", least, f"must be greater than or equal to {floor}")
    if not declarative and most < 1:
        yield invalid("spec.maxReplicas", most, "must be greater than 0")
    elif most < 0:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
    elif most == 0:
        yield required("spec.maxReplicas")


def _order_causes(spec: Json) -> Iterator[Cause]:
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and most < least:
        detail = "must be greater than or equal to `minReplicas`"
        yield invalid("spec.maxReplicas", most, detail)


def _metrics_causes(spec: Json) -> Iterator[Cause]:
    metrics: Sequence[Json | None] = spec.get("metrics") or ()
    for index, metric in enumerate(metrics):
        yield from metric_causes(metric or {}, f"spec.metrics[{index}]")
    lasting = any((metric or {}).get("type") in ("Object", "External") for metric in metrics)
    if spec.get("minReplicas") == 0 and not lasting:
        yield forbidden(
            "spec.metrics",
            "must specify at least one Object or External metric to support scaling to zero "
            "replicas",
        )


def _behavior_causes(behavior: Json | None) -> Iterator[Cause]:
    for direction in ("scaleUp", "scaleDown"):
        rules = (behavior or {}).get(direction)
        if rules is not None:
            yield from _rules_causes(rules, f"spec.behavior.{direction}")


def _rules_causes(rules: Json, path: str) -> Iterator[Cause]:
    window, select = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    if window is not None and window < 0:
        detail = "must be greater than or equal to zero"
        yield invalid(f"{path}.stabilizationWindowSeconds", window, detail)
    if window is not None and window > _LONGEST_WINDOW:
        detail = f"must be less than or equal to {_LONGEST_WINDOW}"
        yield invalid(f"{path}.stabilizationWindowSeconds", window, detail)
    if select is not None and select not in _SELECT_POLICIES:
        yield unsupported(f"{path}.selectPolicy", select, _SELECT_POLICIES)
    if not rules.get("policies"):
        yield required(f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(rules.get("policies") or ()):
        yield from _policy_causes(policy or {}, f"{path}.policies[{index}]")
    if (tolerance := rules.get("tolerance")) is not None:
        amount = parse(str(tolerance).strip())
        if amount.nano < 0:
            yield invalid(f"{path}.tolerance", amount, "must be greater than or equal to 0")


def _policy_causes(policy: Json, path: str) -> Iterator[Cause]:
    kind, value, period = policy.get("type"), policy.get("value"), policy.get("periodSeconds")
    if kind not in _POLICY_TYPES:
        yield unsupported(f"{path}.type", kind or "", _POLICY_TYPES)
    if (value or 0) <= 0:
        yield invalid(f"{path}.value", value or 0, "must be greater than zero")
    if (period or 0) <= 0:
        yield invalid(f"{path}.periodSeconds", period or 0, "must be greater than zero")
    if (period or 0) > _LONGEST_PERIOD:
        detail = f"must be less than or equal to {_LONGEST_PERIOD}"
        yield invalid(f"{path}.periodSeconds", period, detail)
