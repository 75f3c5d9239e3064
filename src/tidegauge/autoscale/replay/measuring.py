"""What the metric APIs answer about the simulated pods: averages over a window, some time later."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tidegauge.autoscale.engine.answers import ContainerUsage, PodUsage, PodValue
from tidegauge.autoscale.replay.fleet import Life
from tidegauge.autoscale.replay.traffic import Traffic
from tidegauge.autoscale.replay.workload import Container, Workload


class Figure(StrEnum):
    """What a custom or external metric tells of the load."""

    REQUESTS = "requests"
    """Offered, per second."""
    SERVED = "served"
    """Served, per second."""
    QUEUE = "queue"
    """Waiting."""


class Look(NamedTuple):
    """The totals at one moment, and what holds then."""

    at: float
    arrived: float
    served: float
    each: float
    """What a pod that was always ready has served."""
    pace: float
    """Requests per second that each ready pod serves."""
    waiting: float
    row: int
    """Of the load, for the figures of its further columns."""


class Meter:
    """Keeps a look each period, from before the beginning on."""

    def __init__(self, workload: Workload, began: float) -> None:
        self._workload = workload
        self._began = began
        self._looks: list[Look] = []

    @property
    def next_look(self) -> float:
        return self._began + len(self._looks) * self._workload.measuring.period

    def look(self, traffic: Traffic, row: int) -> None:
        """To be called at each `next_look`."""
        self._looks.append(
            Look(
                self.next_look,
                traffic.arrived,
                traffic.served,
                traffic.each,
                traffic.pace,
                traffic.waiting,
                row,
            )
        )

    def span(self, now: float) -> "Span | None":
        """What can be read `now`; None as long as there are no two looks."""
        measuring = self._workload.measuring
        newest = math.floor((now - measuring.delay - self._began) / measuring.period + _NOISE)
        oldest = newest - math.floor(measuring.window / measuring.period + _NOISE)
        if newest < 1:
            return None
        return Span(self._workload, self._looks[max(oldest, 0) : newest + 1])


_NOISE = 1e-9
"""Of periods: floats of a whole number of them are to be that number."""


class Span:
    """The looks of one window, oldest first, at least two."""

    def __init__(self, workload: Workload, looks: Sequence[Look]) -> None:
        self._workload = workload
        self._looks = looks
        self.newest, self.oldest = looks[-1], looks[0]
        self.window = self.newest.at - self.oldest.at

    def usage(self, pods: Sequence[Life]) -> list[PodUsage]:
        """As metrics.k8s.io has it: pods that were looked at less than twice are not there."""
        at, window, steady = self.newest.at, self.window, self._steady()
        found = []
        for pod in pods:
            if pod.ready is not None and pod.ready <= self.oldest.at:
                found.append(PodUsage(pod.name, at, window, steady))
            elif since := self._first_look(pod):
                found.append(self._young_usage(pod, since))
        return found

    def _steady(self) -> tuple[ContainerUsage, ...]:
        """Of every pod that was ready for the whole window."""
        pace = (self.newest.each - self.oldest.each) / self.window
        return tuple(
            _container_usage(one, one.idle + one.work * pace, self.newest.pace)
            for one in self._workload.containers
        )

    def _first_look(self, pod: Life) -> Look | None:
        """None where there is none before the newest."""
        if pod.running is None:
            return None
        return next((look for look in self._looks[:-1] if look.at >= pod.running), None)

    def _young_usage(self, pod: Life, since: Look) -> PodUsage:
        """Of a pod that started or became ready within the window."""
        window = self.newest.at - since.at
        ready = math.inf if pod.ready is None else pod.ready
        idle_until = min(max(ready, since.at), self.newest.at)
        starting = (idle_until - since.at) / window
        served = self._served(pod, since) / window
        pace = self.newest.pace if ready < self.newest.at else 0.0
        containers = tuple(
            _container_usage(
                one,
                starting * one.at_start + (1 - starting) * one.idle + one.work * served,
                pace,
            )
            for one in self._workload.containers
        )
        return PodUsage(pod.name, self.newest.at, window, containers)

    def _served(self, pod: Life, since: Look) -> float:
        if pod.ready is None or pod.ready >= self.newest.at:
            return 0.0
        return self.newest.each - max(since.each, pod.served_before)

    def per_pod(self, pods: Sequence[Life]) -> list[PodValue]:
        """Requests per second that each pod has served; of those looked at at least twice."""
        found = []
        for pod in pods:
            since = self._first_look(pod)
            if since:
                window = self.newest.at - since.at
                rate = self._served(pod, since) / window
                found.append(PodValue(pod.name, self.newest.at, window, milli(rate)))
        return found

    def total(self, figure: Figure) -> float:
        """Of the whole workload."""
        if figure is Figure.QUEUE:
            return self.newest.waiting
        if figure is Figure.SERVED:
            return (self.newest.served - self.oldest.served) / self.window
        return (self.newest.arrived - self.oldest.arrived) / self.window


def milli(value: float) -> int:
    """As adapters and metrics servers write it and the controller reads it: nano-units, up to
    milli-units.
    """
    return -(-round(value * 1e9) // 1_000_000)


def _container_usage(container: Container, cores: float, pace: float) -> ContainerUsage:
    usage = {"cpu": milli(cores)}
    if container.memory is not None:
        usage["memory"] = round(container.memory + container.memory_per_rate * pace) * 1000
    return ContainerUsage(container.name, usage)
