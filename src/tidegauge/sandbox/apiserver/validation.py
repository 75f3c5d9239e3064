"""The rules that users break most: names, required fields, closed sets, and what may not change.

Each breach names the path of its field, in Kubernetes' words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegauge.autoscale.lint import validation
from tidegauge.sandbox.apiserver.eventrules import event_faults
from tidegauge.sandbox.apiserver.failures import invalid
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.podrules import POD_FORBIDDEN, fixed_part, pod_spec_faults
from tidegauge.sandbox.apiserver.rules import (
    BAD_LABEL,
    BAD_SUBDOMAIN,
    LABEL,
    SUBDOMAIN,
    required,
    wrong,
)
from tidegauge.sandbox.apiserver.schema import LIST, MAP, Type, type_name, type_of
from tidegauge.sandbox.apiserver.workloadrules import workload_faults
from tidegauge.serving.status import Cause, StatusError
from tidegauge.units.gotext import quote
from tidegauge.units.selectors.syntax import key_faults, value_faults

Object = Mapping[str, Any]
Causes = Iterator[Cause]

_LABELS_AS_NAMES = frozenset({"namespaces", "services"})
"""Their names stand in host names."""

_WORKLOADS = frozenset({"deployments", "replicasets", "statefulsets"})


def validate(kind: Kind, obj: Object) -> None:
    """Raises StatusError 422 with all that is wrong."""
    made = event_faults(kind, obj) if kind.resource == "events" else ()
    _raise(kind, obj, [*_causes(kind, obj), *made])


def validate_update(kind: Kind, obj: Object, before: Object) -> None:
    """The same, and what may not change. Raises StatusError 422."""
    _raise(kind, obj, [*_causes(kind, obj), *_immutable(kind, obj, before)])


def _raise(kind: Kind, obj: Object, causes: Sequence[Cause]) -> None:
    if causes:
        raise StatusError(invalid(kind, obj["metadata"].get("name", ""), list(causes)))


def _causes(kind: Kind, obj: Object) -> Causes:
    if kind.resource == "horizontalpodautoscalers":
        yield from _autoscaler(obj)
    else:
        yield from _metadata(kind, obj["metadata"])
        yield from _spec(kind, obj)


def _metadata(kind: Kind, metadata: Object) -> Causes:
    name = metadata.get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif kind.resource in _LABELS_AS_NAMES:
        if not re.fullmatch(LABEL, name) or len(name) > 63:
            yield wrong("metadata.name", name, BAD_LABEL)
    elif not re.fullmatch(SUBDOMAIN, name):
        yield wrong("metadata.name", name, BAD_SUBDOMAIN)
    yield from _labels(metadata.get("labels") or {}, "metadata.labels")


def _labels(labels: Mapping[str, str], path: str) -> Causes:
    for key, value in labels.items():
        yield from (wrong(path, key, fault) for fault in key_faults(key))
        yield from (wrong(path, value, fault) for fault in value_faults(value))


def _spec(kind: Kind, obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    yield from _sets(obj, type_of(type_name(kind)), "")
    if kind.resource in _WORKLOADS:
        yield from workload_faults(spec)
    elif kind.resource == "nodes":
        yield from _taints(spec)
    elif kind.resource == "pods":
        yield from pod_spec_faults(spec, "spec")
    elif kind.resource == "services":
        yield from _service(spec)
    elif kind.resource == "apiservices":
        yield from _api_service(obj["metadata"], spec)


def _sets(value: Any, fields: Type, path: str) -> Causes:
    """What stands in a field that takes certain values only."""
    for name, field in fields.items():
        inner = value.get(name)
        where = f"{path}.{name}" if path else name
        if field.values and inner and inner not in field.values:
            values = ", ".join(map(quote, field.values))
            text = f"Unsupported value: {quote(str(inner))}: supported values: {values}"
            yield Cause("FieldValueNotSupported", text, where)
        nested = type_of(field.item)
        if not nested or not inner or where == "status":
            continue
        if field.type.startswith(LIST):
            for number, each in enumerate(inner):
                yield from _sets(each, nested, f"{where}[{number}]")
        elif not field.type.startswith(MAP):
            yield from _sets(inner, nested, where)


def _taints(spec: Object) -> Causes:
    """Of the spec, though kube-apiserver names another path."""
    for number, taint in enumerate(spec.get("taints") or ()):
        path, key = f"metadata.taints[{number}]", taint.get("key", "")
        yield from (wrong(f"{path}.key", key, fault) for fault in key_faults(key))
        if not taint.get("effect"):
            yield required(f"{path}.effect")


def _service(spec: Object) -> Causes:
    ports = spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec.get("type") != "ExternalName":
        yield required("spec.ports")
    for number, port in enumerate(ports):
        if not 0 < port.get("port", 0) < 1 << 16:
            detail = "must be between 1 and 65535, inclusive"
            yield wrong(f"spec.ports[{number}].port", port.get("port", 0), detail)
        if len(ports) > 1 and not port.get("name"):
            yield required(f"spec.ports[{number}].name")


def _autoscaler(obj: Object) -> Causes:
    for cause in validation.causes(obj):
        yield Cause(cause.reason, cause.message, cause.field)


def _api_service(metadata: Object, spec: Object) -> Causes:
    group, version = spec.get("group", ""), spec.get("version", "")
    if not version:
        yield required("spec.version")
    if metadata.get("name") != f"{version}.{group}":
        yield wrong("metadata.name", metadata.get("name", ""), f'must be "{version}.{group}"')
    for field in ("groupPriorityMinimum", "versionPriority"):
        if not spec.get(field):
            yield wrong(f"spec.{field}", spec.get(field, 0), "must be greater than 0")
    service = spec.get("service")
    if service is None:
        return
    if not group:
        yield required("spec.group", "only v1 may have an empty group and it better be legacy kube")
    for field in ("namespace", "name"):
        if not service.get(field):
            yield required(f"spec.service.{field}")
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        yield wrong(
            "spec.insecureSkipTLSVerify",
            value=True,
            detail="may not be true if caBundle is present",
        )


def _immutable(kind: Kind, obj: Object, before: Object) -> Causes:
    spec, old = obj.get("spec") or {}, before.get("spec") or {}
    if kind.resource in _WORKLOADS and spec.get("selector") != old.get("selector"):
        yield wrong("spec.selector", spec.get("selector"), "field is immutable")
    if kind.resource == "services" and old.get("clusterIP") and spec.get("type") != "ExternalName":
        ips, old_ips = ([each.get("clusterIP")] for each in (spec, old))
        if ips != old_ips:
            detail = "may not change once set"
            yield wrong("spec.clusterIPs[0]", spec.get("clusterIP", ""), detail)
    if kind.resource == "pods" and fixed_part(spec) != fixed_part(old):
        yield Cause("FieldValueForbidden", POD_FORBIDDEN, "spec")
    if kind.resource == "secrets" and obj.get("type") != before.get("type"):
        yield wrong("type", obj.get("type"), "field is immutable")
