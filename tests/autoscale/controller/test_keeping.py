"""Where memories are kept: what is written is read again, and nothing that goes wrong is fatal."""

import asyncio
import base64

import pytest
from structlog.testing import capture_logs

from tests.autoscale.controller.virtual import BEGIN, run
from tests.autoscale.controller.world import NAMESPACE, Direct, World
from tidegauge.autoscale.controller import keeping
from tidegauge.autoscale.controller.keeping import (
    ConfigMapKeeper,
    FileKeeper,
    ForeignError,
    NoKeeper,
)
from tidegauge.autoscale.controller.memories import LATER, SOON, Memories
from tidegauge.autoscale.controller.remembering import Kept
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent
from tidegauge.cluster.errors import Conflict, Forbidden, ServerError, Status

KEPT = Kept("u", Memory((Recommendation(BEGIN, 4),)))
MANY = {f"shop/app-{i}": KEPT for i in range(40)}

BUSY = ServerError("http://api", 503, Status(503, "ServiceUnavailable", "not now"))
DENIED = Forbidden("http://api", 403, Status(403, "Forbidden", "not you"))


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


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"config.yaml": "a: b"}},
        {"data": {"shards": "1", "config.yaml": "a: b"}},
        {"binaryData": {"logo.png": "AAAA"}},
    ],
    ids=["another", "added-to", "bytes"],
)
def test_a_config_map_of_somebody_else(content):
    """It is left as it is, and the error says which one it is and what to do."""

    async def play():
        world = World()
        metadata = {"namespace": NAMESPACE, "name": "ours-memory-0"}
        world.storage.create("configmaps", {"metadata": metadata, **content})
        keeper = keeper_in(world)
        for work in (keeper.load(BEGIN), keeper.save(MANY, BEGIN)):
            with pytest.raises(ForeignError, match=r"shop/ours-memory-0.*resource-name"):
                await work
        return world.get("configmaps", "ours-memory-0")

    assert run(play()).items() >= content.items()


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
        self.error = None
        self.pause = 0.0

    async def load(self, _now):
        return {}

    async def save(self, memories, _now):
        self.saved.append((round(self.clock.monotonic()), sorted(memories)))
        await asyncio.sleep(self.pause)
        if self.error:
            raise self.error


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
            keeper.error = OSError(28, "No space left on device")
            memories.put("shop/web", "u", Memory(), rescaled=True)
            await asyncio.sleep(7)
            keeper.error = None
            await asyncio.sleep(20)
            task.cancel()
        return [at for at, _ in keeper.saved]

    with capture_logs() as logs:
        times = run(play())
    assert len(times) >= 3
    assert max(times) < 12
    assert [one["event"] for one in logs] == ["remembering failed", "remembering recovered"]


def test_a_missing_right():
    """What will not be better in a moment is not tried every moment."""

    async def play():
        world = World()
        keeper = Slow(world.clock)
        keeper.error = DENIED
        memories = Memories(keeper, world.clock)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(memories.run())
            memories.put("shop/web", "u", Memory(), rescaled=True)
            await asyncio.sleep(70)
            task.cancel()
        return [at for at, _ in keeper.saved]

    assert run(play()) == pytest.approx([2, 32, 62], abs=1)


class Failing(NoKeeper):
    """One that cannot be read so many times."""

    def __init__(self, error, times):
        self.error, self.left = error, times

    async def load(self, _now):
        if self.left:
            self.left -= 1
            raise self.error
        return {"shop/web": KEPT}


@pytest.mark.parametrize(
    ("error", "times", "found", "at"),
    [(BUSY, 2, 1, 4.0), (BUSY, 9, 0, 4.0), (DENIED, 1, 0, 0.0)],
    ids=["in-passing", "for-long", "for-good"],
)
def test_what_cannot_be_read(error, times, found, at):
    """It is read again while that may help, for what is given up is soon written over."""

    async def play():
        world = World()
        memories = Memories(Failing(error, times), world.clock)
        await memories.load()
        return len(memories), world.clock.monotonic()

    assert run(play()) == (found, pytest.approx(at, abs=0.01))


def test_one_that_never_answers():
    """Memories that do not come are not waited for as long as a size could be needed."""

    class Silent(NoKeeper):
        async def load(self, _now):
            await asyncio.sleep(1e6)
            return {}

    async def play():
        world = World()
        await Memories(Silent(), world.clock).load()
        return world.clock.monotonic()

    with capture_logs() as logs:
        assert run(play()) == pytest.approx(10.0)
    assert logs[0]["error"] == "no answer within 10 s"


def test_stopped_while_keeping():
    """What was being written when told to stop is written again, for it may not have come to be."""

    async def play():
        world = World()
        keeper = Slow(world.clock)
        keeper.pause = 30.0
        memories = Memories(keeper, world.clock)
        task = asyncio.create_task(memories.run())
        memories.put("shop/web", "u", Memory(), rescaled=True)
        await asyncio.sleep(5)
        task.cancel()
        await asyncio.wait([task])
        keeper.pause = 0.0
        await memories.flush()
        return keeper.saved

    assert run(play()) == [(2, ["shop/web"]), (5, ["shop/web"])]


@pytest.mark.parametrize("step", [-3600.0, 3600.0], ids=["back", "ahead"])
def test_the_clock_is_set(step):
    """What was ten seconds ago is ten seconds ago still."""
    before = Memory((Recommendation(BEGIN, 4),), (ScaleEvent(BEGIN, 2),), (ScaleEvent(BEGIN, 1),))

    async def play():
        world = World()
        memories = Memories(Slow(world.clock), world.clock)
        memories.put("shop/web", "u", before, rescaled=False)
        await asyncio.sleep(10)
        world.clock.ahead += step
        return memories.get("shop/web", "u"), world.clock.now()

    after, now = run(play())

    times = [one.at for one in (*after.recommendations, *after.ups, *after.downs)]
    assert times == pytest.approx([now - 10] * 3, abs=0.01)
