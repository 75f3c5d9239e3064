"""Kinds that are served in a second version: what is stored is turned into it, and back."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tidegauge.sandbox.apiserver import autoscalerv1, eventsv1
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.storage import Object


class Conversion(NamedTuple):
    outward: Callable[[Object], Object]
    inward: Callable[[Object], Object]
    """Of an object that was held against the types of its version."""

    stored_field: Callable[[str], str] = str
    """The path in what is stored of a field that a selector names."""


_CONVERSIONS: Mapping[tuple[str, str], Conversion] = {
    ("autoscaling/v1", "horizontalpodautoscalers"): Conversion(
        autoscalerv1.outward, autoscalerv1.inward
    ),
    ("events.k8s.io/v1", "events"): Conversion(
        eventsv1.outward, eventsv1.inward, eventsv1.stored_field
    ),
}


def conversion_of(kind: Kind) -> Conversion | None:
    """None for what is served as it is stored."""
    return _CONVERSIONS.get((kind.api_version, kind.resource))


def outward(kind: Kind, obj: Object) -> Object:
    """A stored object in the version of that kind."""
    conversion = conversion_of(kind)
    return conversion.outward(obj) if conversion else obj
