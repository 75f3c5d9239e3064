"""The metrics server as one process: its halves wired together, started, and ended in order."""

import asyncio
import gc
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from tidegauge import __version__
from tidegauge.console.access import Clients, live_trust, serving_context
from tidegauge.console.answering import Answers
from tidegauge.console.authorities import watch_authorities
from tidegauge.console.collecting import Collection
from tidegauge.console.options import Options
from tidegauge.console.running import bound, log_loop_errors, reporter, told_to_stop
from tidegauge.console.servingcertificate import ServingCertificate
from tidegauge.serving.connection import Limits
from tidegauge.serving.server import MAX_CONNECTIONS, Server
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import SystemClock

DRAIN_SECONDS = 20.0
"""For answers under way when told to stop: a pod is killed 30 s after that unless it says
otherwise, and `--shutdown-delay-duration` comes first."""

_YOUNG_OBJECTS = 10_000
"""Containers made, and not gone, before the garbage collector looks for rings of them. Python's own
number, 700 in 3.11, lets it look in nearly each scrape, which takes 5 % of the steady state."""

_log = get_logger("serve")


class Running(NamedTuple):
    """What a metrics server knows and counts while it serves."""

    collection: Collection
    metrics: Metrics


async def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises ClusterError, FileError, TrustError or ListenError for what can't be used at start.
    """
    _raise_open_files()
    log_loop_errors(SystemClock())
    stop = asyncio.Event()
    async with serving(options, stopping=stop.is_set):
        _log.info("serving", port=options.secure_port, version=__version__)
        await told_to_stop(stop)
        _log.info("stopping")
        await asyncio.sleep(options.shutdown_delay_duration)


@asynccontextmanager
async def serving(
    options: Options,
    secure: socket.socket | None = None,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Running]:
    """Serve within the block, on the socket that is given or else on the options' own port.

    Raises ClusterError, FileError, TrustError or ListenError for what can't be used at start.
    """
    clock = SystemClock()
    metrics, report = Metrics(options.metric_resolution), reporter(clock)
    trust = live_trust(options, clock, report)
    async with AsyncExitStack() as stack:
        clients = await Clients.open(options, stack, clock, report)
        certificate = ServingCertificate.of(options, clients.api, clock, report)
        tls = serving_context(options, certificate.pair, trust, clock, report)
        collection = Collection(options, clients.api, metrics, clock, report)
        stack.push_async_callback(collection.close)
        answers = Answers(
            options, collection, trust, certificate.problem, clients, metrics, clock, stopping
        )
        most = _most_connections()
        server = Server(answers.everything, Limits(), max_connections=most, clock=clock)
        plain = Server(answers.metrics_only, Limits(), clock=clock)
        await server.listen(secure or _secure_socket(options), tls.outer)
        if where := options.metrics_bind_address:
            await plain.listen(bound("--metrics-bind-address", *where, share=False))
        work = [*collection.work(), *certificate.work, settle_memory(collection)]
        if not options.authentication_skip_lookup:
            work.append(watch_authorities(trust, clients.authentication, metrics, clock))
        async with asyncio.TaskGroup() as group:  # one that fails ends the process: half is none
            tasks = [group.create_task(each) for each in work]
            try:
                yield Running(collection, metrics)
            finally:
                await asyncio.gather(server.drain(DRAIN_SECONDS), plain.drain(DRAIN_SECONDS))
                for task in tasks:
                    task.cancel()


async def settle_memory(collection: Collection) -> None:
    """Take what will stay out of the garbage collector's rounds, and make those rare, until ended.

    At 5,000 nodes a full round held the loop for 25 ms during each list, and for 4 ms after this.
    """
    await collection.settled()
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        await asyncio.Event().wait()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _raise_open_files() -> None:
    """To what we may have, as Go programs do: each node's connection is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _most_connections() -> int:
    """A quarter of the open files we may have at most: clients must not take the nodes' share."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MAX_CONNECTIONS, files // 4)


def _secure_socket(options: Options) -> socket.socket:
    address, port = options.bind_address, options.secure_port
    return bound("--bind-address, --secure-port", address, port, share=options.permit_port_sharing)
