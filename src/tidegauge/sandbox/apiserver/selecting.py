"""Which objects a list or watch is about: by labels, and by the fields that each kind offers."""

from collections.abc import Mapping
from typing import Any

from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.versions import conversion_of
from tidegauge.serving.options import ListOptions
from tidegauge.units.selectors import FieldSelector, SelectorError, parse_field_selector

Object = Mapping[str, Any]

_COMMON = ("metadata.name", "metadata.namespace")

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "replicasets": ("status.replicas",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
}

_DEFAULTS = {"spec.unschedulable": "false", "spec.hostNetwork": "false", "status.replicas": "0"}
"""What a field that is not there counts as, other than nothing."""


def parse_fields(kind: Kind, text: str) -> FieldSelector:
    """A field selector of that kind, over what is stored. SelectorError for fields it lacks too."""
    selector = parse_field_selector(text, known_fields=None)
    conversion = conversion_of(kind)
    stored = conversion.stored_field if conversion else str
    known = (*_COMMON, *_FIELDS.get(kind.resource, ()))
    for field, _, _ in selector.terms:
        if stored(field) not in known:
            raise SelectorError(f"field label not supported: {field}")
    terms = ((stored(field), value, equal) for field, value, equal in selector.terms)
    return FieldSelector(tuple(terms))


def matches(obj: Object, options: ListOptions) -> bool:
    if not options.labels.matches(obj["metadata"].get("labels") or {}):
        return False
    values = {field: _value(obj, field) for field, _, _ in options.fields.terms}
    return options.fields.matches(values)


def _value(obj: Object, field: str) -> str:
    if field == "source":  # of an event
        component = (obj.get("source") or {}).get("component")
        return str(component or obj.get("reportingComponent", ""))
    value: Any = obj
    for name in field.split("."):
        value = (value or {}).get(name)
    if value is None:
        return _DEFAULTS.get(field, "")
    return str(value).lower() if isinstance(value, bool) else str(value)
