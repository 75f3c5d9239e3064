"""The whole controller against the sandbox's API server, in virtual time."""

import asyncio

from tests.autoscale.controller.virtual import run
from tests.autoscale.controller.world import World, running


def test_scales_up():
    """A workload with too much to do gets the pods that its load is worth, at the first look."""

    async def play():
        world = World()
        world.workload("web", 1, 240.0)
        world.autoscaler("web")
        async with running(world):
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.replicas("web") == 4  # 240 / 50 is 5, and one pod may become four at once
    status = world.get("horizontalpodautoscalers", "web")["status"]
    assert status["desiredReplicas"] == 4
