"""One node's kubelet: runs the pods that are bound to the node, measures them, tells of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from tidegauge.sandbox import exposition, summary
from tidegauge.sandbox.apiserver.storage import Storage, key_of
from tidegauge.sandbox.records import Node
from tidegauge.sandbox.simulation import looks
from tidegauge.sandbox.simulation.container import Container
from tidegauge.sandbox.simulation.engine import SECOND, Engine
from tidegauge.sandbox.simulation.machines import Machine
from tidegauge.sandbox.simulation.measuring import Measurements, system_meter
from tidegauge.sandbox.simulation.meter import Meter
from tidegauge.sandbox.simulation.pod import Pod
from tidegauge.sandbox.simulation.podlife import PodLife
from tidegauge.sandbox.simulation.podspec import is_finished
from tidegauge.sandbox.simulation.podstatus import status_of
from tidegauge.sandbox.simulation.recorder import Recorder
from tidegauge.sandbox.simulation.story import Image

Object: TypeAlias = dict[str, Any]
PodKey: TypeAlias = tuple[str, str]

_FIRST_MEASUREMENT = (300, 1500)
"""Milliseconds after a start within which it is measured for the first time."""


@dataclass(slots=True)
class Images:
    """What is on the node; pulled one after another, as kubelets do."""

    there: set[str] = field(default_factory=set)
    free_at: int = 0


class Kubelet:
    """`images` gives the behaviour of an image by its name; `housekeeping` in milliseconds."""

    def __init__(
        self,
        machine: Machine,
        storage: Storage,
        engine: Engine,
        recorder: Recorder,
        images: Callable[[str], Image],
        *,
        housekeeping: int,
        seed: str,
    ) -> None:
        self.machine = machine
        self.engine = engine
        self.random = random.Random(f"{seed}/{machine.name}")  # noqa: S311  (repeatable, no secret)
        self.pods: dict[PodKey, PodLife] = {}
        self.system = system_meter(engine.now)
        self.measured = Measurements(machine, self.system, self.pods, lambda: engine.now)
        self.up = True
        """Whether it hears and tells anything."""

        self.scrape_error = False
        self.image = images
        self._storage = storage
        self._recorder = recorder
        self._housekeeping = housekeeping
        self._images = Images()
        self._addresses = 1
        self._pod_address: dict[str, str] = {}
        self.measured.measure_node()
        first = self.random.randrange(housekeeping)
        engine.every(housekeeping, self.measured.measure_node, first)

    def set_up(self, *, up: bool) -> None:
        """Fall silent, or come back."""
        self.up = up
        self.catch_up()

    def catch_up(self) -> None:
        """Look at all pods again, as after a time without the API."""
        bound = {
            key_of(pod)
            for pod in self._storage.list("pods")
            if pod["spec"].get("nodeName") == self.machine.name
        }
        for key in sorted(bound | self.pods.keys()):
            self.see(key)
            if key in self.pods:
                self.changed(self.pods[key])

    # What the API server says

    def see(self, key: PodKey) -> None:
        """A pod that is bound here, or was, has changed."""
        if not self._connected:
            return
        obj, pod = self._storage.get("pods", *key), self.pods.get(key)
        bound = obj is not None and obj["spec"].get("nodeName") == self.machine.name
        if pod and (obj is None or not bound or obj["metadata"]["uid"] != pod.uid):
            pod.drop()
            self._forget(pod)
            pod = None
        if obj is None or not bound:
            return
        if pod is None:
            if not is_finished(obj) and "deletionTimestamp" not in obj["metadata"]:
                pod = self.pods[key] = PodLife(obj, self)
                self.changed(pod)
            elif "deletionTimestamp" in obj["metadata"]:
                self._storage.delete("pods", *key)
            return
        pod.obj = obj
        if "deletionTimestamp" in obj["metadata"]:
            grace = obj["metadata"].get("deletionGracePeriodSeconds") or 0
            pod.stop(grace * SECOND)

    # What a pod's life needs

    def has_image(self, name: str) -> bool:
        return name in self._images.there

    def pull(self, name: str, image: Image) -> int:
        images = self._images
        takes = round(image.pull * self.random.uniform(0.8, 1.3))
        images.free_at = max(images.free_at, self.engine.now) + takes
        self.engine.at(images.free_at, lambda: images.there.add(name))
        return images.free_at

    def swap_limit(self, container: Container) -> int:
        """As LimitedSwap: only Burstable pods, in proportion to the memory they ask for."""
        asked = container.spec.requests.memory
        limit = container.spec.memory_limit
        if not self.machine.swap or not asked or asked == limit:
            return 0
        return asked * self.machine.swap // self.machine.memory

    def note(self, pod: Pod, reason: str, message: str, *, warning: bool = False) -> None:
        write = self._recorder.warn if warning else self._recorder.record
        write(pod.obj, "kubelet", reason, message, host=self.machine.name)

    def changed(self, pod: Pod) -> None:
        stored = self._storage.get("pods", *pod.key)
        if not self._connected or stored is None or stored["metadata"]["uid"] != pod.uid:
            return
        pod.obj = stored
        status = status_of(pod, self.engine.now, self._address(pod))
        pod.obj = self._storage.update("pods", stored | {"status": status})

    def started(self, pod: Pod, container: Container) -> None:
        meter = container.meter

        def measure() -> None:
            if meter and container.meter is meter:
                self.engine.after(self._housekeeping, measure)
                self.measured.measure(pod, container, meter)

        self.engine.after(self.random.randint(*_FIRST_MEASUREMENT), measure)

    def ended(self, meter: Meter) -> None:
        self.measured.ended(meter)

    def finished(self, pod: Pod) -> None:
        self._forget(pod)
        stored = self._storage.get("pods", *pod.key)
        if self._connected and stored and stored["metadata"]["uid"] == pod.uid:
            self._storage.delete("pods", *pod.key)

    # What it measures

    def running(self) -> Iterator[tuple[Pod, Container, Meter]]:
        for pod in self.pods.values():
            for container in pod.containers:
                if container.meter:
                    yield pod, container, container.meter

    @property
    def latest(self) -> Node:
        """What is told at present: measurements of some moments ago, as kubelets have them."""
        return replace(looks.latest(self.measured), whole=not self.scrape_error)

    @property
    def earlier(self) -> Node:
        """The measurements before those: what rates are made of."""
        return looks.earlier(self.measured)

    def resource_metrics(self) -> bytes:
        """The body of `/metrics/resource`."""
        return exposition.encode(self.latest)

    def summary(self) -> bytes:
        """The body of `/stats/summary`."""
        return summary.encode(self.latest, self.earlier)

    @property
    def _connected(self) -> bool:
        return self.up and self.engine.api_answers

    def _forget(self, pod: Pod) -> None:
        self.measured.forget(pod)
        self.pods.pop(pod.key, None)
        self._pod_address.pop(pod.uid, None)

    def _address(self, pod: Pod) -> str:
        if pod.uid not in self._pod_address:
            self._addresses = self._addresses % 250 + 2
            self._pod_address[pod.uid] = f"10.244.{self.machine.number}.{self._addresses}"
        return self._pod_address[pod.uid]
