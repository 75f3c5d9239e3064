"""`tidegauge hpa record` and `replay`: what is kept of a live HPA, and what it is good for."""

import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.clock import ManualClock
from tests.console.hpa.fakeapi import FakeClient
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.autoscale.replay.recording import read
from tidegauge.autoscale.replay.runs import Controller
from tidegauge.cluster.errors import NotFound
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.asking import Asker
from tidegauge.console.hpa.record import command as record
from tidegauge.console.hpa.record.recorder import Recorder, next_look
from tidegauge.console.main import main

if TYPE_CHECKING:
    from tidegauge.cluster.client import Client


@pytest.mark.parametrize(
    ("now", "looked", "expected"),
    [
        pytest.param(100, None, 115, id="nothing known: a period later"),
        pytest.param(100, 101, 115.75, id="in step already: a moment before 116"),
        pytest.param(100, 95, 109.75, id="in between: before 110"),
        pytest.param(100, 88, 117.75, id="too near: before 118 instead of 103"),
        pytest.param(1000, 4, 1008.75, id="by what was known long ago"),
    ],
)
def test_looks_a_moment_before_the_controller(now, looked, expected):
    """The next look is a moment before a multiple of the period since the controller looked."""
    assert next_look(now, 15, looked) == expected


class _World:
    """Time passes while the recorder sleeps; `events` happen at their time on the way."""

    def __init__(self, monkeypatch):
        self.clock = ManualClock()
        self.began = self.clock.now()
        self.client = FakeClient(self.clock)
        self.events = {}
        self.lines = []
        self.said = []
        monkeypatch.setattr("tidegauge.console.hpa.record.recorder.sleep", self._sleep)

    async def _sleep(self, seconds):
        self.clock.advance(seconds)
        for at in sorted(self.events):
            if self.clock.now() - self.began >= at:
                self.events.pop(at)(self.client)

    @property
    def reader(self):
        return Reader(cast("Client", self.client), self.clock)

    async def record(self, seconds):
        one = Recorder(self.reader, self.clock, "shop", "web", Controller())
        await one.record(seconds, self.lines.append, self.said.append)
        return read(b"".join(self.lines).splitlines(keepends=True), "web.jsonl")


@pytest.fixture
def world(monkeypatch):
    return _World(monkeypatch)


def _scales_to(replicas, at):
    def happen(client):
        client.replicas, client.cpu = replicas, "50m"
        client.looked_at = client.clock.now() - at

    return happen


async def test_records_each_period_until_the_time_is_over(world):
    """A frame at once, then one each period; the file is read as situations."""
    recording = await world.record(50)

    assert [one.now - world.began for one in recording.situations] == [0, 15, 30, 45]
    assert recording.spec["maxReplicas"] == 20
    assert recording.situations[0].answers.resource[3].containers[0].usage == {"cpu": 50}
    assert world.clock.now() - world.began == 50


async def test_follows_the_controller_once_it_has_scaled(world):
    """It scaled at 22, so it looks again at 37 and 52."""
    world.events[20] = _scales_to(8, 8)
    recording = await world.record(60)

    assert [one.now - world.began for one in recording.situations] == [0, 15, 30, 36.75, 51.75]


async def test_what_cannot_be_read_leaves_a_gap(world):
    """The recording goes on, and the gap is in it."""
    world.events[14] = lambda client: setattr(client, "down", True)
    world.events[29] = lambda client: setattr(client, "down", False)
    recording = await world.record(40)

    assert [one.now - world.began for one in recording.situations] == [0, 30]
    assert [gap.at - world.began for gap in recording.gaps] == [15]
    assert len(world.said) == 1
    assert "connection refused" in world.said[0]


async def test_a_failure_that_lasts_is_told_once(world):
    """Each look leaves its gap; a person is told when it begins."""
    world.events[14] = lambda client: setattr(client, "down", True)
    recording = await world.record(70)

    assert len(recording.gaps) == 4
    assert len(world.said) == 1


async def test_who_may_not_list_hpas_can_record_one(world):
    """Nothing is known of other HPAs then; what else may not be read is told."""
    world.client.forbidden = (
        "/horizontalpodautoscalers",
        "/events",
        "/api/v1/namespaces/shop/pods",
    )
    recording = await world.record(1)

    assert recording.situations[0].others == {}
    assert world.said == ["may not list pods: it is recorded as if there were none"]


async def test_a_second_hpa_is_seen_when_it_comes(world):
    """What it selects is in the recording from the look after that on."""
    world.events[14] = lambda client: setattr(client, "second", True)
    recording = await world.record(40)

    assert [[*one.others] for one in recording.situations] == [[], [], ["shop/second"]]


async def test_without_the_hpa_there_is_no_recording(world):
    """The first look must succeed."""
    one = Recorder(world.reader, world.clock, "shop", "db", Controller())

    with pytest.raises(NotFound):
        await one.record(10, world.lines.append, world.said.append)

    assert world.lines == []


@pytest.fixture
def commands(world, monkeypatch, tmp_path):
    """The command line, asking the world."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(record, "SystemClock", lambda: world.clock)

    @asynccontextmanager
    async def asker(*_):
        yield Asker(world.reader, "shop", "1.37")

    monkeypatch.setattr(record, "asker", asker)
    return world


def _burst(client):
    client.cpu = "100m"


def test_a_recording_can_be_replayed(commands, capsys):
    """The load doubles at 10; the cluster doubles the size at 20, and somebody adds one at 40."""
    commands.events = {10: _burst, 20: _scales_to(8, 8), 40: _scales_to(9, 1)}
    code = main(["hpa", "record", "web", "-n", "shop", "--for=60s", "-o", "web.jsonl"])
    told = capsys.readouterr().err

    assert (code, told) == (Exit.FINE, "5 looks written to web.jsonl\n")
    assert main(["hpa", "replay", "web.jsonl"]) == Exit.FINE
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[6:] == [
        "    TIME READY  DECIDED  CLUSTER  REASON",
        " 0:00:15     4      4→8     4→8   cpu 100% of 50% asks for 8",
        " 0:00:37     8        8     8→9*  cpu 50% of 50%, within tolerance",
        "",
        "What the cluster did is known of 4 steps. It was something else at",
        "1 with the same figures (*), 0 with others (~).",
    ]


@pytest.mark.usefixtures("commands")
def test_a_replay_in_which_nothing_changed_has_a_reason(capsys):
    """That of the last look."""
    code = main(["hpa", "record", "web", "--for=1s", "-o", "web.jsonl"])
    capsys.readouterr()

    assert (code, main(["hpa", "replay", "web.jsonl"])) == (Exit.FINE, Exit.FINE)
    assert capsys.readouterr().out.splitlines()[7:] == [
        "  the size never changed; at the end:",
        " 0:00:00     4        4        ?  cpu 50% of 50%, within tolerance",
        "",
        "What the cluster did is known of 0 steps. It was something else at",
        "0 with the same figures (*), 0 with others (~).",
    ]


def test_a_replay_with_another_spec_and_version(commands, capsys):
    """Both can be changed; all is in the JSON."""
    commands.events = {10: _burst, 20: _scales_to(8, 8)}
    main(["hpa", "record", "web", "--for=40s", "-o", "web.jsonl"])
    Path("other.yaml").write_text(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
        "spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}"
    )
    capsys.readouterr()

    main(["hpa", "replay", "web.jsonl", "--hpa=other.yaml", "--profile=1.32", "-o", "json"])
    run = json.loads(capsys.readouterr().out)["runs"][0]

    assert (run["profile"], run["spec"]["maxReplicas"], run["scores"]) == ("1.32", 5, None)
    assert [(step["size"], step["cluster"]) for step in run["steps"]] == [
        (4, 4),
        (5, 8),
        (5, 8),
        (5, None),
    ]


def test_a_recording_is_a_load(commands, capsys):
    """Its pods' usage is work: 4 pods at 50m are 0.2 cores, then twice that."""
    commands.events = {10: _burst}
    main(["hpa", "record", "web", "--for=40s", "-o", "web.jsonl"])
    capsys.readouterr()

    words = ["--from-recording=web.jsonl", "--work=2ms", "--for=40s", "-o", "json"]
    code = main(["hpa", "simulate", *words])
    run = json.loads(capsys.readouterr().out)["runs"][0]

    assert code == Exit.FINE
    assert [step["load"] for step in run["steps"]] == [100, 200, 200]
    assert run["workload"]["replicas"] == 4
    assert run["assumptions"][0].startswith("The load is the CPU time that the recorded pods used")


@pytest.mark.usefixtures("commands")
def test_a_page_of_a_replay(capsys):
    """Recordings have no load and no scores; the page is made all the same."""
    main(["hpa", "record", "web", "--for=40s", "-o", "web.jsonl"])
    capsys.readouterr()

    main(["hpa", "replay", "web.jsonl", "-o", "html"])

    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["record"], Exit.BAD_INPUT, "record: give the name of an HPA"),
        (["record", "web", "--for=0s"], Exit.BAD_INPUT, "record: --for: 0s is too little"),
        (["record", "web", "-o", "/no/x"], Exit.BAD_INPUT, "record: --output: cannot write /no/x"),
        (["record", "db", "--for=1s"], Exit.BAD_INPUT, "record: there is no HPA db in "),
        (["replay"], Exit.BAD_INPUT, "replay: give the file of a recording"),
        (["replay", "/no/x"], Exit.BAD_INPUT, "replay: cannot read /no/x: No such file"),
        (["replay", __file__], Exit.BAD_INPUT, "test_record.py:1: is no recording"),
        (["replay", "x", "--hpa=/no"], Exit.BAD_INPUT, "--hpa: cannot read /no: No such file"),
        (["simulate", "--from-recording", __file__], Exit.BAD_INPUT, ":1: is no recording"),
    ],
)
@pytest.mark.usefixtures("commands")
def test_refuses_in_words(capsys, words, code, problem):
    """What cannot be used is told; nothing is written."""
    found = main(["hpa", *words])
    told = capsys.readouterr()

    assert (found, told.out) == (code, "")
    assert problem in told.err
