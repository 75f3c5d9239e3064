"""The API server's validation of one entry of `spec.metrics`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidegauge.autoscale.lint.causes import Cause, forbidden, invalid, required, unsupported
from tidegauge.autoscale.lint.names import (
    container_resource_faults,
    label_faults,
    segment_faults,
)
from tidegauge.autoscale.lint.references import reference_causes
from tidegauge.units.quantities import parse

Json = Mapping[str, Any]

_TARGET_TYPES = ("Utilization", "Value", "AverageValue")

_BOTH_RAW = "may not set both a target raw value and a target utilization"
_NEITHER_RAW = "must set either a target raw value or a target utilization"


def metric_causes(metric: Json, path: str) -> Iterator[Cause]:
    """Of a MetricSpec. Of several blocks only the first is looked at in depth.

    Of an unknown type upstream complains twice.
    """
    kind = metric.get("type") or ""
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
    if kind not in _BLOCKS:
        yield unsupported(f"{path}.type", kind, _BLOCKS)
    present = [name for name in _CHECKS if metric.get(name) is not None]
    for name in present[:1]:
        yield from _CHECKS[name](metric[name], f"{path}.{name}")
    expected = _BLOCKS.get(kind)
    if expected and expected not in present:
        detail = "must populate information for the given metric source"
        yield required(f"{path}.{expected}", detail)
    elif not expected:
        yield unsupported(f"{path}.type", kind, _BLOCKS)
    surplus = [name for name in present if name != expected] if len(present) != 1 else []
    for name in sorted(surplus):
        yield forbidden(f"{path}.{name}", "must populate the given metric source only")


def _object(source: Json, path: str) -> Iterator[Cause]:
    described = source.get("describedObject") or {}
    yield from reference_causes(described, f"{path}.describedObject", group_needed=False)
    yield from _identifier(source, path)
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    if not (_has(target, "value") or _has(target, "averageValue")):
        detail = "must set either a target value or averageValue"
        yield required(f"{path}.target.averageValue", detail)


def _external(source: Json, path: str) -> Iterator[Cause]:
    yield from _identifier(source, path)
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    total, share = _has(target, "value"), _has(target, "averageValue")
    if not (total or share):
        detail = "must set either a target value for metric or a per-pod target"
        yield required(f"{path}.target.averageValue", detail)
    if total and share:
        detail = "may not set both a target value for metric and a per-pod target"
        yield forbidden(f"{path}.target.value", detail)


def _pods(source: Json, path: str) -> Iterator[Cause]:
    yield from _identifier(source, path)
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    if not _has(target, "averageValue"):
        detail = "must specify a positive target averageValue"
        yield required(f"{path}.target.averageValue", detail)


def _resource(source: Json, path: str) -> Iterator[Cause]:
    if not source.get("name"):
        yield required(f"{path}.name", "must specify a resource name")
    yield from _resource_target(source, path)


def _container_resource(source: Json, path: str) -> Iterator[Cause]:
    name, container = source.get("name") or "", source.get("container") or ""
    if not name:
        yield required(f"{path}.name", "must specify a resource name")
    for fault in container_resource_faults(name) if name else ():
        yield invalid(f"{path}.name", name, fault)
    if not container:
        yield required(f"{path}.container", "must specify a container")
    for fault in label_faults(container) if container else ():
        yield invalid(f"{path}.container", container, fault)
    yield from _resource_target(source, path)


def _resource_target(source: Json, path: str) -> Iterator[Cause]:
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    share, amount = _has(target, "averageUtilization"), _has(target, "averageValue")
    if not (share or amount):
        yield required(f"{path}.target.averageUtilization", _NEITHER_RAW)
    if share and amount:
        yield forbidden(f"{path}.target.averageValue", _BOTH_RAW)


def _identifier(source: Json, path: str) -> Iterator[Cause]:
    name = (source.get("metric") or {}).get("name") or ""
    if not name:
        yield required(f"{path}.metric.name", "must specify a metric name")
    for fault in segment_faults(name):
        yield invalid(f"{path}.metric.name", name, fault)


def _target(target: Json, path: str) -> Iterator[Cause]:
    kind = target.get("type") or ""
    if not kind:
        yield required(f"{path}.type", "must specify a metric target type")
    if kind not in _TARGET_TYPES:
        yield invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for figure in ("value", "averageValue"):
        if _has(target, figure):
            amount = parse(str(target[figure]).strip())
            if amount.nano <= 0:
                yield invalid(f"{path}.{figure}", amount, "must be positive")
    if _has(target, "averageUtilization") and target["averageUtilization"] < 1:
        share = target["averageUtilization"]
        yield invalid(f"{path}.averageUtilization", share, "must be greater than 0")


def _has(target: Json, figure: str) -> bool:
    return target.get(figure) is not None


_CHECKS: dict[str, Callable[[Json, str], Iterator[Cause]]] = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}
"""In the order in which upstream looks for them."""

_BLOCKS = {name[0].upper() + name[1:]: name for name in _CHECKS}
"""By the metric's type."""
