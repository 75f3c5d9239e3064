"""Each fault of the embedded cluster, by what a user sees of it: over the API, as a viewer."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.console.demos import PERIOD, Watched, running
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ErrorAnswer
from tidegauge.console.access import api_access
from tidegauge.console.demo.frame import LETTERS
from tidegauge.console.demo.orders import FAILED, Orders
from tidegauge.console.demo.picture import Picture
from tidegauge.console.demo.screen import Screen
from tidegauge.sandbox.faults.declared import FAULTS, Cost
from tidegauge.sandbox.faults.ofcluster import LOST
from tidegauge.sandbox.faults.playing import FaultError, Faults, Play, read
from tidegauge.units.clock import SystemClock

NODE = "worker-2"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.live]

CAUSES = {
    "node-down": "refused",
    "kubelet-slow": "timeout",
    "wrong-certificate": "tls_unknown_authority",
    "expired-certificate": "tls_expired",
    "unauthorized": "unauthorized",
    "forbidden": "forbidden",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Watched]:
    """One demo for all: each test begins and ends with a cluster that is whole."""
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as watched:
            yield watched


@pytest_asyncio.fixture(loop_scope="module")
async def whole(lab: Watched) -> AsyncIterator[Watched]:
    await lab.complete()
    yield lab
    await lab.demo.faults.clear()
    await lab.complete()


@pytest.fixture
def faults(whole: Watched) -> Faults:
    return whole.demo.faults


def missing(picture: Picture) -> set[str]:
    return {row.name for row in picture.nodes if row.use is None}


@pytest.mark.parametrize("name", CAUSES)
async def test_a_node_that_gives_nothing_is_missing_alone(
    name: str, whole: Watched, faults: Faults
) -> None:
    """It goes when its usage is stale, the reason is shown, nobody else is touched; then all is
    back.
    """
    play = read(f"{name}={NODE}")
    before = await whole.node(NODE)
    await faults.begin(play)

    gone = await whole.until(lambda picture: NODE in missing(picture), "its absence")

    assert before.use
    assert missing(gone) == {NODE}
    assert whole.cause(NODE) == CAUSES[name]
    assert all(NODE in gap.nodes for gap in gone.gaps)
    assert any(NODE in gap.what and f"node {NODE}: " in gap.why for gap in gone.gaps)
    assert all(pod.node != NODE for pod in gone.pods)
    assert play.fault.costs(NODE) == {NODE}
    await faults.end(play)
    await whole.complete()


async def test_a_node_down_keeps_its_usage_for_some_periods(whole: Watched, faults: Faults) -> None:
    """A failed scrape costs nothing as long as the last answer is not stale."""
    await faults.begin(read(f"node-down={NODE}"))

    kept = await whole.until(lambda _: whole.cause(NODE) == "refused", "a failed scrape")

    assert NODE not in missing(kept)
    assert [gap.what.partition(":")[0] for gap in kept.gaps] == [NODE]


async def test_a_flapping_node_is_never_missing(whole: Watched, faults: Faults) -> None:
    """Though scrapes of it fail again and again."""
    failed = whole.demo.server.present.collection.scrapes.tally.failed
    await faults.begin(read(f"flapping={NODE}"))

    async for picture in whole.looks(16):
        assert not missing(picture)

    assert whole.demo.server.present.collection.scrapes.tally.failed > failed + 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [("truncating", "bad_line"), ("bad-lines", "bad_line"), ("lying", "foreign_pod")],
)
async def test_bad_answers_cost_nothing_at_once(
    name: str, reason: str, whole: Watched, faults: Faults
) -> None:
    """All stays served, pods on the nodes where they are, and what was dropped is counted."""
    before = await whole.complete()
    placed = {(pod.namespace, pod.name): pod.node for pod in before.pods}
    dropped = whole.counted("tidegauge_series_dropped_total", reason=reason)
    await faults.begin(read(f"{name}={NODE}"))

    async for picture in whole.looks(8):
        assert not missing(picture)
        assert {(pod.namespace, pod.name): pod.node for pod in picture.pods} == placed

    assert whole.counted("tidegauge_series_dropped_total", reason=reason) > dropped


async def test_lies_change_no_usage(whole: Watched, faults: Faults) -> None:
    """The pods that are claimed keep the figures of the node that runs them."""
    await faults.begin(read(f"lying={NODE}"))
    victim = [*whole.demo.cluster.world.kubelets][-1]

    async for picture in whole.looks(4):
        ages = {pod.node: pod.use.age for pod in picture.pods}
        assert ages[victim] < 4  # figures that were stuck would grow old


async def test_an_older_clock_says_nothing_new(whole: Watched, faults: Faults) -> None:
    """The usage of before stays, never a wrong one; it grows older until the clock is right."""
    play = read(f"clock-skew={NODE}")
    await faults.begin(play)
    stuck = await whole.until(
        lambda picture: any(
            row.name == NODE and row.use and row.use.age > 3 for row in picture.nodes
        ),
        "usage that grows old",
    )

    assert not missing(stuck)
    await faults.end(play)
    await whole.until(
        lambda picture: all(row.use and row.use.age < 3 for row in picture.nodes), "fresh usage"
    )


async def test_counters_that_begin_anew_make_no_wrong_rate(whole: Watched, faults: Faults) -> None:
    """Neither a negative nor a huge one, and nothing is missing meanwhile."""
    await faults.begin(read(f"counter-reset={NODE}"))

    async for picture in whole.looks(10):
        row = next(row for row in picture.nodes if row.name == NODE)
        assert row.use
        assert 0 < row.use.cpu < row.cpu
        assert all(0 <= pod.use.cpu < row.cpu for pod in picture.pods)
        assert not [gap for gap in picture.gaps if gap.nodes != {NODE}]


async def test_usage_goes_on_while_the_api_server_is_away(whole: Watched, faults: Faults) -> None:
    """Nobody can ask for it; the nodes are asked all the same, and it is there at its return."""
    play = read("api-away")
    await faults.begin(play)
    watcher, scrapes = whole.demo.watcher, whole.demo.server.present.collection.scrapes
    asked = scrapes.tally.asked

    async for _ in whole.looks(6):
        assert "can't connect" in watcher.problem or "refused" in watcher.problem

    assert scrapes.tally.asked > asked + 9
    await faults.end(play)
    back = await whole.until(lambda _: not watcher.problem and not watcher.metrics_problem, "it")
    assert not missing(back)


async def test_a_cut_watch_is_begun_anew(whole: Watched, faults: Faults) -> None:
    """From a new list, for the server has forgotten where it was; nothing is missing."""
    family = "tidegauge_informer_restarts_total"

    def restarts() -> float:
        samples = whole.demo.server.present.metrics.registry.collect()
        return sum(s.value for m in samples for s in m.samples if s.name == family)

    before = restarts()
    await faults.begin(read("watch-cut"))

    async for picture in whole.looks(6):
        assert not missing(picture)
    assert restarts() >= before + 2


async def test_without_a_quorum_nothing_is_written_and_usage_goes_on(
    whole: Watched, faults: Faults
) -> None:
    """Writes are refused in etcd's words; reads, reviews and usage of the other nodes go on."""
    play = read("quorum-lost")
    await faults.begin(play)
    access = api_access(str(whole.demo.cluster.kubeconfig("admin")))
    made: dict[str, Any] = {"metadata": {"name": "refused"}, "data": {}}
    path = "/api/v1/namespaces/default/configmaps"
    async with Client(access, SystemClock()) as admin:
        with pytest.raises(ErrorAnswer, match="etcdserver: request timed out"):
            await admin.post(path, made, type=dict)
        gone = await whole.until(lambda picture: missing(picture) == set(LOST), "two lost nodes")
        assert not whole.demo.watcher.metrics_problem
        assert all(gap.nodes <= set(LOST) for gap in gone.gaps)
        await faults.end(play)
        assert await admin.post(path, made, type=dict)
    assert play.fault.costs("") == set(LOST)


async def test_a_restarted_server_serves_nothing_before_it_knows(
    whole: Watched, faults: Faults
) -> None:
    """Usage is absent for a moment, never zero, and then all there again."""
    seen = []
    await faults.begin(read("server-restarted"))
    async for picture in whole.looks(int(2 / PERIOD)):
        seen.append(missing(picture))
        assert all(row.use is None or row.use.cpu > 0 for row in picture.nodes)

    assert seen[0]
    assert not missing(await whole.complete())
    assert len(whole.demo.server.lives) == 2


async def test_every_fault_has_a_test_of_its_cost() -> None:
    """Faults that hide a node are those in the table and the loss of the quorum."""
    hiding = {fault.name for fault in FAULTS if fault.cost is Cost.NODE}

    assert hiding == {*CAUSES, "quorum-lost"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("node-up", "there is no fault 'node-up'; there are node-down, "),
        ("api-away=worker-1", "api-away is of the whole cluster: leave =worker-1 out"),
        ("lying=", "lying= names no node"),
    ],
)
async def test_a_fault_that_cannot_be_read_is_told(text: str, told: str) -> None:
    """With what would be right."""
    with pytest.raises(FaultError, match=told):
        read(text)


async def test_faults_are_begun_and_ended_once(faults: Faults) -> None:
    """A second time is a mistake that is told, as is a node that does not exist."""
    play = read("lying")
    await faults.begin(play)

    with pytest.raises(FaultError, match="lying=worker-2 is there already"):
        await faults.begin(play)
    with pytest.raises(FaultError, match="there is no node 'worker-9'; there are control-a"):
        await faults.begin(Play(play.fault, "worker-9"))
    await faults.end(play)
    with pytest.raises(FaultError, match="lying=worker-2 is not there; there are no faults"):
        await faults.end(play)


async def test_faults_of_one_node_can_be_ended_in_any_order(whole: Watched, faults: Faults) -> None:
    """Each takes back only what it did."""
    plays = [read(name) for name in ("wrong-certificate", "expired-certificate", "node-down")]
    for play in plays:
        await faults.begin(play)
    for play in plays:
        await faults.end(play)

    await whole.complete()


async def test_orders_are_answered(faults: Faults) -> None:
    """In words for people; what could not be done says so."""
    orders = Orders(faults)

    assert "you should see: no pod changes its usage" in await orders.obey("begin lying=worker-3")
    assert await orders.obey("list") == "lying=worker-3\n"
    assert (await orders.obey("begin lying=worker-3")).startswith(f"{FAILED}lying=worker-3 is ")
    assert await orders.obey("clear lying=worker-3") == "lying=worker-3 is over\n"
    assert (await orders.obey("clear lying=worker-3")).startswith(FAILED)
    assert await orders.obey("clear") == "no faults any more\n"
    assert await orders.obey("dance") == f"{FAILED}not understood: dance\n"


async def test_keys_begin_and_end_faults(whole: Watched, faults: Faults) -> None:
    """A letter only while the menu is there; `c` ends all, `q` the demo."""
    ended: list[bool] = []
    screen = Screen(whole.demo.shown, faults, lambda: ended.append(True))
    letter = LETTERS[[fault.name for fault in FAULTS].index("lying")]

    await screen.press(letter)
    assert faults.active == []
    await screen.press("f")
    await screen.press(letter)
    assert [*map(str, faults.active)] == ["lying=worker-2"]
    await screen.press(letter)
    assert faults.active == []
    await screen.press(letter)
    await screen.press("c")
    await screen.press("q")

    assert faults.active == []
    assert screen.menu
    assert ended
