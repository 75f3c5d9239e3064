"""Events are written beside the work; what cannot be written is lost, and not kept for ever."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from tests.autoscale.controller.virtual import run
from tests.autoscale.controller.world import NAMESPACE, Direct, World
from tidegauge.autoscale.controller import recording
from tidegauge.autoscale.controller.correlating import About
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.writing import Writer
from tidegauge.autoscale.engine.status import Event
from tidegauge.cluster.errors import Forbidden, ServerError, Status

WEB = About("autoscaling/v2", "HorizontalPodAutoscaler", NAMESPACE, "web", "u1", "7")
DENIED = Forbidden("http://api", 403, Status(403, "Forbidden", "not you"))
BUSY = ServerError("http://api", 503, Status(503, "ServiceUnavailable", "not now"))


def failed(message):
    return Event("Warning", "FailedGetScale", message)


@asynccontextmanager
async def at_work(recorder):
    task = asyncio.create_task(recorder.run())
    yield
    task.cancel()
    await asyncio.wait([task])


def recorder_in(world, may=lambda: True):
    client = Direct(world)
    return Recorder(Writer(client, may), world.clock), client


@pytest.mark.parametrize(
    ("error", "times", "tries", "written"),
    [(BUSY, 2, 3, 1), (BUSY, 99, 6, 0), (DENIED, 99, 1, 0)],
    ids=["in-passing", "for-long", "for-good"],
)
def test_what_cannot_be_written(error, times, tries, written):
    """It is tried again for half a minute where that may help, told in the log, and then lost."""

    async def play():
        world = World()
        recorder, client = recorder_in(world)
        left = [times]

        def refuse(_method, _path):
            if left[0]:
                left[0] -= 1
                raise error

        client.before = refuse
        async with at_work(recorder):
            recorder.tell(WEB, failed("a"))
            await recorder.flush()
        return len(world.requests), len(world.events())

    with capture_logs() as logs:
        assert run(play()) == (tries, written)
    said = [one["event"] for one in logs]
    assert said == ["event failed", *(["event recovered"] if written else [])]


def test_one_that_has_expired():
    """What is counted but is not there any more is written anew, with its count."""

    async def play():
        world = World()
        recorder, _ = recorder_in(world)
        async with at_work(recorder):
            for _ in range(3):
                recorder.tell(WEB, failed("a"))
                await recorder.flush()
            (event,) = world.events()
            world.storage.delete("events", NAMESPACE, event["metadata"]["name"])
            recorder.tell(WEB, failed("a"))
            await recorder.flush()
        return event["count"], [one["count"] for one in world.events()]

    assert run(play()) == (3, [4])


def test_too_many(monkeypatch):
    """While nothing can be written few wait, the others are lost, and the log says so once."""
    monkeypatch.setattr(recording, "WAITING", 2)

    async def play():
        world = World()
        recorder, _ = recorder_in(world)
        for message in "abcd":
            recorder.tell(WEB, failed(message))
        async with at_work(recorder):
            await recorder.flush()
        return [one["message"] for one in world.events()]

    with capture_logs() as logs:
        assert sorted(run(play())) == ["a", "b"]
    assert [one["cause"] for one in logs if one["log_level"] == "warning"] == ["full"]


def test_what_is_left_at_the_end():
    """Who leads again much later does not tell what it could not tell then."""

    async def play():
        world = World()
        recorder, client = recorder_in(world)
        client.answering.clear()
        async with at_work(recorder):
            recorder.tell(WEB, failed("a"))
            recorder.tell(WEB, failed("b"))
            await asyncio.sleep(1)
        client.answering.set()
        recorder.tell(WEB, failed("c"))
        async with at_work(recorder):
            await recorder.flush()
        return [one["message"] for one in world.events()]

    assert run(play()) == ["c"]
