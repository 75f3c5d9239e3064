"""Our HPA controller inside the embedded cluster: as its own service account, under its Lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tidegauge.autoscale.controller import ConfigMapPlace, LeasePlace, Options, controlling
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.access import api_access
from tidegauge.console.demo.courses import Courses
from tidegauge.console.demo.restarting import Restarting
from tidegauge.sandbox.apiserver.identities import CONTROLLER_USER
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.units.clock import Clock

_USAGE = "/apis/metrics.k8s.io/v1beta1/pods"
_LOOK = 0.5
"""Seconds between two looks for it."""


@asynccontextmanager
async def autoscaler(
    cluster: EmbeddedCluster, courses: Courses, clock: Clock, period: float
) -> AsyncIterator[Restarting[None]]:
    """It scales within, looking at each HPA every `period` seconds; `courses` is told of it.

    It begins when there is usage, for a cluster's first seconds would be nothing but warnings.
    """
    access = api_access(str(cluster.kubeconfig(CONTROLLER_USER)))
    options = Options(sync_period=period, lease=LeasePlace(), memory=ConfigMapPlace())

    async def work() -> None:
        async with Client(access, clock) as client:
            await _usage_served(client)
            async with controlling(client, options, clock, told=courses.tell):
                await asyncio.Event().wait()

    @asynccontextmanager
    async def live() -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work())
            yield
            working.cancel()

    async with Restarting(live) as controller:
        cluster.restart_controller = controller.restart
        yield controller


async def _usage_served(client: Client) -> None:
    """Wait until there is usage of some pods, and no more than the look before."""
    before, now = 0, 0
    while not now or now != before:
        before, now = now, await _served(client)
        await asyncio.sleep(_LOOK)


async def _served(client: Client) -> int:
    try:
        answer = await client.get(_USAGE, type=dict[str, Any])
    except ClusterError:
        return 0
    return len(answer["items"])
