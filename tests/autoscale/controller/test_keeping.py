"""Where memories are kept: what is written is read again, and nothing that goes wrong is fatal."""

import asyncio
import base64

import pytest
from structlog.testing import capture_logs

from tests.autoscale.controller.virtual import BEGIN, run
from tests.autoscale.controller.world import NAMESPACE, Direct, World
from tidegauge.autoscale.controller import keeping
from tidegauge.autoscale.controller.keeping import ConfigMapKeeper, FileKeeper
from tidegauge.autoscale.controller.memories import LATER, SOON, Memories
from tidegauge.autoscale.controller.remembering import Kept
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.cluster.errors import Conflict

KEPT = Kept("u", Memory((Recommendation(BEGIN, 4),)))
MANY = {f"shop/app-{i}": KEPT for i in range(40)}


def keeper_in(world, may=lambda: True):
    client = Direct(world)
    return ConfigMapKeeper(client, Writer(client, may), NAMESPACE, "ours")


def test_file(tmp_path):
    """A file that is not there is empty; one that was written is read again."""
    path = tmp_path / "memories"

    async def play():
        before = await FileKeeper(path).load(BEGIN)
        await FileKeeper(path).save({"shop/web": KEPT}, BEGIN)
        return before, await FileKeeper(path).load(BEGIN)

    assert run(play()) == ({}, {"shop/web": KEPT})


def test_a_file_that_is_none_of_ours(tmp_path):
    """It is told, and is as if it were empty."""
    path = tmp_path / "memories"
    path.write_text("shopping list")

    with capture_logs() as logs:
        assert run(FileKeeper(path).load(BEGIN)) == {}
    assert logs[0]["where"] == str(path)


def test_config_map():
    """The first write makes it, the next ones change it, another keeper reads it."""

    async def play():
        world = World()
        first = keeper_in(world)
        before = await first.load(BEGIN)
        await first.save({"shop/web": KEPT}, BEGIN)
        await first.save(MANY, BEGIN)
        return before, await keeper_in(world).load(BEGIN), world.storage.list("configmaps", "shop")

    before, after, config_maps = run(play())

    assert (before, after) == ({}, MANY)
    assert [one["metadata"]["name"] for one in config_maps] == ["ours-memory-0"]


def test_many_config_maps(monkeypatch):
    """What is too much for one is spread over several, and found again."""
    monkeypatch.setattr(keeping, "SHARD_BYTES", 200)

    async def play():
        world = World()
        await keeper_in(world).save(MANY, BEGIN)
        return await keeper_in(world).load(BEGIN), world.storage.list("configmaps", "shop")

    after, config_maps = run(play())

    assert after == MANY
    assert len(config_maps) in (2, 4, 8, 16)
    sizes = [len(base64.b64decode(one["binaryData"]["memories"])) for one in config_maps]
    assert max(sizes) <= 200


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"binaryData": {"memories": "!"}},
        {"binaryData": {"memories": base64.b64encode(b"nonsense").decode()}},
        {"data": {"shards": "3"}},
        {"data": {"shards": "4096"}},
        {"data": {"shards": "-1"}},
        {"data": {"shards": "1e9"}},
    ],
    ids=["empty", "no-base64", "nonsense", "odd", "far-too-many", "negative", "words"],
)
def test_a_config_map_that_is_none_of_ours(content):
    """It is told, is as if it were empty, and is written over."""

    async def play():
        world = World()
        metadata = {"namespace": NAMESPACE, "name": "ours-memory-0"}
        world.storage.create("configmaps", {"metadata": metadata, **content})
        keeper = keeper_in(world)
        before = await keeper.load(BEGIN)
        await keeper.save(MANY, BEGIN)
        return before, await keeper_in(world).load(BEGIN)

    with capture_logs() as logs:
        assert run(play()) == ({}, MANY)
    assert [one["where"] for one in logs] == ["ConfigMap shop/ours-memory-0"]


def test_another_writes():
    """A conflict is an error; the next write begins with what is there."""

    async def play():
        world = World()
        first, second = keeper_in(world), keeper_in(world)
        await first.save({}, BEGIN)
        await second.load(BEGIN)
        await first.save({"shop/web": KEPT}, BEGIN)
        with pytest.raises(Conflict):
            await second.save(MANY, BEGIN)
        await second.save(MANY, BEGIN)
        return await first.load(BEGIN)

    assert run(play()) == MANY


def test_only_the_leader_writes():
    """Without the lease nothing is written."""

    async def play():
        world = World()
        with pytest.raises(NotLeadingError):
            await keeper_in(world, may=lambda: False).save(MANY, BEGIN)
        return [method for method, _ in world.requests]

    assert "POST" not in run(play())


class Slow:
    """A keeper that says when it was asked to write, and what."""

    def __init__(self, clock):
        self.clock = clock
        self.saved = []
        self.broken = False

    async def load(self, _now):
        return {}

    async def save(self, memories, _now):
        self.saved.append((round(self.clock.monotonic()), sorted(memories)))
        if self.broken:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("rescaled", "at"), [(False, LATER), (True, SOON)], ids=["a-look", "a-rescale"]
)
def test_when_it_is_kept(rescaled, at):
    """What limits the next size is kept at once, the rest now and then; nothing new, nothing."""

    async def play():
        world = World()
        keeper = Slow(world.clock)
        memories = Memories(keeper, world.clock)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(memories.run())
            memories.put("shop/web", "u", Memory(), rescaled=rescaled)
            await asyncio.sleep(1)
            memories.put("shop/cart", "u", Memory(), rescaled=False)
            await asyncio.sleep(200)
            task.cancel()
        return keeper.saved

    assert run(play()) == [(at, ["shop/cart", "shop/web"])]


def test_a_full_disk():
    """It is told once, tried again, and told when it works."""

    async def play():
        world = World()
        keeper = Slow(world.clock)
        memories = Memories(keeper, world.clock)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(memories.run())
            keeper.broken = True
            memories.put("shop/web", "u", Memory(), rescaled=True)
            await asyncio.sleep(7)
            keeper.broken = False
            await asyncio.sleep(20)
            task.cancel()
        return [at for at, _ in keeper.saved]

    with capture_logs() as logs:
        times = run(play())
    assert len(times) >= 3
    assert max(times) < 12
    assert [one["event"] for one in logs] == ["remembering failed", "remembering recovered"]
