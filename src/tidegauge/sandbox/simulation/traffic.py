"""Load on pods, and CPU for them: once per tick, from what is wanted to what each gets."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from tidegauge.sandbox.simulation.container import Container
from tidegauge.sandbox.simulation.engine import SECOND, Engine
from tidegauge.sandbox.simulation.fairshare import share
from tidegauge.sandbox.simulation.kubelet import Kubelet, PodKey
from tidegauge.sandbox.simulation.meter import Flow, Meter
from tidegauge.sandbox.simulation.pod import Pod
from tidegauge.sandbox.simulation.shapes import rate_at
from tidegauge.sandbox.simulation.story import Load

TICK = SECOND
"""How long rates stay as they are, unless a container ends: short beside a housekeeping period."""

_UNEVEN = 0.25
"""How much an idle process's CPU varies from tick to tick, up or down."""

_SYSTEM_PER_CONTAINER = 2_000
"""Microcores that the kubelet and the runtime take for each."""

_LEAST_WEIGHT = 2_000
"""A container that asks for nothing still has two of the kernel's shares, of 1024 per CPU."""

_OOM = 137
_ONE_CORE = 1_000_000


class Traffic:
    """`flows` says of each loaded workload (`namespace/name`) what became of its requests."""

    def __init__(
        self,
        loads: Sequence[Load],
        kubelets: Iterable[Kubelet],
        engine: Engine,
        seed: str,
        begins: int,
    ) -> None:
        """The story `begins` at that millisecond; until then the load is as in its beginning."""
        self.flows = {load.to: Flow() for load in loads}
        self._loads = loads
        self._kubelets = tuple(kubelets)
        self._engine = engine
        self._seed = seed
        self._random = random.Random(f"{seed}/traffic")  # noqa: S311  (repeatable, no secret)
        self._begins = begins
        engine.every(TICK, self._tick)

    def _tick(self) -> None:
        by_app: dict[str, list[Pod]] = defaultdict(list)
        up = (kubelet.pods.values() for kubelet in self._kubelets if kubelet.up)
        for pod in chain.from_iterable(up):
            by_app[f"{pod.key[0]}/{pod.app}"].append(pod)
        for kubelet in self._kubelets:
            kubelet.system.settle(self._engine.now)
            for _, _, meter in kubelet.running():
                meter.settle(self._engine.now)
                meter.work.arriving = 0
        for load in self._loads:
            self._send(load, by_app[load.to])
        for kubelet in self._kubelets:
            self._run(kubelet)

    def _send(self, load: Load, pods: Sequence[Pod]) -> None:
        """Share what arrives until the next tick among the pods that are ready."""
        time = self._engine.now - self._begins
        arriving = int(rate_at(load, time, self._seed) * load.work) // 1000
        flow = self.flows[load.to]
        serving: list[tuple[int, Meter]] = []
        for pod in pods:
            meter = pod.main[0].meter
            if meter:
                meter.work.flow, meter.work.cost = flow, load.work
                meter.work.turn_away(load.patience * (meter.cpu_limit or _ONE_CORE))
                if pod.serving:
                    serving.append((pod.share, meter))
        if not serving:
            flow.arrived += arriving * TICK
            flow.lost += arriving * TICK
        left, weight = arriving, sum(part for part, _ in serving)
        for part, meter in serving:
            meter.work.arriving = left * part // weight
            left -= meter.work.arriving
            weight -= part

    def _run(self, kubelet: Kubelet) -> None:
        """Give each container of a node its CPU and memory until the next tick."""
        running = [
            self._ask(pod.key, container, meter) for pod, container, meter in kubelet.running()
        ]
        kubelet.system.rate = self._system(kubelet, len(running))
        granted = share(
            [each.allowed for each in running],
            [max(_LEAST_WEIGHT, each.container.spec.requests.cpu) for each in running],
            kubelet.machine.cpu - kubelet.system.rate,
        )
        for each, got in zip(running, granted, strict=True):
            each.meter.run(each.overhead, each.wanted, got)
            each.meter.hold(self._engine.now, TICK)
        for each in running:
            if each.meter.out_of_memory:
                kubelet.pods[each.pod].kill(each.container, _OOM, "OOMKilled")

    def _ask(self, pod: PodKey, container: Container, meter: Meter) -> "_Asking":
        overhead = int(meter.overhead(self._engine.now) * self._wobble())
        wanted = meter.wanted(overhead, TICK)
        allowed = wanted if meter.cpu_limit is None else min(wanted, meter.cpu_limit)
        return _Asking(pod, container, meter, overhead, wanted, allowed)

    def _system(self, kubelet: Kubelet, containers: int) -> int:
        always = kubelet.system.image.cpu + _SYSTEM_PER_CONTAINER * containers
        return int(always * self._wobble())

    def _wobble(self) -> float:
        return 1 + _UNEVEN * (2 * self._random.random() - 1)


class _Asking(NamedTuple):
    """A container that runs, and the microcores it takes without work, wants, and may have."""

    pod: PodKey
    container: Container
    meter: Meter
    overhead: int
    wanted: int
    allowed: int
