"""The workload that is simulated: what a request costs, how pods start, how they are measured."""

import math

from msgspec import Struct


class Container(Struct, frozen=True, kw_only=True):
    """One container of each pod. Without a limit it uses what it needs."""

    name: str
    work: float = 0.0
    """CPU seconds per request."""
    idle: float = 0.0
    """Cores that it uses without requests."""
    starting: float | None = None
    """Cores that it uses from its start until its pod is ready; None: as idle."""
    request: float | None = None
    """Cores."""
    limit: float | None = None
    """Cores."""
    memory: float | None = None
    """Bytes without requests; None: memory is not modelled."""
    memory_per_rate: float = 0.0
    """Bytes more for each request per second."""
    memory_request: float | None = None
    """Bytes."""
    sidecar: bool = False
    """An init container that restarts always."""

    @property
    def at_start(self) -> float:
        """Cores that it gets from its start until its pod is ready."""
        wanted = self.idle if self.starting is None else self.starting
        return wanted if self.limit is None else min(wanted, self.limit)

    @property
    def capacity(self) -> float:
        """Requests per second at its limit."""
        return self._rate(self.limit)

    @property
    def guaranteed(self) -> float:
        """Requests per second that it can always serve: at its limit, else at its request."""
        return self._rate(self.request if self.limit is None else self.limit)

    def _rate(self, cores: float | None) -> float:
        return math.inf if cores is None or not self.work else max(cores - self.idle, 0) / self.work


class Measuring(Struct, frozen=True, kw_only=True):
    """As a metrics server does it. Seconds."""

    period: float = 15.0
    """Pods are looked at this often: metrics-server's default."""
    window: float = 15.0
    """Rates are averages over this long."""
    delay: float = 10.0
    """Until a look can be read: housekeeping of the kubelet, and the way through its servers."""


class Workload(Struct, frozen=True, kw_only=True):
    """Requests are spread evenly over the ready pods. Seconds."""

    containers: tuple[Container, ...]
    replicas: int
    """At the beginning: ready since long."""
    start_delay: float = 5.0
    """From being placed on a node until the containers run: pulling and starting."""
    ready_delay: float = 10.0
    """From there until the pod is ready."""
    room: int | None = None
    """How many pods the nodes can take; further ones are pending."""
    queue: bool = True
    """Requests beyond the capacity wait; else they are dropped."""
    measuring: Measuring = Measuring()

    @property
    def capacity(self) -> float:
        """Requests per second of one pod: those of its narrowest container."""
        return min(one.capacity for one in self.containers)

    @property
    def guaranteed(self) -> float:
        """Requests per second that one pod can serve whatever else its node does."""
        return min(one.guaranteed for one in self.containers)

    def demand(self, rate: float) -> int:
        """The least number of pods that serve `rate` as it comes: the demand curve of the scores.

        0 for no load. What waits from before is not counted. ZeroDivisionError where a pod can
        serve nothing.
        """
        if not rate:
            return 0
        return max(math.ceil(rate / self.guaranteed - _NOISE), 1)


_NOISE = 1e-9
"""Floats of a whole number of pods are not to need one more."""
