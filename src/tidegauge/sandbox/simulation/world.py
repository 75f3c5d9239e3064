"""The simulated cluster as one thing: put together from a story, and moved on in time."""

import random
from collections.abc import Sequence
from contextlib import nullcontext

from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.simulation.controllers.deployment import Deployments
from tidegauge.sandbox.simulation.controllers.heartbeats import Heartbeats
from tidegauge.sandbox.simulation.controllers.pernode import PerNode
from tidegauge.sandbox.simulation.controllers.replicaset import ReplicaSets
from tidegauge.sandbox.simulation.controllers.scheduler import Scheduler
from tidegauge.sandbox.simulation.controllers.statefulset import StatefulSets
from tidegauge.sandbox.simulation.controllers.workqueue import Control, Owned
from tidegauge.sandbox.simulation.engine import MINUTE, SECOND, Engine, EventClock, to_ms
from tidegauge.sandbox.simulation.founding import found
from tidegauge.sandbox.simulation.kubelet import Kubelet
from tidegauge.sandbox.simulation.library import base
from tidegauge.sandbox.simulation.machines import Machine, default_machines
from tidegauge.sandbox.simulation.meter import Flow
from tidegauge.sandbox.simulation.podwatch import PodWatch
from tidegauge.sandbox.simulation.recorder import Recorder
from tidegauge.sandbox.simulation.registry import Registry
from tidegauge.sandbox.simulation.story import Story
from tidegauge.sandbox.simulation.storyteller import Storyteller
from tidegauge.sandbox.simulation.traffic import Traffic


class World:
    """`advance` moves it on; everything else tells of it as of then.

    The storage's clock should be the given EventClock, so that objects carry the times at which
    things happen. `start` is when the world begins, in seconds; to have a cluster that has been
    running for a while, start that long ago and advance to now; the story `begins` then, or with
    the world. `housekeeping` is how often kubelets measure, in seconds.
    """

    def __init__(
        self,
        storage: Storage,
        story: Story,
        *,
        start: float,
        begins: float | None = None,
        seed: int = 0,
        housekeeping: float = 10.0,
        machines: Sequence[Machine] | None = None,
        clock: EventClock | None = None,
    ) -> None:
        machines = machines or default_machines()
        self.storage = storage
        self.story = base() + story
        self.engine = Engine(to_ms(start), clock)
        self.recorder = Recorder(storage, self.engine)
        registry = Registry(self.story.images)
        self.kubelets = {
            machine.name: Kubelet(
                machine,
                storage,
                self.engine,
                self.recorder,
                registry.image,
                housekeeping=to_ms(housekeeping),
                seed=str(seed),
            )
            for machine in machines
        }
        with clock.held_at(start) if clock else nullcontext():
            found(storage, self.story, machines, int(start))
        control = Control(
            storage,
            self.engine,
            self.recorder,
            random.Random(f"{seed}/control"),  # noqa: S311  (repeatable names, no secrets)
            frozenset(self.kubelets),
        )
        self._run_controllers(control)
        PodWatch(storage, self.engine, self.kubelets)
        first = to_ms(start if begins is None else begins)
        nodes = self.kubelets.values()
        self._traffic = Traffic(self.story.load, nodes, self.engine, str(seed), first)
        Storyteller(self.story.changes, control, first)
        self.engine.every(MINUTE, self.recorder.forget_old, MINUTE)

    @property
    def now(self) -> float:
        """Seconds since the epoch until which everything has happened."""
        return self.engine.now / SECOND

    @property
    def flows(self) -> dict[str, Flow]:
        """Requests to each loaded workload, by `namespace/name`."""
        return self._traffic.flows

    def advance(self, now: float) -> None:
        """Let everything happen until `now`, seconds since the epoch; going back does nothing."""
        self.engine.run_until(to_ms(now))

    def kubelet(self, node: str) -> Kubelet:
        return self.kubelets[node]

    def set_up(self, node: str, *, up: bool) -> None:
        """Switch a machine's kubelet on or off; what runs there goes on meanwhile."""
        self.kubelets[node].set_up(up=up)

    def set_api(self, *, answers: bool) -> None:
        """Keep controllers and kubelets from writing, as when etcd has no quorum; or let them."""
        self.engine.api_answers = answers
        for kubelet in self.kubelets.values():
            kubelet.catch_up()

    def _run_controllers(self, control: Control) -> None:
        pods = Owned(self.storage, "pods")
        replica_sets = Owned(self.storage, "replicasets")
        Deployments(control, replica_sets, pods)
        ReplicaSets(control, pods)
        StatefulSets(control, pods)
        PerNode(control, self.story.workloads)
        Scheduler(control)
        Heartbeats(control, self.kubelets)
