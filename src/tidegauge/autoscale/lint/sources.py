"""Metrics without regard to their type."""

from collections.abc import Iterator
from typing import NamedTuple

from tidegauge.autoscale.engine.spec import (
    ExternalSource,
    MetricName,
    MetricSpec,
    ObjectSource,
    PodsSource,
    ResourceSource,
    Target,
)
from tidegauge.autoscale.lint.subject import Subject

RESOURCES = ("Resource", "ContainerResource")
"""Types of metrics that come from metrics.k8s.io."""


def resource_sources(subject: Subject) -> Iterator[tuple[str, ResourceSource]]:
    """The blocks of metrics of these types, with their paths."""
    for path, metric in subject.metrics(*RESOURCES):
        block, source = _resource_source(metric)
        yield f"{path}.{block}", source


def _resource_source(metric: MetricSpec) -> tuple[str, ResourceSource]:
    if metric.type == "Resource":
        return "resource", metric.resource
    return "containerResource", metric.container_resource


def is_share(source: ResourceSource) -> bool:
    """Whether it is held to a share of what is requested, and not to an amount."""
    return source.target.average_value is None and source.target.average_utilization is not None


class Parts(NamedTuple):
    """One metric, whatever its type."""

    path: str
    """Of its block."""
    identity: tuple[str, ...]
    """The type, and all that tells it from others of the type."""
    target: Target
    named: MetricName | None
    """None for resources."""

    @property
    def type(self) -> str:
        return self.identity[0]


def _parts(path: str, metric: MetricSpec) -> Parts:
    if metric.type in RESOURCES:
        block, source = _resource_source(metric)
        identity = (metric.type, source.name, source.container)
        return Parts(f"{path}.{block}", identity, source.target, None)
    if metric.type == "Object":
        described = metric.object.described_object
        return _named(path, metric.type, metric.object, described.kind, described.name)
    return _named(path, metric.type, metric.pods if metric.type == "Pods" else metric.external)


def _named(
    path: str, type_: str, source: PodsSource | ObjectSource | ExternalSource, *about: str
) -> Parts:
    identity = (type_, source.metric.name, repr(source.metric.selector), *about)
    return Parts(f"{path}.{type_.lower()}", identity, source.target, source.metric)


def parts(subject: Subject) -> list[Parts]:
    """Of all its metrics."""
    return [_parts(path, metric) for path, metric in subject.metrics()]
