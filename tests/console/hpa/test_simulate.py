"""`tidegauge hpa simulate` and `loads`, as they are used."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from tidegauge.console.exits import Exit
from tidegauge.console.main import main

_EXAMPLES = Path(__file__).parents[3] / "examples" / "hpa"
_HPA, _DEPLOYMENT, _LOAD = "hpa.yaml", "deployment.yaml", "load.csv"


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    """With the examples, and a load that jumps at half past two; eighty columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    for name in (_HPA, _DEPLOYMENT):
        shutil.copy(_EXAMPLES / name, tmp_path)
    Path(_LOAD).write_text("time,rps\n0,50\n150,400\n")


def _simulate(*words):
    return main(["hpa", "simulate", *words])


def test_shows_changes_with_reasons_and_scores(capsys):
    """What is written is one screen of eighty columns."""
    code = _simulate("-f", _HPA, "-f", _DEPLOYMENT, "--load", _LOAD, "--work=10ms", "--for=5m")
    text = capsys.readouterr().out

    assert code == Exit.FINE
    assert max(map(len, text.splitlines())) <= 80
    assert text == _SCREEN


_SCREEN = """\
hpa.yaml: web for Deployment web, Kubernetes 1.37

load    ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁████████████████████████████ to 400/s
ready   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▃▃▃▃▃▃▃▃▃▆▆▆██ to 20
        0:00:00                                          0:05:00

    TIME   LOAD NEEDS    SIZE  REASON
 0:03:00    400     4     2→4  cpu 200% of 60% asks for 7; no faster than to 4
                                 at once
 0:03:15    400     4     4→7  cpu 200% of 60% asks for 7
 0:04:00    400     4    7→14  cpu 200% of 60% asks for 14
 0:04:15    400     4   14→20  cpu 200% of 60% asks for 24; the maximum is 20

SCORES
Pods lacking (theta U)                     8.33%
  time with pods lacking (tau U)          16.67%
Pods too many (theta O)                  107.08%
  time with pods too many (tau O)         78.33%
Instability (upsilon)                     26.32%
Pod-hours                                   0.51
  of which the load needed                  0.21
Most pods                                     20
Changes of size                                4
  against the one before                       0
Worst saturation                            200%
  at                                     0:02:30
  time saturated                          16.67%
Requests                                   67500
  dropped                                      0
  late                                     39333
  still waiting                                0
  longest wait                            25.0 s
"""


def test_compares_runs_side_by_side(capsys):
    """Each run has its letter, and the second its difference to the first."""
    other = Path("other.yaml")
    other.write_text(Path(_HPA).read_text().replace("maxReplicas: 20", "maxReplicas: 3"))

    _simulate("-f", _HPA, "--load", _LOAD, "--for=5m", f"--compare={other}")
    lines = capsys.readouterr().out.splitlines()

    assert max(map(len, lines)) <= 80
    assert "B: cpu 200% of 60% asks for 7; the" in "\n".join(lines)
    assert [line.split()[-3:] for line in lines if line.startswith("Most pods")] == [
        ["20", "3", "-17"]
    ]


def test_gives_everything_as_json(capsys):
    """Every step, the spec as it is kept, and the differences of the scores."""
    _simulate("-f", _HPA, "--load", _LOAD, "--for=5m", f"--compare={_HPA}", "-o", "json")
    report = json.loads(capsys.readouterr().out)

    assert report["version"] == 1
    assert [len(run["steps"]) for run in report["runs"]] == [20, 20]
    assert report["runs"][0]["spec"]["minReplicas"] == 2
    assert set(report["differences"][0].values()) == {0}


def test_writes_the_page_beside_the_table(capsys):
    """The page of a run goes to a file, or to the standard output."""
    page = Path("page.html")

    _simulate("-f", _HPA, "--load", _LOAD, f"--html={page}")
    table = capsys.readouterr().out
    _simulate("-f", _HPA, "--load", _LOAD, "-o", "html")

    assert "SCORES" in table
    assert capsys.readouterr().out == page.read_text()
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_every_step_can_be_shown(capsys):
    """Also those that change nothing."""
    _simulate("-f", _HPA, "--load", _LOAD, "--for=5m", "--all")

    assert capsys.readouterr().out.count(" cpu ") == 20


def test_great_numbers_stay_apart(capsys):
    """In columns that are made for smaller ones."""
    Path(_LOAD).write_text("time,rps\n0,1e9\n60,1e9\n")
    hpa = Path(_HPA).read_text().replace("maxReplicas: 20", "maxReplicas: 9999")
    Path(_HPA).write_text(hpa.replace("minReplicas: 2", "minReplicas: 2000"))

    assert _simulate("-f", _HPA, "--load", _LOAD) == Exit.FINE
    assert " 0:00:00  1000M   10M 2000→4000  cpu 200% of" in capsys.readouterr().out


def test_a_size_that_never_changes_has_a_reason(capsys):
    """What keeps it is told once, for each run; here that nothing can be told of cpu."""
    code = _simulate("-f", _HPA, "--load", _LOAD, "--for=5m", "--request=0", "--compare", _HPA)
    text = capsys.readouterr().out

    assert code == Exit.FINE
    end = text[text.index("  the size never changed; at the end:\n 0:04:45") :]
    assert "A: no decision: " in end
    assert "B: no decision: " in end


def test_a_workload_file_and_flags(capsys):
    """Flags win over the file."""
    workload = Path("workload.yaml")
    workload.write_text("work: 5ms\nrequest: 100m\nlimit: 200m\nreplicas: 4\noverflow: drop\n")
    flags = ("-f", _HPA, "--load", _LOAD, f"--workload={workload}", "--replicas=6", "-o", "json")

    _simulate(*flags)
    workload_used = json.loads(capsys.readouterr().out)["runs"][0]["workload"]

    assert (workload_used["replicas"], workload_used["queue"]) == (6, False)
    assert workload_used["containers"][0]["limit"] == 0.2


def test_reads_the_load_from_the_standard_input(monkeypatch, capsys):
    """So that a generator can be piped into it."""
    main(["hpa", "loads", "steps", "--peak=300"])
    data = capsys.readouterr().out.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert _simulate("-f", _HPA, "--load=-") == Exit.FINE
    assert "to 300/s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param([], "-f, --filename: give the HPA's manifest, as in -f hpa.yaml", id="none"),
        pytest.param([], "--load, --from-recording: give one of them", id="no load"),
        pytest.param(
            ["-f", _HPA, "--load=/nowhere.csv"], "cannot read /nowhere.csv: No such file", id="load"
        ),
        pytest.param(["-f", "/nowhere.yaml"], "--filename: cannot read /nowhere.yaml", id="hpa"),
        pytest.param(["--work=fast"], "--work: 'fast' is not a duration", id="duration"),
        pytest.param(["--work=-1ms"], "--work: -1ms is too little: give at least 0s", id="work"),
        pytest.param(
            ["-f", _HPA, "--load", _LOAD, "--for=1h", "--metric-period=-15s"],
            "metric period: -15 s are too little: give at least 1s",
            id="period",
        ),
        pytest.param(
            ["-f", _HPA, "-f", _DEPLOYMENT, "--load", _LOAD, "--for=1h", "--container=wbe"],
            "container: pods have no wbe, only web",
            id="container",
        ),
        pytest.param(["--limit=-1"], "--limit: '-1' is not an amount of at least 0", id="amount"),
        pytest.param(["--metric=queue"], "--metric: 'queue' is not NAME=FIGURE", id="pair"),
        pytest.param(
            ["--overflow=lose"], "--overflow: 'lose' is neither queue nor drop", id="word"
        ),
        pytest.param(["--profile=1.2"], "--profile: '1.2' is none of 1.26", id="profile"),
        pytest.param(
            ["-f", _HPA, "--load", _HPA, "--for=1h"], "hpa.yaml:2: must have 2 columns", id="no csv"
        ),
        pytest.param(
            ["-f", _DEPLOYMENT, "--load", _LOAD],
            "deployment.yaml: holds no Horizontal",
            id="no hpa",
        ),
        pytest.param(
            ["-f", _HPA, "--load", _LOAD, "--for=100000h"],
            "this takes 24000000 reconciles, more than 250000: give a shorter --for",
            id="too long",
        ),
        pytest.param(
            ["-f", _HPA, "--load", _LOAD, "--html=/nowhere/x.html"],
            "cannot write /nowhere/x.html: No such file or directory",
            id="page",
        ),
        pytest.param(
            ["-f", _HPA, "--load", _LOAD, *["--compare", _HPA] * 4],
            "--compare: 4 times is too much: at most 3",
            id="too many",
        ),
    ],
)
def test_refuses_with_every_problem(words, problem, capsys):
    """Exit code 2, the problem in words, and where help is."""
    code = _simulate(*words)
    told = capsys.readouterr()

    assert (code, told.out) == (Exit.BAD_INPUT, "")
    assert f"tidegauge hpa simulate: {problem}" in told.err
    assert told.err.endswith("tidegauge hpa simulate --help lists all flags\n")


def test_tells_what_is_wrong_with_each_file(capsys):
    """The workload, the load, the HPA and the one to compare with, at once."""
    Path("workload.yaml").write_text("speed: 3\n")
    Path(_LOAD).write_text("0,1\n0,2\n")
    Path(_HPA).write_text("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n")
    Path("other.yaml").write_text("a: [\n")

    _simulate("-f", _HPA, "--load", _LOAD, "--workload=workload.yaml", "--compare=other.yaml")
    told = capsys.readouterr().err

    for start in ("workload.yaml: speed", "load.csv:2: time", "hpa.yaml:1: ", "other.yaml: "):
        assert f"tidegauge hpa simulate: {start}" in told


@pytest.mark.parametrize("verb", ["simulate", "loads", "record", "replay"])
def test_help_has_examples_and_every_flag(verb, capsys):
    """Asked for help, nothing else is checked."""
    code = main(["hpa", verb, "--help", "--nonsense"])
    text = capsys.readouterr().out

    assert code == Exit.FINE
    assert "Examples:" in text
    assert "--help" in text
    assert max(map(len, text.splitlines())) <= 95


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "give one of steps, daily, flash, noise, sawtooth"),
        (["wave"], "'wave' is no generator: give one of steps"),
        (["steps", "--peak=-1"], "--peak: -1 is too little"),
        (["steps", "--every=-1s"], "--every: -1s is too little"),
        (["steps", "--for=90000h", "--every=1s"], "--for, --every: more than 1000000 rows"),
        (["steps", "daily"], "unexpected argument 'daily'"),
    ],
)
def test_loads_refuses_what_it_cannot_make(words, problem, capsys):
    """Exit code 2 and the problem."""
    code = main(["hpa", "loads", *words])

    assert code == Exit.BAD_INPUT
    told = capsys.readouterr().err.splitlines()
    assert f"tidegauge hpa loads: {problem}" in told[0]
    assert told[1:] == ["tidegauge hpa loads --help lists all flags"]


def test_periods_stretch_what_is_made(capsys):
    """Eight steps of a minute are eight minutes."""
    main(["hpa", "loads", "steps", "--period=1m", "--every=30s"])

    assert len(capsys.readouterr().out.splitlines()) == 1 + 16
