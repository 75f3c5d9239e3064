"""The spec of an autoscaling/v2 HorizontalPodAutoscaler, as the API server keeps it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tidegauge.units.quantities import Quantity, parse


class Reference(Struct, frozen=True, kw_only=True, rename="camel"):
    """A CrossVersionObjectReference."""

    kind: str = ""
    name: str = ""
    api_version: str = ""


class Target(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a metric is held to. Upstream mostly looks at which figure is set, not at the type."""

    type: str = ""
    average_utilization: int | None = None
    average_value: Quantity | None = None
    value: Quantity | None = None


class MetricName(Struct, frozen=True, kw_only=True):
    """A metric's name and the LabelSelector of its series, as JSON; together they tell metrics
    apart.
    """

    name: str = ""
    selector: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        """Selectors are dicts, which have none; few metrics differ by selector alone."""
        return hash(self.name)


class ResourceSource(Struct, frozen=True, kw_only=True):
    """Usage of a resource by whole pods, or by one container where it is named."""

    name: str = ""
    container: str = ""
    target: Target = Target()


class PodsSource(Struct, frozen=True, kw_only=True):
    """A custom metric of each pod."""

    metric: MetricName = MetricName()
    target: Target = Target()


class ObjectSource(Struct, frozen=True, kw_only=True, rename="camel"):
    """A custom metric of one object."""

    described_object: Reference = Reference()
    metric: MetricName = MetricName()
    target: Target = Target()


class ExternalSource(Struct, frozen=True, kw_only=True):
    """A metric from outside the cluster."""

    metric: MetricName = MetricName()
    target: Target = Target()


class MetricSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    """`type` picks one of the sources; the API server makes sure that it is there."""

    type: str = ""
    resource: ResourceSource = ResourceSource()
    container_resource: ResourceSource = ResourceSource()
    pods: PodsSource = PodsSource()
    object: ObjectSource = ObjectSource()
    external: ExternalSource = ExternalSource()


class Policy(Struct, frozen=True, kw_only=True, rename="camel"):
    """How much may change within a period: pods, or a percentage."""

    type: str
    value: int
    period_seconds: int


class Rules(Struct, frozen=True, kw_only=True, rename="camel"):
    """The behaviour in one direction."""

    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: tuple[Policy, ...] = ()
    tolerance: Quantity | None = None


class Behavior(Struct, frozen=True, kw_only=True, rename="camel"):
    """Both directions; where it is set at all, the API server fills in both."""

    scale_up: Rules = Rules()
    scale_down: Rules = Rules()


class Spec(Struct, frozen=True, kw_only=True, rename="camel"):
    """`behavior` None is another algorithm than an empty one."""

    scale_target_ref: Reference
    min_replicas: int | None = None
    max_replicas: int
    metrics: tuple[MetricSpec, ...] = ()
    behavior: Behavior | None = None

    @property
    def minimum(self) -> int:
        return 1 if self.min_replicas is None else self.min_replicas

    @property
    def may_be_zero(self) -> bool:
        """It has a metric that is there without pods."""
        return any(metric.type in ("Object", "External") for metric in self.metrics)


def decode_spec(json: Mapping[str, Any]) -> Spec:
    """The API's JSON. Raises msgspec.ValidationError, which names the field."""
    return msgspec.convert(json, Spec, dec_hook=_decode)


def _decode(kind: type, value: Any) -> Any:
    """A quantity may be written as a number, and blanks around it are let pass."""
    if kind is not Quantity:
        raise NotImplementedError(kind)
    return parse(str(value).strip())
