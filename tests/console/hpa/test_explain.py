"""`tidegauge hpa explain` and `ls`, from flags and a cluster to a screen and an exit code."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from tests.autoscale.reading.served import (
    EVENTS,
    NAMESPACE,
    PLACE,
    PODS,
    USAGE,
    Served,
    forbidden,
    hpa,
    serving,
    shop,
)
from tidegauge.autoscale.engine.memory import Recommendation
from tidegauge.autoscale.explaining.explanation import (
    Claim,
    Explanation,
    Hold,
    Lack,
    LeftOut,
    Measure,
    Outcome,
    Outlook,
    Standing,
    Verdict,
)
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import Client
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.command import hpa as command
from tidegauge.console.hpa.explain.looking import look
from tidegauge.console.hpa.explain.screen import screen
from tidegauge.console.hpa.explain.table import table
from tidegauge.console.hpa.explain.watched import Watched
from tidegauge.console.spans import ansi, plain, width
from tidegauge.units.clock import SystemClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHOLE = Explanation(
    namespace="shop",
    name="web",
    target="Deployment web",
    at=NOON,
    profile="1.37",
    minimum=1,
    maximum=10,
    verdict=Verdict(
        outcome=Outcome.STAYS,
        current=6,
        desired=6,
        wanted=2,
        headline="Stays at 6",
        why="The metrics ask for 2; stabilization held it back.",
    ),
    outlook=Outlook(at=NOON + timedelta(seconds=90), desired=2, at_latest=True),
    metrics=(
        Measure(
            name="cpu",
            type="Resource",
            usage="20%",
            target="60%",
            detail="20m per pod, in percent of its request",
            ratio=0.333,
            rebalanced=0.5,
            counted=6,
            proposal=2,
            decides=True,
            pods={"ready": 2, "missing": 4},
            left_out=tuple(
                LeftOut(f"web-6d4cf56db6-x{i}x2z", "missing", "has no metric sample", "60m")
                for i in range(4)
            ),
        ),
        Measure(name="queue", type="External", target="10", error="no metrics returned " * 8),
    ),
    holds=(
        Hold(
            by="stabilization",
            text="2 is asked for, but 6 was in the last 5m",
            until=NOON + timedelta(seconds=80),
            at_latest=True,
        ),
    ),
    status=Standing(
        stale=True,
        text="stale: last changed long ago",
        claims=tuple(Claim(f"claim-{i}", "True", "False") for i in range(7)),
    ),
    missing=(Lack("series of queue", ("kubectl get --raw " + "/long" * 30,)),),
    assumed=("A recommendation of 6 holds the size, says the status. " * 3,),
)


@pytest.fixture
def served():
    with serving() as found:
        shop(found, hpa(), hpa("api"))
        yield found


@pytest.fixture
def run(served: Served, tmp_path: Path) -> Callable[..., int]:
    """The command against that cluster."""

    def run(*words: str) -> int:
        return command([*words, f"--kubeconfig={served.kubeconfig(tmp_path)}"])

    return run


def test_a_screen_has_everything_and_fits():
    """80 columns, but for what is to be pasted; what is long is counted, not listed."""
    lines = list(screen(WHOLE, 80))

    text = plain(lines)
    assert max(width(line) for line in lines if "kubectl" not in plain([line])) <= 80
    assert "/long" * 30 in text
    assert "shop/web → Deployment web: 6 replicas (min 1, max 10)" in text
    assert "cpu    20% / 60% → 0.33 → 0.50 with guesses \u00d7 6 pods → 2  decides" in text
    assert "and 1 more: has no metric sample; counted with 60m" in text
    assert "it goes to 2 by " in text
    assert "(in 1m30s)" in text
    assert "and 2 more" in text
    for title in ("Metrics", "Held back", "Status", "Missing", "Assumed"):
        assert f"\n{title}\n" in text


@pytest.mark.parametrize("columns", [1, 4, 20])
def test_a_screen_can_be_narrower_than_its_words(columns):
    """The terminal breaks the lines then."""
    assert "Assumed" in plain(list(screen(WHOLE, columns)))


def test_colour_marks_what_matters():
    """And is left out where it is not wanted."""
    lines = list(screen(WHOLE, 80))

    assert any("\x1b[31m" in ansi(line, colour=True) for line in lines)
    assert not any("\x1b" in ansi(line, colour=False) for line in lines)


def test_an_explanation_on_the_screen(run, capsys):
    """Of what the cluster is like now, without colour where there is no terminal."""
    assert run("explain", "web", "-n", NAMESPACE) == Exit.FINE

    shown = capsys.readouterr().out
    assert "▲ Scales up from 2 to 3 at the controller's next look, within 15s" in shown
    assert "cpu  60% / 50% → 1.20 \u00d7 2 pods → 3  decides" in shown
    assert "by the rules of Kubernetes 1.37" in shown
    assert "\x1b" not in shown


def test_an_explanation_for_programs(run, capsys):
    """The same in JSON and YAML."""
    run("explain", "hpa/web", "-n", NAMESPACE, "-o", "json")
    as_json = json.loads(capsys.readouterr().out)
    run("explain", "web", "-n", NAMESPACE, "-o", "yaml")
    as_yaml = yaml.safe_load(capsys.readouterr().out)

    assert as_json["verdict"] == as_yaml["verdict"]
    assert as_json["verdict"]["desired"] == 3


def test_the_flags_of_the_controller(run, capsys):
    """As the one that runs may have other ones."""
    run("explain", "web", "-n", NAMESPACE, "--horizontal-pod-autoscaler-tolerance=0.3")
    tolerant = capsys.readouterr().out
    run("explain", "web", "-n", NAMESPACE, "--profile=1.26")
    old = capsys.readouterr().out

    assert "from 0.70 to 1.30 change nothing" in tolerant
    assert "by the rules of Kubernetes 1.26" in old


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["wbe", "-n", "shop"], "there is no HPA wbe in shop; did you mean web?"),
        (["zzzzz", "-n", "shop"], "there is no HPA zzzzz in shop; it has api, web"),
        (["web", "-n", "lab"], "there is no HPA web in lab; there is one in shop: add -n shop"),
        (["zzzzz", "-n", "lab"], "`tidegauge hpa ls -A` lists those of all namespaces"),
        ([], "name an HPA"),
        (["web", "--profile=1.2", "-o", "xml"], "--profile: '1.2' is none of 1.26"),
        (["web", "--profile=1.2", "-o", "xml"], "--output: 'xml' is none of text, json, yaml"),
        (["web", "--horizontal-pod-autoscaler-tolerance=-1"], "is too little"),
    ],
)
def test_words_that_cannot_be_used(served, run, words, told, capsys):
    """Exit code 2, with what was probably meant."""
    served.answers["/apis/autoscaling/v2/namespaces/lab/horizontalpodautoscalers"] = {"items": []}
    served.answers["/api/v1/namespaces/lab/events"] = {"items": []}
    everywhere = "/apis/autoscaling/v2/horizontalpodautoscalers"
    served.answers[everywhere] = served.answers[PLACE]

    assert run("explain", *words) == Exit.BAD_INPUT
    assert told in capsys.readouterr().err


def test_who_may_not_read_enough_is_told_what_to_ask_for(served, run, capsys):
    """Exit code 3."""
    served.answers[PODS] = forbidden("pods")

    assert run("explain", "web", "-n", NAMESPACE) == Exit.UNREACHABLE

    shown = capsys.readouterr().out
    assert "? What it will do cannot be told" in shown
    assert "create role hpa-explainer --verb=list --resource=pods" in shown


def test_who_may_get_but_not_list_sees_all_but_one_thing(served, run, capsys):
    """That is assumed, and said."""
    served.answers[PLACE] = forbidden("hpas")

    assert run("explain", "web", "-n", NAMESPACE) == Exit.FINE
    assert "you may not list HPAs" in capsys.readouterr().out


def test_a_watch_outlives_a_failing_look(served, run, capsys, monkeypatch):
    """It says so, goes on, compares, and ends with Ctrl-C."""
    hpas, calls = served.answers[PLACE], iter(["fail", "mend", "stop"])

    def next_look(now, *_):
        match next(calls):
            case "fail":
                served.answers[PLACE] = 500, "oh"
            case "mend":
                served.answers[PLACE] = hpas
            case _:
                raise KeyboardInterrupt
        return now

    monkeypatch.setattr("tidegauge.console.hpa.explain.command.next_look", next_look)

    assert run("explain", "web", "-n", NAMESPACE, "--watch") == Exit.FINE

    shown = capsys.readouterr()
    assert "HTTP 500: oh" in shown.err
    assert "from the next look on, what happens is compared" in shown.out
    assert "2 → 2, 3 was foretold  60% → 60%" in shown.out


async def test_another_hpa_of_that_name_is_not_remembered(served):
    """What was recommended for the one that is gone is gone with it."""
    served.answers[PLACE]["items"][0]["status"]["conditions"] = [
        {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}
    ]
    before = Past(created=1.0, carried=(Recommendation(time.time(), 9),))

    async with Client(Access("test", served.url), SystemClock()) as client:
        got = await look(Reader(client, SystemClock()), NAMESPACE, "web", before, 15.0)
        same = replace(before, created=None)
        kept = await look(Reader(client, SystemClock()), NAMESPACE, "web", same, 15.0)

    assert (got.decision.desired, kept.decision.desired) == (3, 4)


def test_a_cluster_that_is_not_there(tmp_path, capsys):
    """Exit code 3, with its address."""
    with serving() as gone:
        path = gone.kubeconfig(tmp_path)

    assert command(["explain", "web", f"--kubeconfig={path}"]) == Exit.UNREACHABLE
    assert gone.url in capsys.readouterr().err


def test_a_misspelt_target_is_found(served, run, capsys):
    """Among the objects of its kind."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "aip"}
    served.answers[PLACE] = {"items": [hpa(scaleTargetRef=target)]}

    run("explain", "web", "-n", NAMESPACE)

    assert "its target deployment/aip; there is api" in capsys.readouterr().out


def test_a_list_of_all(run, capsys):
    """A line for each HPA, with what comes next."""
    assert run("ls", "-n", NAMESPACE) == Exit.FINE

    head, api, web = capsys.readouterr().out.splitlines()
    assert head.split() == ["HPA", "SIZE", "OF", "METRICS", "NEXT"]
    assert api.split()[:4] == ["shop/api", "2", "1-10", "cpu"]
    assert "! 2: failed to get cpu utilization" in api
    assert "▲ 3: cpu is above its target and asks for 3." in web


def test_a_list_for_programs(run, capsys):
    """All explanations in one array."""
    run("ls", "-n", NAMESPACE, "-o", "json")

    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["api", "web"]


def test_a_list_of_nothing(served, run, capsys):
    """Says so, and how to look further."""
    served.answers[PLACE] = {"items": []}

    assert run("ls", "-n", NAMESPACE) == Exit.FINE
    assert "-A looks in all namespaces" in capsys.readouterr().err


def test_contradicting_flags_of_the_list(run, capsys):
    """One namespace or all."""
    assert run("ls", "-A", "-n", "shop") == Exit.BAD_INPUT
    assert "give one of them" in capsys.readouterr().err


def test_events_are_read_once_for_a_list(served, run):
    """Not for each HPA."""
    run("ls", "-n", NAMESPACE)

    assert [path for path, _ in served.asked].count(EVENTS) == 1
    assert (USAGE, {"labelSelector": "app=web"}) in served.asked


def test_a_table_is_cut_to_the_terminal():
    """Names and sizes last."""
    assert all(width(line) <= 60 for line in list(table([WHOLE], 60))[1:])


def test_what_was_foretold_is_compared():
    """Also where it was wrong."""
    watched = Watched()
    up = Verdict(outcome=Outcome.UP, current=2, desired=3, headline="", why="")

    for verdict in (
        up,
        Verdict(outcome=Outcome.STAYS, current=3, desired=3, headline="", why=""),
        Verdict(outcome=Outcome.STAYS, current=5, desired=5, headline="", why=""),
    ):
        watched.note(replace(WHOLE, verdict=verdict))

    text = plain(watched.lines())
    assert "2 looks, 1 as foretold" in text
    assert "2 → 3, as foretold" in text
    assert "3 → 5, 3 was foretold  20% → 20%" in text


@pytest.mark.parametrize("verb", ["explain", "ls"])
def test_help_has_examples_and_exit_codes(verb, capsys):
    """And every flag."""
    assert command([verb, "--help"]) == Exit.FINE

    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert "Exit codes:" in shown
    assert "--context string" in shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], Exit.FINE, "Verbs:"),
        (["--help"], Exit.FINE, "Verbs:"),
        (["x"], Exit.BAD_INPUT, "there is no verb 'x'"),
    ],
)
def test_verbs(words, code, told, capsys):
    """Without one, there is a list of them."""
    assert command(words) == code

    shown = capsys.readouterr()
    assert told in shown.out + shown.err
