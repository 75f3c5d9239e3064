"""What is known of a cluster at one moment, in the terms of a screen."""

from collections.abc import Sequence
from typing import NamedTuple

from tidegauge.console.scrapes import Failure

UNMEASURED = "not measured twice yet"


class Use(NamedTuple):
    """Cores and bytes, and the age in seconds of the time stamp that came with them."""

    cpu: float
    memory: int
    age: float = 0.0


class NodeRow(NamedTuple):
    name: str
    ready: bool
    cpu: float
    memory: int
    use: Use | None
    failure: Failure | None


class PodRow(NamedTuple):
    namespace: str
    name: str
    node: str
    use: Use


class WorkloadRow(NamedTuple):
    namespace: str
    name: str
    wanted: int
    ready: int
    use: Use | None
    partial: bool
    """Whether there is no usage of some of its running pods."""


class AutoscalerRow(NamedTuple):
    namespace: str
    name: str
    target: str
    """As `Deployment/web`."""

    usage: str
    """Against what is wanted, as `kubectl get hpa` shows it."""

    minimum: int
    maximum: int
    wanted: int | None
    """The target's size; None where there is no such workload."""

    ready: int
    said: str = ""
    """By its conditions: what keeps it from scaling, or how it is."""

    age: float = 0.0
    """Seconds since it was made."""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


class Gap(NamedTuple):
    """Something that should have fresh usage and has none."""

    what: str
    why: str
    nodes: frozenset[str]
    excused: bool = False
    """There is usage, only no news of it; or what lacks it does not run, or not for long enough."""


class EventRow(NamedTuple):
    age: float
    warning: bool
    reason: str
    about: str
    message: str


class Picture(NamedTuple):
    nodes: Sequence[NodeRow]
    pods: Sequence[PodRow]
    workloads: Sequence[WorkloadRow]
    gaps: Sequence[Gap]
    events: Sequence[EventRow]
    autoscalers: Sequence[AutoscalerRow] = ()
    running: int = 0
    """Pods that run, be there usage of them or not."""

    freshness: Sequence[float] = ()
    """Ages of all that is served, in seconds."""
