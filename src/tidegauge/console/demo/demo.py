"""A demo as one thing: a cluster, who measures and scales in it, faults, what is seen of them."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from tidegauge.cluster.client import Client
from tidegauge.console.access import api_access
from tidegauge.console.demo.autoscaler import autoscaler
from tidegauge.console.demo.control import listening
from tidegauge.console.demo.courses import Courses
from tidegauge.console.demo.frame import Shown
from tidegauge.console.demo.laboratory import MetricsServer, metrics_server
from tidegauge.console.demo.options import DemoOptions
from tidegauge.console.demo.orders import Orders
from tidegauge.console.demo.scalingsummary import ScalingFigures
from tidegauge.console.demo.summary import Figures
from tidegauge.console.demo.watching import Watcher
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults.playing import Faults, Play, read
from tidegauge.sandbox.simulation.story import Story
from tidegauge.units.clock import SystemClock

LOOK = 1.0
"""Seconds between two looks at the cluster."""

COMPLETE = 15.0
"""Seconds after which faults begin even if something is missing, as in a story of crashes."""

_COMMANDS = (
    "kubectl top nodes",
    "kubectl top pods -A --sort-by=cpu",
)
_UNSCALED = (
    "kubectl -n {namespace} scale deployment {name} --replicas=6",
    "kubectl get pods -A -w",
)
_SCALED = (
    "kubectl get hpa -A -w",
    "{program} hpa explain {name} -n {namespace}",
    "{program} hpa lint -A",
)
_FAULT = (
    "{program} demo fault wrong-certificate=worker-2",
    "{program} doctor",
)


class Demo:
    def __init__(self, options: DemoOptions, story: Story, folder: Path) -> None:
        self._options = options
        self._story = story
        self._clock = SystemClock()
        self._begun = self._clock.monotonic()
        self.courses = Courses(self._clock.now())
        self.cluster = EmbeddedCluster(
            folder,
            story,
            seed=options.seed,
            housekeeping=options.housekeeping,
            period=options.period,
            this_machine=options.this_machine,
        )
        self.faults = Faults(self.cluster)
        self._to_begin: list[Play] = []
        self._checks: list[Callable[[], None]] = []
        """Each raises what has ended a part of it."""

        self.server: MetricsServer
        self.watcher: Watcher

    async def start(self, stack: AsyncExitStack) -> None:
        """Run until the stack is closed. Raises FaultError for a fault that can't be played."""
        await stack.enter_async_context(self.cluster)
        self.server = await stack.enter_async_context(metrics_server(self.cluster))
        self._checks = [self.cluster.check, self.server.check, *await self._scale(stack)]
        access = api_access(str(self.cluster.kubeconfig("viewer")))
        client = await stack.enter_async_context(Client(access, self._clock))
        self.watcher = Watcher(client, self.server, self._clock, self._begun)
        await stack.enter_async_context(self.faults)
        orders = Orders(self.faults)
        await stack.enter_async_context(listening(self.cluster.folder, orders.obey))
        self._to_begin = [read(text) for text in self._options.fault]
        for play in self._to_begin:
            self.faults.check(play)

    async def _scale(self, stack: AsyncExitStack) -> list[Callable[[], None]]:
        """Unless somebody else is to do it; what says whether it still runs."""
        options = self._options
        if not options.controller:
            return []
        scaling = autoscaler(self.cluster, self.courses, self._clock, options.sync_period)
        controller = await stack.enter_async_context(scaling)
        return [controller.check]

    async def look_on(self) -> None:
        """Look now and then, until cancelled; the given faults begin once all is there to lose."""
        while True:
            for check in self._checks:
                check()
            await self.watcher.look()
            if self._to_begin and (self.watcher.complete or self._elapsed > COMPLETE):
                plays, self._to_begin = self._to_begin, []
                for play in plays:
                    await self.faults.begin(play)
            await asyncio.sleep(LOOK)

    @property
    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._begun

    @property
    def kubeconfig(self) -> Path:
        return self.cluster.kubeconfig("admin")

    def commands(self) -> list[str]:
        """Some that are worth trying."""
        deployed = [each for each in self._story.workloads if each.kind == "Deployment"]
        scaled = [each for each in self._story.workloads if each.autoscale]
        first = next(iter([*scaled, *deployed]), None)
        namespace, name = (first.namespace, first.name) if first else ("kube-system", "coredns")
        commands = (*_COMMANDS, *(_SCALED if scaled else _UNSCALED), *_FAULT)
        program = _program()
        return [
            command.format(namespace=namespace, name=name, program=program) for command in commands
        ]

    def greeting(self) -> Iterator[str]:
        yield f"“{self._story.title}”, seed {self._options.seed}: {self._story.about.strip()}"
        yield f"export KUBECONFIG={self.kubeconfig}"
        yield "  (also there: viewer.conf, who may only read, nobody.conf, and demo.log)"
        yield "Worth trying, in another terminal:"
        yield from (f"  {command}" for command in self.commands())

    def shown(self) -> Shown:
        """What the screen shows now."""
        scrapes, failed = self._counts()
        watcher = self.watcher
        return Shown(
            title=self._story.title,
            elapsed=self._elapsed,
            kubeconfig=str(self.kubeconfig),
            commands=self.commands(),
            picture=watcher.last,
            problem=watcher.problem or watcher.metrics_problem,
            scrapes=scrapes,
            failed=failed,
            calls=self.cluster.outages.calls,
            faults=self.faults.active,
            courses=self.courses.all,
        )

    def figures(self) -> Figures:
        scrapes, failed = self._counts()
        return Figures(
            story=self._story.title,
            seconds=self._elapsed,
            account=self.watcher.account,
            last=self.watcher.last,
            scrapes=scrapes,
            failed=failed,
            api_calls=self.cluster.outages.calls,
            housekeeping=self._options.housekeeping,
            period=self._options.period,
            faults=self.faults.played,
            scaling=ScalingFigures(
                self._options.sync_period if self._options.controller else None, self.courses
            ),
        )

    def _counts(self) -> tuple[int, int]:
        """Scrapes, and those that failed, by all lives of the server."""
        tallies = [life.collection.scrapes.tally for life in self.server.lives]
        return sum(each.asked for each in tallies), sum(each.failed for each in tallies)


def _program() -> str:
    """How a shell finds us: after `make demo` only by the path in the virtual environment."""
    name = "tidegauge"
    return name if shutil.which(name) else str(Path(sys.executable).with_name(name))
