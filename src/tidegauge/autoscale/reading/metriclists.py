"""The lists of the three metric APIs, decoded from JSON; amounts in milli-units.

Every decoder raises ValueError, which msgspec's errors are too.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from tidegauge.autoscale.engine.answers import ContainerUsage, PodUsage, PodValue
from tidegauge.autoscale.reading.objects import Amounts, Metadata, quantity, seconds
from tidegauge.units.duration import parse_duration

_NO_TIME = -62_135_596_800.0
"""Go's zero time, the first second of the year one."""

_NS = 1e-9


class _Container(Struct, frozen=True):
    name: str = ""
    usage: Amounts | None = None


class PodMetricsObject(Struct, frozen=True, kw_only=True):
    """An item of metrics.k8s.io; its labels are the pod's."""

    metadata: Metadata = Metadata()
    timestamp: datetime | None = None
    window: str = "0"
    containers: list[_Container] | None = None


class PodMetricsList(Struct, frozen=True):
    items: list[PodMetricsObject] | None = None


class _Named(Struct, frozen=True):
    name: str = ""


class _MetricValue(Struct, frozen=True, kw_only=True, rename="camel"):
    described_object: _Named = _Named()
    timestamp: datetime | None = None
    window_seconds: int | None = None
    value: str | int | float | None = None


class _MetricValueList(Struct, frozen=True):
    items: list[_MetricValue] | None = None


class _ExternalValue(Struct, frozen=True):
    value: str | int | float | None = None


class _ExternalValueList(Struct, frozen=True):
    items: list[_ExternalValue] | None = None


def pod_usage(item: PodMetricsObject) -> PodUsage:
    """Raises ValueError."""
    containers = item.containers or ()
    return PodUsage(
        item.metadata.name,
        _time(item.timestamp),
        parse_duration(item.window) * _NS,
        tuple(ContainerUsage(one.name, _usage(one)) for one in containers),
    )


def _usage(container: _Container) -> dict[str, int]:
    return {name: _milli(value) for name, value in (container.usage or {}).items()}


def pod_usages(body: bytes) -> tuple[PodUsage, ...]:
    """A PodMetricsList."""
    listed = msgspec.json.decode(body, type=PodMetricsList)
    return tuple(map(pod_usage, listed.items or ()))


def pod_values(body: bytes) -> tuple[PodValue, ...]:
    """A MetricValueList on pods, of either version."""
    listed = msgspec.json.decode(body, type=_MetricValueList)
    return tuple(
        PodValue(
            one.described_object.name,
            _time(one.timestamp),
            None if one.window_seconds is None else float(one.window_seconds),
            _milli(one.value),
        )
        for one in listed.items or ()
    )


def object_value(body: bytes) -> int:
    """A MetricValueList on one object."""
    items = msgspec.json.decode(body, type=_MetricValueList).items or ()
    if len(items) != 1:
        raise ValueError(
            f"the custom metrics API server returned {len(items)} results "
            "when we asked for exactly one"
        )
    return _milli(items[0].value)


def external_values(body: bytes) -> tuple[int, ...]:
    """An ExternalMetricValueList, a value for each series."""
    listed = msgspec.json.decode(body, type=_ExternalValueList)
    return tuple(_milli(one.value) for one in listed.items or ())


def _time(at: datetime | None) -> float:
    found = seconds(at)
    return _NO_TIME if found is None else found


def _milli(value: str | float | None) -> int:
    """What is null or not there is nought, as in Go."""
    return 0 if value is None else quantity(str(value)).milli
