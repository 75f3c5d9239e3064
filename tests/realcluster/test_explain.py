"""What `hpa explain` foretells, against what the real HPA controller then does, look by look.

The controller looks two seconds after us at the latest, and the load may change meanwhile: what it
saw is in the status that it writes. Where that is what we saw, its decision has to be ours.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, node
from tests.realcluster.servers import MetricsServer
from tests.realcluster.test_controller import (
    CPU,
    MEMORY,
    MIB,
    NOBODY_SERVES,
    STEPWISE,
    autoscaler,
    deployment,
)
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.explaining.explanation import Explanation
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.cluster.client import Client
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.console.hpa.explain.looking import look
from tidegauge.units.clock import SystemClock

NAMESPACE = "explained"
PERIOD = 2.0
# As the control plane's controller runs, see FAST_AUTOSCALER.
SETTINGS = Settings(
    downscale_stabilization=10.0, cpu_initialization_period=0.0, initial_readiness_delay=0.0
)
LOAD_SECONDS = 9.0
LOOK_SECONDS = 0.25
# Of the controller's periods: a window ends within one, and the next look is within another.
NEAR = 2
# Cores, and a hundred MiB: up far and near, down far and near, and back while still held.
LOADS = (0.4, 2.7, 1.2, 2.0, 0.3, 0.9, 0.9)
# Of each HPA: the first and the last status are written in the midst of things.
LEAST_STEPS = 3

AUTOSCALERS = {
    "plain": autoscaler(NAMESPACE, "plain", CPU),
    "stepwise": autoscaler(NAMESPACE, "stepwise", CPU, behavior=STEPWISE),
    "capped": autoscaler(NAMESPACE, "capped", MEMORY, maxReplicas=2),
    "half-blind": autoscaler(NAMESPACE, "half-blind", CPU, NOBODY_SERVES),
}


class Step(NamedTuple):
    """A status that the controller wrote, and what was foretold just before."""

    foretold: Explanation
    status: dict[str, Any]
    after: Explanation

    @property
    def outcome(self) -> str:
        """`doubted` is a difference that the explanation said it could not exclude; `early` is what
        was foretold for one of the controller's next looks.
        """
        first = self.foretold.metrics[0]
        seen = self.foretold.verdict.current, first.usage
        if seen != (self.status["currentReplicas"], _figure(self.status)) or self._in_flux:
            return "other input"
        if self._foretold == self.status["desiredReplicas"]:
            return "equal"
        if self._soon:
            return "early"
        return "doubted" if self.foretold.assumed else "different"

    @property
    def _in_flux(self) -> bool:
        """Pods were just starting, so nobody knows which of their samples the controller had."""
        before, after = self.foretold.metrics[0], self.after.metrics
        return bool(before.left_out) and (not after or before.left_out != after[0].left_out)

    @property
    def _soon(self) -> bool:
        """We remember what we saw, up to a period later than the controller saw it."""
        upcoming = self.foretold.outlook
        if upcoming is None or upcoming.desired != self.status["desiredReplicas"]:
            return False
        return (upcoming.at - self.foretold.at).total_seconds() <= NEAR * PERIOD

    @property
    def _foretold(self) -> int | None:
        """Where too many metrics failed, the size stays."""
        verdict = self.foretold.verdict
        return verdict.current if verdict.outcome == "blocked" else verdict.desired

    def __str__(self) -> str:
        was, figure = self.status["currentReplicas"], _figure(self.status)
        seen = f"{self.foretold.verdict.current} at {self.foretold.metrics[0].usage}"
        done = f"{was} at {figure} -> {self.status['desiredReplicas']}"
        return f"{self.outcome:12} foretold {seen} -> {self._foretold}, was {done}"


def _figure(status: dict[str, Any]) -> str:
    current = status["currentMetrics"][0]["resource"]["current"]
    percent = current.get("averageUtilization")
    return current["averageValue"] if percent is None else f"{percent}%"


@pytest.fixture(scope="module")
def placer(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[Placer]:
    """The Deployments with their HPAs, and what stands in for scheduler and kubelets."""
    assert metrics_api.running
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with ExitStack() as stack:
        nodes = [stack.enter_context(node(admin, kubelets, f"explained-{i}")) for i in range(2)]
        placer = Placer(control_plane.client("explained", ["system:masters"]), nodes)
        stack.enter_context(placer)
        _set_loads(placer, LOADS[0])
        for name, hpa in AUTOSCALERS.items():
            control_plane.apply(deployment(NAMESPACE, name, cpu="1"), hpa)
        yield placer
        for name, hpa in AUTOSCALERS.items():
            admin.delete(hpa)
            admin.delete(deployment(NAMESPACE, name))
        assert not placer.failures


def _set_loads(placer: Placer, load: float) -> None:
    for name in AUTOSCALERS:
        placer.set_load(NAMESPACE, name, cpu=load, memory=int(load * 100) * MIB)


class Steps(NamedTuple):
    """By who foretold: somebody who looks for the first time, or somebody who has watched."""

    once: list[Step]
    watched: list[Step]


@pytest.fixture(scope="module")
def steps(control_plane: ControlPlane, placer: Placer) -> dict[str, Steps]:
    """What was foretold and what happened, under a load that changes."""

    async def run() -> dict[str, Steps]:
        access = load_kubeconfig([control_plane.kubeconfig()])
        async with Client(access, SystemClock()) as client:
            reader = Reader(client, SystemClock(), SETTINGS)
            playing = asyncio.create_task(_play(placer))
            found = await asyncio.gather(*(_watch(client, reader, name) for name in AUTOSCALERS))
            await playing
            return dict(zip(AUTOSCALERS, found, strict=True))

    return asyncio.run(run())


async def _play(placer: Placer) -> None:
    for load in LOADS:
        _set_loads(placer, load)
        await asyncio.sleep(LOAD_SECONDS)


async def _watch(client: Client, reader: Reader, name: str) -> Steps:
    path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers/{name}"
    found, past, remembered = Steps([], []), Past(), 0.0
    foretold: tuple[Explanation, ...] = ()
    version = ""
    ends = time.monotonic() + LOAD_SECONDS * len(LOADS)
    while (now := time.monotonic()) < ends:
        stored = await client.get(path, type=dict[str, Any])
        status = stored.get("status", {})
        written = version not in ("", stored["metadata"]["resourceVersion"]) and _told(status)
        version = stored["metadata"]["resourceVersion"]
        once = await look(reader, NAMESPACE, name, Past(), PERIOD)
        watched = await look(reader, NAMESPACE, name, past, PERIOD)
        before, foretold = foretold, (once.explanation, watched.explanation)
        for steps, explanation, after in zip(found, before, foretold, strict=bool(before)):
            if written and explanation.metrics:
                steps.append(Step(explanation, status, after))
        if now - remembered >= PERIOD:  # as often as the controller, else we remember more than it
            past, remembered = watched.past, now
        await asyncio.sleep(LOOK_SECONDS)
    return found


def _told(status: dict[str, Any]) -> bool:
    """The controller had a figure."""
    return bool(status.get("currentMetrics")) and bool(status["currentMetrics"][0].get("resource"))


@pytest.mark.parametrize("way", Steps._fields)
@pytest.mark.parametrize("name", AUTOSCALERS)
def test_what_is_foretold_is_what_happens(steps: dict[str, Steps], name: str, way: str) -> None:
    """From the same figures the same size, or it was said what could not be known."""
    found: list[Step] = getattr(steps[name], way)
    counts = Counter(step.outcome for step in found)
    told = "\n".join([f"{name}, {way}: {dict(counts)}", *map(str, found)])
    print(told)

    assert counts["different"] == 0, told
    assert counts["equal"] >= LEAST_STEPS, told


def test_sizes_change_in_both_directions(steps: dict[str, Steps]) -> None:
    """Else all of it would prove little."""
    changes = [
        (step.status["currentReplicas"], step.status["desiredReplicas"])
        for name in AUTOSCALERS
        for step in steps[name].watched
        if step.outcome in ("equal", "early")
    ]

    assert any(after > before for before, after in changes)
    assert any(after < before for before, after in changes)
