"""What a demo shows and sums up: pictures, frames and summaries, without a cluster."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tidegauge.console.demo import manual
from tidegauge.console.demo.frame import LETTERS, Shown, compose
from tidegauge.console.demo.options import FLAGS
from tidegauge.console.demo.picture import UNMEASURED, Gap, Picture
from tidegauge.console.demo.reading import Answers, picture
from tidegauge.console.demo.summary import Figures
from tidegauge.console.demo.watching import Account
from tidegauge.console.scrapes import Failure
from tidegauge.console.spans import Span, ansi, fitted, plain, wrapped
from tidegauge.console.wording import tables
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import read
from tidegauge.sandbox.simulation import library

DOCS = Path(__file__).parents[2] / "docs"
NOW = 1_795_435_200.0
STAMP, STARTED = "2026-11-23T11:59:58Z", "2026-11-23T11:00:00Z"
REFUSED = Failure("refused", "node w-2: can't connect: Connection refused; check the port")


def node(name: str, *, ready: bool = True) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "status": {
            "capacity": {"cpu": "4", "memory": "8388608Ki"},
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}],
        },
    }


def pod(name: str, on: str, *, started: str = STARTED) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "name": name, "labels": {"app": "web"}},
        "spec": {"nodeName": on},
        "status": {"phase": "Running", "startTime": started},
    }


def usage(name: str, cpu: str, memory: str) -> dict[str, Any]:
    amounts = {"cpu": cpu, "memory": memory}
    return {"metadata": {"name": name}, "timestamp": STAMP, "usage": amounts}


def pod_usage(name: str, *containers: tuple[str, str]) -> dict[str, Any]:
    parts = [{"usage": {"cpu": cpu, "memory": memory}} for cpu, memory in containers]
    metadata = {"namespace": "shop", "name": name}
    return {"metadata": metadata, "timestamp": STAMP, "containers": parts}


def answers(**changed: Any) -> Answers:
    """Two nodes with a pod each, all of it served."""
    deployment = {
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"readyReplicas": 2},
    }
    event = {
        "metadata": {"creationTimestamp": STARTED},
        "involvedObject": {"kind": "Pod", "name": "web-1"},
        "lastTimestamp": "2026-11-23T11:59:30Z",
        "type": "Warning",
        "reason": "BackOff",
        "message": "again",
    }
    return Answers(
        nodes=[node("w-1"), node("w-2")],
        pods=[pod("web-1", "w-1"), pod("web-2", "w-2")],
        deployments=[deployment],
        stateful_sets=[],
        autoscalers=[],
        events=[event],
        node_metrics=[usage("w-1", "500m", "1Gi"), usage("w-2", "3900m", "2Gi")],
        pod_metrics=[
            pod_usage("web-1", ("100m", "64Mi"), ("20m", "16Mi")),
            pod_usage("web-2", ("300m", "64Mi")),
        ],
    )._replace(**changed)


def seen(reason: Failure | None = None, **changed: Any) -> Picture:
    return picture(answers(**changed), NOW, lambda name: reason if name == "w-2" else None)


def shown(of: Picture | None = None, **changed: Any) -> Shown:
    return Shown(
        title="A story",
        elapsed=75.0,
        kubeconfig="/tmp/demo/admin.conf",
        commands=["kubectl top nodes"],
        picture=of,
        problem="",
        scrapes=10,
        failed=1,
        calls=5,
        faults=(),
    )._replace(**changed)


def drawn(what: Shown, columns: int = 120, rows: int = 40) -> str:
    return plain(compose(what, columns, rows))


def test_a_picture_of_a_whole_cluster() -> None:
    """Containers are summed up by pod and by workload, the busiest pod comes first."""
    found = seen()

    assert [(row.name, row.use and row.use.cpu) for row in found.nodes] == [
        ("w-1", 0.5),
        ("w-2", 3.9),
    ]
    assert [(row.name, row.use.cpu, row.use.memory >> 20) for row in found.pods] == [
        ("web-2", 0.3, 64),
        ("web-1", pytest.approx(0.12), 80),
    ]
    (workload,) = found.workloads
    assert (workload.wanted, workload.ready, workload.partial) == (3, 2, False)
    assert workload.use
    assert workload.use.cpu == pytest.approx(0.42)
    assert found.gaps == []
    assert found.freshness == [2.0] * 4


def test_what_is_missing_has_its_reason() -> None:
    """A node's own; its pods are told as one; a workload says that there is more than is known."""
    found = seen(
        REFUSED,
        node_metrics=[usage("w-1", "500m", "1Gi")],
        pod_metrics=[pod_usage("web-1", ("100m", "64Mi"))],
    )

    assert found.gaps == [
        Gap("w-2: missing", REFUSED.problem, frozenset(["w-2"])),
        Gap("1 pods", "run on w-2, of which nothing is known", frozenset(["w-2"])),
    ]
    assert found.workloads[0].partial
    assert "≥100m" in drawn(shown(found))
    assert "no usage: refused" in drawn(shown(found))


def test_a_node_that_fails_is_told_before_its_usage_is_gone() -> None:
    """With the age of what is still served."""
    expected = Gap("w-2: 2s old", REFUSED.problem, frozenset(["w-2"]), excused=True)

    assert seen(REFUSED).gaps == [expected]


@pytest.mark.parametrize(
    ("started", "young"), [("2026-11-23T11:59:50Z", True), (STARTED, False)], ids=["young", "old"]
)
def test_a_pod_just_begun_is_excused(started: str, *, young: bool) -> None:
    """Its containers are still to be measured twice."""
    both = [pod("web-1", "w-1"), pod("web-2", "w-2", started=started)]
    found = seen(pods=both, pod_metrics=[pod_usage("web-1", ("1m", "1Mi"))])

    assert found.gaps == [Gap("shop/web-2", f"{UNMEASURED}, on w-2", frozenset(["w-2"]), young)]


def test_a_container_that_does_not_run_has_no_usage() -> None:
    """Which is as it should be, and said; after its start it is to be measured twice."""
    waiting = pod("web-2", "w-2")
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    waiting["status"]["containerStatuses"] = [{"name": "web", "state": state}]
    begun = pod("web-3", "w-2")
    running = {"running": {"startedAt": "2026-11-23T11:59:55Z"}}
    begun["status"]["containerStatuses"] = [{"name": "web", "state": running}]
    found = seen(pods=[waiting, begun], pod_metrics=[])

    assert [(gap.why, gap.excused) for gap in found.gaps] == [
        ("container web does not run: CrashLoopBackOff, on w-2", True),
        (f"{UNMEASURED}, on w-2", True),
    ]


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
@pytest.mark.parametrize("rows", [6, 24, 60])
@pytest.mark.parametrize("menu", [False, True], ids=["figures", "menu"])
def test_a_frame_fills_its_terminal_exactly(columns: int, rows: int, *, menu: bool) -> None:
    """Whatever its size, and whatever there is to tell."""
    plays = [read("node-down"), read("quorum-lost")]
    what = shown(seen(REFUSED, node_metrics=[]), faults=plays, menu=menu, help=True)

    lines = compose(what, columns, rows)

    assert len(lines) == rows
    assert {sum(len(span.text) for span in line) for line in lines} == {columns}


def test_a_frame_tells_what_there_is() -> None:
    """Nodes with bars, workloads, pods, gaps, events, and where the kubeconfig is."""
    text = drawn(shown(seen()))

    for piece in (
        "A story · 0:01:15",
        "usage of 2/2 nodes, 2/2 pods",
        "export KUBECONFIG=/tmp/demo/admin.conf",
        "scrapes: 10, 1 failed",
        "0.50/4    12%",
        "3.90/4    98%",
        "1.0/8Gi",
        "shop/web                    2/3     420m    144Mi",
        "shop/web-2",
        "nothing: every node and every running pod has fresh usage",
        "30s  BackOff",
        "q quit",
    ):
        assert piece in text


def test_the_smallest_usual_terminal_shows_nodes_and_what_is_wrong() -> None:
    """Before anything else."""
    found = seen(REFUSED, node_metrics=[usage("w-1", "500m", "1Gi")])
    many = found._replace(nodes=[*found.nodes] * 5)

    text = drawn(shown(many, faults=[read("node-down=w-2")]), 80, 24)

    assert text.count("w-1") >= 5
    assert "MISSING OR STALE" in text
    assert "Connection refused" in text


def test_the_commands_asked_for_are_shown_where_there_is_little_room() -> None:
    """All of them, below ten nodes."""
    found = seen()

    commands = [f"kubectl get {number}" for number in range(5)]
    many = found._replace(nodes=[*found.nodes] * 5)

    text = drawn(shown(many, commands=commands, help=True), 80, 24)

    assert all(command in text for command in commands)


def test_no_room_is_left_empty_while_workloads_are_cut() -> None:
    """What a section left out frees goes to those that stay."""
    found = seen()
    many = found._replace(nodes=[*found.nodes] * 5, workloads=[*found.workloads] * 5)

    lines = drawn(shown(many), 80, 24).splitlines()

    empty = [not line.strip() for line in lines]
    assert not any(one and other for one, other in pairwise(empty))


def test_a_node_not_ready_says_so() -> None:
    """Whether there is usage of it or not."""
    assert drawn(shown(seen(nodes=[node("w-1", ready=False)]))).count("NotReady") == 1


def test_a_problem_stands_in_the_head() -> None:
    """And the last figures stay below it."""
    text = drawn(shown(seen(), problem="https://127.0.0.1:1: can't connect"))

    assert text.splitlines()[2] == " https://127.0.0.1:1: can't connect"
    assert "w-2" in text


def test_the_menu_has_every_fault_with_a_letter_of_its_own() -> None:
    """None of which means anything else."""
    lines = drawn(shown(seen(), menu=True, faults=[read("lying")])).splitlines()

    for letter, fault in zip(LETTERS, FAULTS, strict=False):
        mark = "●" if fault.name == "lying" else "○"
        assert any(line.startswith(f"  {letter} {mark} {fault.name} ") for line in lines)
    assert len(LETTERS) >= len(FAULTS)
    assert not set("fchq") & set(LETTERS[: len(FAULTS)])


def test_colours_are_left_out_on_demand() -> None:
    """And a line that is too long ends in an ellipsis."""
    line = [Span("good", "good"), Span(" and plain")]

    assert ansi(line, colour=True) == "\x1b[32mgood\x1b[0m and plain"
    assert ansi(line, colour=False) == "good and plain"
    assert plain([fitted(line, 8)]) == "good an…"


def test_long_texts_go_on_below() -> None:
    """Indented below where they began."""
    lines = [*wrapped([Span(" name  ")], "one two three four five six seven", 30)]

    assert plain(lines) == " name  one two three four\n       five six seven"


def figures(**changed: Any) -> Figures:
    """Of a demo in which all went well."""
    account = Account(
        looks=60,
        nodes={"w-1", "w-2"},
        pods={("shop", "web-1"), ("shop", "web-2")},
        ages=Counter({20: 98, 35: 2}),
        first=2.5,
    )
    made = Figures(
        story="A story",
        seconds=60.0,
        account=account,
        last=seen(),
        scrapes=120,
        failed=0,
        api_calls=500,
        housekeeping=2.0,
        period=1.0,
    )
    return replace(made, **changed)


def test_a_summary_of_what_went_well() -> None:
    """Every figure, and that promises were kept."""
    assert figures().broken() == []
    assert figures().as_text() == (
        "60s of “A story”\n"
        "  nodes served  2; at the end 2 of 2\n"
        "  pods served   2; at the end 2 of 2\n"
        "  first usage   after 2.5s\n"
        "  scrapes       120, 0 failed\n"
        "  freshness     p50 2.0s, p99 3.5s\n"
        "  API calls     500\n"
        "all that was promised was there\n"
    )


GAP = seen(REFUSED, node_metrics=[usage("w-1", "1", "1Gi")])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"last": None}, "the cluster could not be looked at"),
        ({"account": Account(first=None)}, "within 9s, and was never"),
        ({"account": Account(first=12.0)}, "within 9s, and was after 12.0s"),
        ({"account": Account(first=1.0, unreachable=3)}, "did not answer 3 looks"),
        ({"account": Account(first=1.0, ages=Counter({130: 1}))}, "younger than 12s, not 13s"),
        ({"last": GAP}, "w-2: missing: node w-2: can't connect"),
        ({"last": GAP, "faults": [read("node-down=w-1")]}, "w-2: missing"),
    ],
    ids=["unseen", "never", "late", "unreachable", "old", "missing", "other fault"],
)
def test_a_broken_promise_is_told(changed: dict[str, Any], told: str) -> None:
    """In the text and for programs."""
    found = figures(**changed)

    assert any(told in each for each in found.broken())
    assert "not kept: " in found.as_text()
    assert found.as_json()["broken"] == found.broken()


@pytest.mark.parametrize(
    "changed",
    [
        {"last": GAP, "faults": [read("node-down=w-2")]},
        {"last": GAP, "faults": [read("server-restarted")]},
        {"last": GAP, "seconds": 3.0},
        {"last": seen(REFUSED)},
    ],
    ids=["its fault", "all may be missing", "too early", "served"],
)
def test_what_was_to_be_expected_breaks_no_promise(changed: dict[str, Any]) -> None:
    """Faults excuse what they declare to cost, and who leaves early was promised nothing."""
    assert figures(**changed).broken() == []


def test_docs_have_every_flag_as_declared() -> None:
    """docs/demo.md holds the tables that the declarations make, and every story."""
    document = (DOCS / "demo.md").read_text("utf-8")

    assert "\n".join(tables(FLAGS)).strip() in document
    assert [name for name in library.names() if f"`{name}`" not in document] == []


def test_docs_have_every_fault_as_declared() -> None:
    """docs/faults.md is what the declarations make."""
    assert manual.reference() == (DOCS / "faults.md").read_text("utf-8")
