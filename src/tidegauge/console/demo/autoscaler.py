"""Our HPA controller inside the embedded cluster: as its own service account, under its Lease."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tidegauge.autoscale.controller import (
    ConfigMapPlace,
    Controller,
    LeasePlace,
    Options,
    controlling,
)
from tidegauge.cluster.client import Client
from tidegauge.console.access import api_access
from tidegauge.console.demo.courses import Courses
from tidegauge.console.demo.restarting import Restarting
from tidegauge.sandbox.apiserver.identities import CONTROLLER_USER
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.units.clock import Clock


@asynccontextmanager
async def autoscaler(
    cluster: EmbeddedCluster, courses: Courses, clock: Clock, period: float
) -> AsyncIterator[Restarting[Controller]]:
    """It scales within, looking at each HPA every `period` seconds; `courses` is told of it."""
    access = api_access(str(cluster.kubeconfig(CONTROLLER_USER)))

    @asynccontextmanager
    async def live() -> AsyncIterator[Controller]:
        options = Options(sync_period=period, lease=LeasePlace(), memory=ConfigMapPlace())
        async with (
            Client(access, clock) as client,
            controlling(client, options, clock, told=courses.tell) as controller,
        ):
            yield controller

    async with Restarting(live) as controller:
        cluster.restart_controller = controller.restart
        yield controller
