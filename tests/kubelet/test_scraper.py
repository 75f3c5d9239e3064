import asyncio
import gc
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from tests.clock import ManualClock
from tests.kubelet.fake import BODY, hang, running, server_context
from tidegauge.kubelet import errors
from tidegauge.kubelet.schedule import EXTRA_SECONDS, PACE_SECONDS, moment
from tidegauge.kubelet.scraper import IDLE_SECONDS, Scraper
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body, KubeletTransport
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.units.clock import SystemClock

PERIOD = 15.0
TIMEOUT = 10.0


@dataclass
class ScriptedTransport:
    """Answers at once, or as told per node: an error to raise, or a future to wait for."""

    clock: ManualClock
    told: dict[str, object] = field(default_factory=dict)
    asked: list[tuple[str, float]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    closed: bool = False

    async def get(self, target, timeout):
        assert timeout == TIMEOUT
        self.asked.append((target.name, self.clock.monotonic()))
        self.targets.append(target)
        told = self.told.get(target.name)
        if isinstance(told, asyncio.Future):
            await told
        elif isinstance(told, Exception):
            raise told
        return Body(BODY, self.clock.now())

    def forget(self, name):
        self.forgotten.append(name)

    def close(self):
        self.closed = True

    def times(self, name):
        return [at for asked, at in self.asked if asked == name]


@dataclass
class Observed:
    good: list[str] = field(default_factory=list)
    bad: list[errors.KubeletError] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def succeeded(self, node, seconds):
        self.good.append(node)
        self.seconds.append(seconds)

    def failed(self, node, error, seconds):
        assert node == error.node
        self.bad.append(error)
        self.seconds.append(seconds)


class Bench:
    """A scraper in time that a test moves by hand."""

    def __init__(self, clock):
        self.clock = clock
        self.transport = ScriptedTransport(clock)
        self.observed = Observed()
        self.delivered: list[tuple[str, Body]] = []
        self.pair_after = 2
        self.scraper = Scraper(
            self.transport, clock, self.deliver, self.observed, period=PERIOD, timeout=TIMEOUT
        )

    def deliver(self, target, body):
        self.delivered.append((target.name, body))
        return sum(name == target.name for name, _ in self.delivered) >= self.pair_after

    async def advance(self, seconds, step=0.25):
        """What is due is asked, and answers arrive, at each step."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            await self.settle()

    async def settle(self):
        while self.scraper.ask_due() == 0:
            pass
        for _ in range(4):
            await asyncio.sleep(0)


@pytest.fixture
def bench(clock):
    return Bench(clock)


def target(name="n1", port=10250):
    return Target(name, ("10.0.0.1",), port)


async def test_a_new_node_is_asked_at_once(bench):
    """And what it says is handed over as it arrives."""
    bench.scraper.update(target())
    await bench.settle()

    assert bench.delivered == [("n1", Body(BODY, bench.clock.now()))]
    assert bench.observed.good == ["n1"]


async def test_the_second_ask_follows_four_seconds_later(bench):
    """So first data comes as soon as two samples can differ; then the node's moment counts."""
    start = bench.clock.monotonic()
    bench.scraper.update(target())
    await bench.settle()
    await bench.advance(60)

    times = bench.transport.times("n1")
    assert times[1] - start == EXTRA_SECONDS
    offset = bench.clock.now() - bench.clock.monotonic()
    for at in times[2:]:
        assert 0 <= (at + offset - moment("n1") * PERIOD) % PERIOD < 0.25
    assert {later - at for at, later in pairwise(times[2:])} == {PERIOD}


async def test_a_node_that_gives_no_pair_gets_four_extra_asks(bench):
    """After that it is asked once a period like the others."""
    bench.pair_after = 99
    bench.scraper.update(target())
    await bench.settle()
    await bench.advance(60)

    times = bench.transport.times("n1")
    assert [at - times[0] for at in times[:5]] == [0, 4, 8, 12, 16]
    _, to_its_moment, *periods = [after - before for before, after in pairwise(times[3:])]
    assert to_its_moment <= 1.25 * PERIOD
    assert set(periods) == {PERIOD}


async def test_first_asks_are_spread(bench):
    """Handshakes of thousands of new nodes must not pile up on the loop."""
    for i in range(1000):
        bench.scraper.update(target(f"n{i}"))
    await bench.settle()
    await bench.advance(1000 * PACE_SECONDS - 0.5)

    assert 700 < len(bench.transport.asked) < 800


async def test_one_ask_is_started_for_each_turn_of_the_loop(bench):
    """A loop that is behind must not start everything at once that it missed."""
    for i in range(100):
        bench.scraper.update(target(f"n{i}"))
    bench.clock.advance(10)

    waits = [bench.scraper.ask_due() for _ in range(100)]
    await asyncio.sleep(0)

    assert waits == [0.0] * 99 + [IDLE_SECONDS]
    assert len(bench.transport.asked) == 100


async def test_how_far_asking_is_behind_is_known(bench):
    """By the ask that is overdue longest; a loop that stands still shows."""
    assert bench.scraper.behind() == 0
    bench.scraper.update(target())
    bench.clock.advance(30)
    assert bench.scraper.behind() == 30

    await bench.settle()
    assert bench.scraper.behind() == 0


async def test_a_failing_node_is_observed_and_asked_again(bench):
    """By its error; at its moment, neither sooner nor later."""
    bench.transport.told["n1"] = errors.RefusedError("n1", "https://10.0.0.1", "refused")
    bench.scraper.update(target())
    await bench.settle()
    await bench.advance(60)

    assert {error.cause for error in bench.observed.bad} == {"refused"}
    times = bench.transport.times("n1")
    assert {after - before for before, after in pairwise(times[5:])} == {PERIOD}


async def test_a_hanging_node_delays_nobody_and_is_asked_one_thing_at_a_time(bench):
    """Its outstanding request is the only one, however long it takes."""
    bench.transport.told["n1"] = asyncio.get_running_loop().create_future()
    bench.scraper.update(target("n1"))
    bench.scraper.update(target("n2"))
    await bench.settle()
    await bench.advance(60)

    assert len(bench.transport.times("n1")) == 1
    assert len(bench.transport.times("n2")) >= 5

    bench.transport.told.pop("n1").set_result(None)
    await bench.settle()
    assert bench.observed.good.count("n1") == 1
    assert max(bench.observed.seconds) == 60.0
    await bench.scraper.close()


async def test_a_defect_of_ours_costs_one_node_one_ask(bench):
    """It is observed with its cause, and the next answer is taken as usual."""
    deliver = bench.deliver
    bench.scraper._deliver = lambda *_: 1 / 0
    bench.scraper.update(target())
    await bench.settle()
    bench.scraper._deliver = deliver
    await bench.advance(5)

    assert [error.cause for error in bench.observed.bad] == ["internal"]
    assert isinstance(bench.observed.bad[0].__cause__, ZeroDivisionError)
    assert len(bench.delivered) == 1


async def test_a_defect_of_an_observer_does_not_end_the_asking(bench):
    """The node is asked again, though telling how the last ask ended went wrong."""
    loop_errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loop_errors.append(context))
    bench.scraper._observer.succeeded = lambda *_: 1 / 0
    bench.scraper.update(target())
    await bench.advance(12)

    assert len(bench.transport.times("n1")) >= 2
    gc.collect()
    assert loop_errors


async def test_a_changed_node_is_asked_differently_from_its_next_ask_on(bench):
    """Its schedule stays."""
    bench.scraper.update(target())
    await bench.settle()
    bench.scraper.update(target(port=10260))
    await bench.advance(5)

    assert [each.port for each in bench.transport.targets] == [10250, 10260]


async def test_a_removed_node_is_asked_no_more(bench):
    """Its connection is closed too."""
    bench.scraper.update(target())
    await bench.settle()
    bench.scraper.remove("n1")
    await bench.advance(60)

    assert len(bench.transport.asked) == 1
    assert bench.transport.forgotten == ["n1"]


async def test_an_answer_of_a_node_removed_meanwhile_is_dropped(bench):
    """What is gone must not come back by a late answer."""
    late = bench.transport.told["n1"] = asyncio.get_running_loop().create_future()
    bench.scraper.update(target())
    await bench.settle()
    bench.scraper.remove("n1")
    late.cancel()
    await bench.advance(60)

    assert bench.delivered == []
    assert bench.observed.bad == []


async def test_a_node_that_comes_back_is_new(bench):
    """Asked at once, once, with extra asks again."""
    bench.scraper.update(target())
    await bench.settle()
    bench.scraper.remove("n1")
    bench.scraper.update(target())
    await bench.settle()
    await bench.advance(4)

    assert len(bench.transport.asked) == 2


async def test_a_clock_set_back_stops_nothing(bench):
    """Waits are measured on a clock that never jumps; the moment is found again at the next ask."""
    bench.scraper.update(target())
    await bench.settle()
    await bench.advance(30)
    asked = len(bench.transport.asked)
    bench.clock.wall -= 3600
    await bench.advance(45)

    assert len(bench.transport.asked) - asked in {2, 3}


async def test_closing_gives_up_what_is_under_way(bench):
    """Nothing is left running, and all connections are closed."""
    bench.transport.told["n1"] = asyncio.get_running_loop().create_future()
    bench.scraper.update(target())
    await bench.settle()

    await bench.scraper.close()

    assert bench.transport.closed
    assert len(asyncio.all_tasks()) == 1


async def test_it_runs_by_itself_against_kubelets_over_tls(ca):
    """In real time, a period of a second: one kubelet hangs, the others' answers keep coming."""
    clock = SystemClock()
    contexts = ClientContexts(ClientTrust((ca.cert_pem.bytes(),)), clock)
    delivered: asyncio.Queue[str] = asyncio.Queue()
    observed = Observed()

    def deliver(target, _body):
        delivered.put_nowait(target.name)
        return True

    scraper = Scraper(
        KubeletTransport(contexts, clock), clock, deliver, observed, period=1.0, timeout=0.9
    )
    run = asyncio.create_task(scraper.run())
    await asyncio.sleep(0)  # it now sleeps without any node: a new one must wake it
    tls = server_context(ca, "127.0.0.1")
    async with running(tls=tls) as good, running(hang, tls=tls) as bad:
        scraper.update(good.target(name="good"))
        scraper.update(bad.target(name="bad"))
        async with asyncio.timeout(10):
            names = [await delivered.get() for _ in range(3)]
        run.cancel()
        await scraper.close()

    assert names == ["good"] * 3
    assert {error.cause for error in observed.bad} <= {"timeout"}
    assert (good.connections, len(good.requests) >= 3) == (1, True)
