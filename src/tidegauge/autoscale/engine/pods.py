"""Pods as the autoscaler sees them."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tidegauge.units.quantities import Quantity


class Kind(StrEnum):
    """What a container is for."""

    CONTAINER = "container"
    SIDECAR = "sidecar"
    """An init container that restarts always, so runs beside the others."""
    INIT = "init"


class Container(Struct, frozen=True, kw_only=True):
    """A container and its requests by resource."""

    name: str
    kind: Kind = Kind.CONTAINER
    requests: Mapping[str, Quantity] = {}


class ReadyCondition(Struct, frozen=True, gc=False):
    """The pod's Ready condition; the time in seconds, on the same clock as `now`."""

    status: str
    since: float


class Pod(Struct, frozen=True, kw_only=True, gc=False):
    """A pod of the HPA's namespace. Times in seconds, on the same clock as `now`."""

    name: str
    labels: Mapping[str, str] = {}
    phase: str = "Running"
    deleted: bool = False
    """It has a deletionTimestamp."""
    started: float | None = None
    ready: ReadyCondition | None = None
    """None: it has no such condition."""
    containers: tuple[Container, ...] = ()
    """Init containers in the order of the spec, relative to each other."""
    pod_requests: Mapping[str, Quantity] = {}
    """`spec.resources.requests`."""
    overhead: Mapping[str, Quantity] = {}
