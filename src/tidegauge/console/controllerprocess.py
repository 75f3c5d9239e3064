"""The HPA controller as one process: wired together, started, and ended in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, generate_latest

from tidegauge import __version__
from tidegauge.autoscale.controller import Controller, controlling
from tidegauge.cluster.client import Client
from tidegauge.console.access import api_access
from tidegauge.console.controlleroptions import ControllerOptions
from tidegauge.console.running import bound, log_loop_errors, reporter, told_to_stop
from tidegauge.serving.connection import Answering
from tidegauge.serving.health import Check, Health
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.metricspage import PATH, MetricsPage
from tidegauge.serving.server import Server
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import add_process
from tidegauge.units.clock import Clock, SystemClock

DRAIN_SECONDS = 1.0
"""For answers under way when told to stop; each takes milliseconds."""

_log = get_logger("controller")


async def run(options: ControllerOptions) -> None:
    """Work until SIGTERM or SIGINT.

    Raises ClusterError, FileError or ListenError for what can't be used at start.
    """
    clock, stop = SystemClock(), asyncio.Event()
    log_loop_errors(clock)
    registry = CollectorRegistry()
    add_process(registry)
    client = Client(api_access(options.kubeconfig), clock, report=reporter(clock))
    where = options.metrics_bind_address
    sock = bound("--metrics-bind-address", *where, share=False) if where else None
    async with (
        client,
        controlling(client, options.controller, clock, registry=registry) as controller,
    ):
        server = Server(_answering(controller, registry, clock, stop.is_set), clock=clock)
        if sock:
            await server.listen(sock)
        _log.info("started", version=__version__, profile=options.profile)
        await told_to_stop(stop)
        _log.info("stopping")
        await server.drain(DRAIN_SECONDS)


def _answering(
    controller: Controller, registry: CollectorRegistry, clock: Clock, stopping: Callable[[], bool]
) -> Answering:
    """The pages for operators and probes; nobody is asked who they are."""
    health = Health(_checks(controller, stopping), OnChange(get_logger("health"), "check", clock))
    page = MetricsPage(lambda: generate_latest(registry))
    paths = ", ".join([PATH, *(path for path in health.paths if path.count("/") == 1)])
    nowhere = Response(404, [("Content-Type", "text/plain")], f"see {paths}\n".encode())

    @asynccontextmanager
    async def answer(request: Request) -> AsyncIterator[Response]:
        yield page.respond(request) or health.respond(request) or nowhere

    return answer


def _checks(controller: Controller, stopping: Callable[[], bool]) -> Mapping[str, Sequence[Check]]:
    """One that stands by is ready too: it has all that it takes to lead at once."""

    def informers() -> str | None:
        return None if controller.synced else "HPAs and pods were not listed yet"

    def shutdown() -> str | None:
        return "process is shutting down" if stopping() else None

    ping = Check("ping")
    ready = ping, Check("informer-sync", informers), Check("shutdown", shutdown)
    return {"healthz": (ping,), "livez": (ping,), "readyz": ready}
