"""HPAs, scales and pods: the API's JSON, of which only what decides is read, as engine records.

`AutoscalerList` and `PodList` can be decoded from a list's bytes; what is null is as if absent.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from tidegauge.autoscale.engine.pods import Container, Kind, Pod, ReadyCondition
from tidegauge.autoscale.engine.situation import Autoscaler, Scale
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.units.quantities import Quantity, parse

Amounts = dict[str, str | int | float]
"""Quantities by resource, as JSON may have them."""


class ManagedFields(Struct, frozen=True, kw_only=True):
    """Who changed which part last, and when."""

    manager: str = ""
    subresource: str = ""
    time: datetime | None = None


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    """A `meta/v1` ObjectMeta."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 1
    labels: dict[str, str] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    managed_fields: list[ManagedFields] | None = None


class ConditionObject(Struct, frozen=True, kw_only=True, rename="camel"):
    """A condition of an HPA or a pod."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None


class StatusObject(Struct, frozen=True, kw_only=True, rename="camel"):
    """An HPA's status."""

    observed_generation: int | None = None
    last_scale_time: datetime | None = None
    current_replicas: int = 0
    desired_replicas: int = 0
    current_metrics: list[dict[str, Any]] | None = None
    conditions: list[ConditionObject] | None = None


class AutoscalerObject(Struct, frozen=True, kw_only=True):
    """An autoscaling/v2 HorizontalPodAutoscaler."""

    metadata: Metadata = Metadata()
    spec: dict[str, Any] = {}
    status: StatusObject = StatusObject()


class AutoscalerList(Struct, frozen=True):
    items: list[AutoscalerObject] | None = None


class Involved(Struct, frozen=True, kw_only=True):
    """What an event is about."""

    namespace: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


class EventObject(Struct, frozen=True, kw_only=True, rename="camel"):
    """A core/v1 Event; one that happened again and again has the first and the last time."""

    involved_object: Involved = Involved()
    reason: str = ""
    message: str = ""
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None


class EventList(Struct, frozen=True):
    items: list[EventObject] | None = None


class _Resources(Struct, frozen=True):
    requests: Amounts | None = None


class _Container(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    resources: _Resources | None = None
    restart_policy: str | None = None


class _PodSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    resources: _Resources | None = None
    overhead: Amounts | None = None


class _PodStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    phase: str = ""
    start_time: datetime | None = None
    conditions: list[ConditionObject] | None = None


class PodObject(Struct, frozen=True, kw_only=True):
    """A core/v1 Pod."""

    metadata: Metadata = Metadata()
    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()


class PodList(Struct, frozen=True):
    items: list[PodObject] | None = None


class _ScaleSpec(Struct, frozen=True):
    replicas: int = 0


class _ScaleStatus(Struct, frozen=True):
    replicas: int = 0
    selector: str = ""


class ScaleObject(Struct, frozen=True):
    """An autoscaling/v1 Scale."""

    spec: _ScaleSpec = _ScaleSpec()
    status: _ScaleStatus = _ScaleStatus()


def autoscaler(hpa: Mapping[str, Any] | AutoscalerObject) -> Autoscaler:
    """Of a stored HPA, or of a manifest that was `defaulted`. Raises msgspec.ValidationError."""
    if not isinstance(hpa, AutoscalerObject):
        hpa = msgspec.convert(hpa, AutoscalerObject)
    return Autoscaler(
        namespace=hpa.metadata.namespace,
        name=hpa.metadata.name,
        generation=hpa.metadata.generation,
        spec=decode_spec(hpa.spec),
        status=_status(hpa.status),
    )


def scale(got: Mapping[str, Any] | ScaleObject) -> Scale:
    """Raises msgspec.ValidationError."""
    if not isinstance(got, ScaleObject):
        got = msgspec.convert(got, ScaleObject)
    return Scale(got.spec.replicas, got.status.replicas, got.status.selector)


def pod(got: Mapping[str, Any] | PodObject) -> Pod:
    """Raises msgspec.ValidationError, and QuantityError (both are ValueErrors)."""
    if not isinstance(got, PodObject):
        got = msgspec.convert(got, PodObject)
    meta, spec, status = got.metadata, got.spec, got.status
    return Pod(
        name=meta.name,
        labels=meta.labels or {},
        phase=status.phase,
        deleted=meta.deletion_timestamp is not None,
        started=seconds(status.start_time),
        ready=_ready(status),
        containers=tuple(_containers(spec)),
        pod_requests=_requests(spec.resources),
        overhead=quantities(spec.overhead),
    )


def seconds(at: datetime | None) -> float | None:
    """Since the epoch."""
    return None if at is None else at.timestamp()


def quantities(amounts: Amounts | None) -> dict[str, Quantity]:
    """Raises QuantityError."""
    return {name: quantity(str(text)) for name, text in (amounts or {}).items()}


quantity = lru_cache(maxsize=4096)(parse)
"""Pods of one workload request the same amounts."""


def _status(status: StatusObject) -> Status:
    return Status(
        observed_generation=status.observed_generation,
        last_scale_time=seconds(status.last_scale_time),
        current_replicas=status.current_replicas,
        desired_replicas=status.desired_replicas,
        current_metrics=tuple(status.current_metrics or ()),
        conditions=tuple(map(_condition, status.conditions or ())),
    )


def _condition(one: ConditionObject) -> Condition:
    since = seconds(one.last_transition_time)
    return Condition(one.type, one.status, one.reason or "", one.message or "", since)


def _ready(status: _PodStatus) -> ReadyCondition | None:
    for one in status.conditions or ():
        if one.type == "Ready":
            return ReadyCondition(one.status, seconds(one.last_transition_time) or 0.0)
    return None


def _containers(spec: _PodSpec) -> Iterator[Container]:
    for one in spec.containers or ():
        yield Container(name=one.name, requests=_requests(one.resources))
    for one in spec.init_containers or ():
        kind = Kind.SIDECAR if one.restart_policy == "Always" else Kind.INIT
        yield Container(name=one.name, kind=kind, requests=_requests(one.resources))


def _requests(resources: _Resources | None) -> dict[str, Quantity]:
    return quantities(resources.requests if resources else None)
