"""What comes and goes leaves nothing behind: `bench.soak` for some minutes of a small cluster.

Counted are the entries of every table of the server once all is quiet, which are the same in each
run. `python -m bench.soak` looks at memory itself, for a day.
"""

import re
from collections import Counter

import pytest
from structlog.testing import capture_logs

from bench.soak.census import census
from bench.soak.peers import Kubelets
from bench.soak.running import Scale, Soak, runner
from bench.soak.verdict import Hour, grown, growth
from tests.clock import ManualClock
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.families import NodeTimes

SCALE = Scale(nodes=5, pods=10)
PERIODS = 48
"""With an outage of the API server, and three nodes that come and go."""

LABELLED = ("Counter.", "Gauge.", "Histogram.")
"""Have an entry more whenever a cause is met for the first time."""


async def soak(clock: ManualClock) -> tuple[set[str], bytes, set[bytes]]:
    """Tables with more entries after more of the same; and /metrics, with the nodes there are."""
    soaked = Soak(SCALE, clock)
    censuses = []
    async with soaked.running():
        for _ in range(2):
            await soaked.run(PERIODS)
            assert await soaked.settle() == SCALE.nodes * SCALE.pods
            censuses.append(soaked.census())
        page = await soaked.clients.ask("/metrics", who="scraper")
    names = {name for name, _, _ in grown(*censuses) if not name.startswith(LABELLED)}
    return names, page, {name.encode() for name in soaked.world.nodes}


def soaked() -> tuple[set[str], bytes, set[bytes]]:
    clock = ManualClock()
    with capture_logs(), runner(clock) as running:
        return running.run(soak(clock))


def test_nothing_stays_of_what_has_gone():
    """No table is longer after nodes, pods, clients and outages have come and gone."""
    longer, page, nodes = soaked()

    assert longer == set()
    assert set(re.findall(rb"node-\d+", page)) == nodes
    assert not re.search(rb"job-\d|uid-\d|newcomer-\d|none-\d", page)


def test_what_stays_is_found(monkeypatch):
    """A part that forgets to forget shows in the census under the name of its table."""
    for kind in (Kubelets, NodeTimes, OnChange):
        monkeypatch.setattr(kind, "forget", lambda *_: None)

    longer, page, nodes = soaked()

    assert {"Kubelets.last", "NodeTimes._seconds"} <= longer
    assert set(re.findall(rb"node-\d+", page)) > nodes


def test_an_empty_cell_holds_nothing():
    """A function whose variable is not set is counted by what it holds besides."""
    kept, gone = [1, 2], [3]

    def holder():
        return gone, kept

    assert holder.__closure__ is not None
    empty, _ = holder.__closure__
    del empty.cell_contents

    assert census(holder) == {"": 2}


def hours(resident: float = 0, blocks: int = 0, nodes: float = 0, count: int = 24) -> list[Hour]:
    """So many hours after the first one, with so much more in each."""
    return [
        Hour(
            hour=hour,
            resident_mb=100 + hour * resident,
            blocks=500_000 + hour * blocks,
            tables=Counter({"Store._nodes": 60 + int(hour * nodes)}),
            gone_pods=0,
            gone_nodes=0,
            served=1,
        )
        for hour in range(count + 1)
    ]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        pytest.param(hours(), [], id="flat"),
        pytest.param(hours(resident=0.1, blocks=100, nodes=0.9), [], id="within-tolerance"),
        pytest.param(hours(resident=0.5), ["resident MB"], id="resident"),
        pytest.param(hours(blocks=1_000), ["blocks"], id="blocks"),
        pytest.param(hours(nodes=7), ["Store._nodes: 88 to 228 entries"], id="table"),
        pytest.param(hours(nodes=1), ["Store._nodes: 64 to 84 entries"], id="table-each-hour"),
        pytest.param(
            hours(nodes=9, count=6), ["Store._nodes: 96 to 114 entries"], id="table-in-few-hours"
        ),
    ],
)
def test_verdict_on_a_day(day, words):
    """What has grown beyond its tolerance since the warm-up, or in each hour since, is named."""
    found = growth(day)

    assert len(found) == len(words)
    assert all(map(str.startswith, found, words))
