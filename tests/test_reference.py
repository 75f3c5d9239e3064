"""The model is what the store is judged by, so it is itself held to tables, rule by rule.

Times are seconds after a moment EPOCH; `at` is when an answer comes in, by all clocks.
"""

from typing import Any, NamedTuple

import pytest

from tests.bodies import container_lines, node_lines
from tests.reference import Model
from tests.reference_body import NODE, parse

EPOCH = 1_790_000_000
C = ("ns", "pod", "c")
D = ("ns", "pod", "d")


class Said(NamedTuple):
    """What an answer says of a container; None where the line is missing."""

    stamp: float
    cpu: float | None = 0
    memory: int | None = 1024
    start: float | None = None
    memory_stamp: float | None = None
    swap: int | None = None


def _ms(seconds: float) -> int:
    return EPOCH * 1000 + round(seconds * 1000)


def _lines(key: tuple[str, str, str], said: Said) -> str:
    memory_stamp = said.stamp if said.memory_stamp is None else said.memory_stamp
    figures = {
        "cpu": None if said.cpu is None else f"{said.cpu} {_ms(said.stamp)}",
        "memory": None if said.memory is None else f"{said.memory} {_ms(memory_stamp)}",
        "swap": None if said.swap is None else f"{said.swap} {_ms(memory_stamp)}",
        "start": None if said.start is None else f"{EPOCH + said.start}",
    }
    return container_lines(*key, **{k: text for k, text in figures.items() if text is not None})


class Player:
    """Feeds a model, and tells what it serves of the one pod."""

    def __init__(self) -> None:
        self.model = Model(period_s=15)

    def answer(
        self, at: float, said: dict[tuple[str, str, str], Said], extra: str = "", node: str = "n"
    ) -> None:
        text = "".join(_lines(key, one) for key, one in said.items())
        self.model.answer(node, (text + extra).encode(), _ms(at), at, EPOCH + at)

    def pod(self, now: float) -> dict[str, Any] | None:
        return next(iter(self.model.pods(now)), None)

    def rate(self, now: float) -> tuple[str, str] | None:
        """Window and CPU of the first container."""
        pod = self.pod(now)
        return (pod["window"], pod["containers"][0]["usage"]["cpu"]) if pod else None


def _rates(*answers: Said) -> list[tuple[str, str] | None]:
    """Windows and CPUs after each of the answers, of which the node's first said nothing of it."""
    player = Player()
    player.answer(0, {}, node_lines(cpu=f"1 {_ms(0)}", memory=f"1 {_ms(0)}"))
    rates = []
    for i, said in enumerate(answers, start=1):
        player.answer(i * 15, {C: said})
        rates.append(player.rate(i * 15))
    return rates


# Rule 1


def test_rule_1_the_window_runs_between_the_cpu_stamps() -> None:
    """CPU and memory have their own stamps; those of the CPU make window and timestamp."""
    player = Player()
    player.answer(0, {C: Said(-4, cpu=1, memory_stamp=-1)})
    player.answer(15, {C: Said(6, cpu=2, memory_stamp=14)})

    pod = player.pod(15)

    assert pod
    assert (pod["window"], pod["timestamp"]) == ("10s", "2026-09-21T14:13:26Z")
    assert player.rate(15) == ("10s", "100m")


def test_rule_1_a_line_without_a_stamp_takes_that_of_the_request() -> None:
    """The time of the request stands in where the kubelet gives none."""
    player = Player()
    for at, cpu in ((0, "1"), (12, "4")):
        player.answer(at, {}, container_lines(*C, cpu=cpu, memory="2048"))

    assert player.rate(12) == ("12s", "250m")


@pytest.mark.parametrize(
    ("before", "after", "window_s", "rate"),
    [
        pytest.param(0, 0, 15, "0", id="no progress"),
        pytest.param(1, 2, 3, "333333333n", id="cut, not rounded"),
        pytest.param(0.1, 0.3, 0.7, "285714285n", id="below a second"),
        pytest.param(0, 0.855932, 17.6, "48632499n", id="exactly it would be 48632500n"),
    ],
)
def test_rule_1_rates_are_made_in_doubles(
    before: float, after: float, window_s: float, rate: str
) -> None:
    """The difference is divided as a double and cut to whole nanocores."""
    player = Player()
    player.answer(0, {C: Said(0, cpu=before)})
    player.answer(15, {C: Said(window_s, cpu=after)})

    found = player.rate(15)

    assert found
    assert found[1] == rate


# Rule 2


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param(15, id="not moved"),
        pytest.param(14, id="older than the last"),
        pytest.param(-9, id="older than all"),
    ],
)
def test_rule_2_a_sample_that_is_not_newer_adds_nothing(stamp: float) -> None:
    """The pair stays, and the next newer sample makes a pair with the last one taken."""
    samples = [Said(0), Said(15, cpu=15), Said(stamp, cpu=99), Said(45, cpu=30)]

    assert _rates(*samples) == [None, ("15s", "1"), ("15s", "1"), ("30s", "500m")]


def test_rule_2_memory_moves_by_its_own_stamp() -> None:
    """A newer memory reading is taken with its swap though the CPU has not moved, and no other."""
    player = Player()
    player.answer(0, {C: Said(0, memory=1, swap=1)})
    player.answer(15, {C: Said(15, memory=2, swap=2)})
    seen = []
    for at, memory_stamp, memory in ((30, 30, 3), (45, 29, 4), (60, 30, 5)):
        said = Said(15, memory=memory, swap=memory, memory_stamp=memory_stamp)
        player.answer(at, {C: said})
        pod = player.pod(at)
        assert pod
        seen.append(pod["containers"][0]["usage"])

    assert seen == [{"cpu": "0", "memory": "3", "swap": "3"}] * 3


# Rule 3


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param(
            [Said(15), Said(30, cpu=30)], [None, ("15s", "2")], id="first seen: two points"
        ),
        pytest.param(
            [Said(15, cpu=30, start=-1), Said(30, cpu=45, start=-1)],
            [None, ("15s", "1")],
            id="first seen, but older than the earlier answer: two points",
        ),
        pytest.param(
            [Said(15, cpu=30, start=0), Said(30, cpu=45, start=0)],
            [None, ("15s", "1")],
            id="first seen, started at the very stamp of the earlier answer: two points",
        ),
        pytest.param(
            [Said(15, cpu=12, start=3), Said(30, cpu=27, start=3)],
            [("12s", "1"), ("15s", "1")],
            id="first seen, started after the earlier answer: from its start, then a pair",
        ),
        pytest.param(
            [Said(15, cpu=5, start=5), Said(30, cpu=20, start=5)],
            [("10s", "500m"), ("15s", "1")],
            id="exactly 10 s old: usable",
        ),
        pytest.param(
            [Said(15, cpu=9, start=6), Said(30, cpu=12, start=6), Said(45, cpu=27, start=6)],
            [None, ("24s", "500m"), ("15s", "1")],
            id="younger than 10 s: keeps its beginning until it is old enough",
        ),
        pytest.param(
            [Said(15, cpu=9, start=16), Said(30, cpu=24, start=16)],
            [None, ("14s", "1714285714n")],
            id="a start in the future is unknown, until it is past",
        ),
        pytest.param(
            [Said(15), Said(30, cpu=15), Said(45, cpu=6, start=33), Said(60, cpu=21, start=33)],
            [None, ("15s", "1"), ("12s", "500m"), ("15s", "1")],
            id="restarted: from its start",
        ),
        pytest.param(
            [Said(15), Said(30, cpu=15), Said(45, cpu=6, start=40), Said(60, cpu=10, start=40)],
            [None, ("15s", "1"), ("15s", "1"), ("20s", "500m")],
            id="restarted, too young: the last usage stays",
        ),
        pytest.param(
            [
                Said(15),
                Said(30, cpu=15),
                Said(45, cpu=1, start=40),
                Said(60, cpu=2, start=55),
                Said(75, cpu=3, start=55),
            ],
            [None, ("15s", "1"), ("15s", "1"), ("15s", "1"), ("20s", "150m")],
            id="restarted twice: from the later start, the last usage stays all the time",
        ),
        pytest.param(
            [Said(15), Said(30, cpu=15), Said(45, cpu=30, start=31), Said(60, cpu=45, start=31)],
            [None, ("15s", "1"), ("14s", "2142857142n"), ("15s", "1")],
            id="restarted with a higher counter: still from its start",
        ),
        pytest.param(
            [
                Said(15, start=-9),
                Said(30, cpu=15, start=-9),
                Said(45, cpu=1, start=-9),
                Said(60, cpu=31, start=-9),
            ],
            [None, ("15s", "1"), ("15s", "1"), ("15s", "2")],
            id="reset, same start: a first point, the last usage stays",
        ),
        pytest.param(
            [Said(15, cpu=9), Said(30, cpu=1), Said(45, cpu=16)],
            [None, None, ("15s", "1")],
            id="reset before any usage: a first point",
        ),
        pytest.param(
            [
                Said(15, start=-9),
                Said(30, cpu=15, start=-8),
                Said(45, cpu=30),
                Said(60, cpu=45, start=-99),
            ],
            [None, ("15s", "1"), ("15s", "1"), ("15s", "1")],
            id="a start that moves, but not beyond the last stamp, changes nothing",
        ),
        pytest.param(
            [
                Said(15),
                Said(30, cpu=15),
                Said(45, cpu=1, start=40),
                Said(55, cpu=2),
                Said(65, cpu=12),
            ],
            [None, ("15s", "1"), ("15s", "1"), ("15s", "1"), ("10s", "1")],
            id="the start line is gone: a first point",
        ),
        pytest.param(
            [
                Said(15),
                Said(30, cpu=15),
                Said(45, cpu=5, start=40),
                Said(49, cpu=1),
                Said(64, cpu=16),
            ],
            [None, ("15s", "1"), ("15s", "1"), ("15s", "1"), ("15s", "1")],
            id="a reset while too young: a first point",
        ),
    ],
)
def test_rule_3_starts_restarts_and_resets(
    samples: list[Said], expected: list[tuple[str, str] | None]
) -> None:
    """Each line of the table of rule 3 begins its window where it should."""
    assert _rates(*samples) == expected


def test_rule_3_the_first_answer_of_a_node_has_first_points_only() -> None:
    """Where nothing was heard of the node before, a known start is no reason for a rate."""
    player = Player()
    player.answer(0, {C: Said(0, cpu=12, start=-12)})

    assert player.rate(0) is None


def test_rule_3_a_lone_answer_without_any_stamp_is_no_earlier_word() -> None:
    """An answer without series does not tell how old a container is."""
    player = Player()
    player.answer(0, {}, "resource_scrape_error 1\n")
    player.answer(15, {C: Said(15, cpu=12, start=3)})

    assert player.rate(15) is None


def test_rule_3_the_last_usage_stays_as_a_whole() -> None:
    """While a restarted container is too young, memory, swap and timestamp stay with the rate."""
    player = Player()
    player.answer(0, {C: Said(0, memory=1, swap=1)})
    player.answer(15, {C: Said(15, cpu=15, memory=2, swap=2)})
    before = player.pod(15)
    player.answer(30, {C: Said(30, cpu=1, memory=3, swap=3, start=29)})
    while_young = player.pod(30)
    player.answer(45, {C: Said(45, cpu=2, memory=4, swap=4, start=29)})
    after = player.pod(45)

    assert before
    assert while_young
    assert after
    for item in (before, while_young):
        item["metadata"].pop("creationTimestamp")
    assert while_young == before
    assert after["containers"][0]["usage"] == {"cpu": "125m", "memory": "4", "swap": "4"}


# Rule 4


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param({C: Said(15, cpu=15)}, ["c"], id="one container"),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15)}, None, id="a container with one point hides the pod"
        ),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, cpu=None)}, None, id="memory only hides the pod"
        ),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, memory=None)}, None, id="CPU only hides the pod"
        ),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, memory=0)}, ["c"], id="zero in both has exited"
        ),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, cpu=1, memory=0)}, None, id="zero memory is a value"
        ),
        pytest.param({C: Said(15, cpu=15, memory=0)}, ["c"], id="zero memory is served"),
        pytest.param({C: Said(15)}, ["c"], id="zero CPU is served"),
        pytest.param({C: Said(15, memory=0)}, None, id="all exited"),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, cpu=None, memory=None, start=1)},
            ["c"],
            id="only a start line is ignored",
        ),
        pytest.param(
            {C: Said(15, cpu=15), D: Said(15, cpu=None, memory=None, swap=1)},
            ["c"],
            id="only a swap line is ignored",
        ),
    ],
)
def test_rule_4_pods_are_whole(
    second: dict[tuple[str, str, str], Said], expected: list[str] | None
) -> None:
    """A pod has each of its containers that has not exited, or is not served."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, second)

    pod = player.pod(15)

    assert (pod and [container["name"] for container in pod["containers"]]) == expected


@pytest.mark.parametrize(
    ("c", "d", "expected"),
    [
        pytest.param((0, 15), (3, 14), ("2026-09-21T14:13:34Z", "11s"), id="the earliest"),
        pytest.param(
            (0, 15), (3, 15), ("2026-09-21T14:13:35Z", "15s"), id="of equals the longest window"
        ),
    ],
)
def test_rule_4_the_pods_window_is_that_of_its_earliest_container(
    c: tuple[float, float], d: tuple[float, float], expected: tuple[str, str]
) -> None:
    """Timestamp and window belong together, and are those of one container."""
    player = Player()
    player.answer(0, {C: Said(c[0]), D: Said(d[0])})
    player.answer(15, {C: Said(c[1]), D: Said(d[1])})

    pod = player.pod(15)

    assert pod
    assert (pod["timestamp"], pod["window"]) == expected


def test_rule_4_a_node_is_served_like_its_own_only_container() -> None:
    """Two points, no part of it, and not when both its figures are zero."""
    model = Model(15)
    served = []
    for at, cpu, memory in ((0, 1, 5), (15, 16, 6), (30, 16, 0), (45, 0, 0)):
        text = node_lines(cpu=f"{cpu} {_ms(at)}", memory=f"{memory} {_ms(at)}", swap=f"7 {_ms(at)}")
        model.answer("n", text.encode(), _ms(at), at, EPOCH + at)
        served.append([item["usage"] for item in model.nodes(at)])

    assert served == [
        [],
        [{"cpu": "1", "memory": "6", "swap": "7"}],
        [{"cpu": "0", "memory": "0", "swap": "7"}],
        [],
    ]


# Rule 5


def test_rule_5_a_failed_scrape_changes_nothing() -> None:
    """What was served before it is served after it."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, {C: Said(15, cpu=15)})
    player.model.failed("n")

    assert player.rate(30) == ("15s", "1")


def test_rule_5_a_node_is_stale_after_three_periods_and_back_with_one_answer() -> None:
    """All of it is hidden from just after 3 periods on, and kept for the next pair."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, {C: Said(15, cpu=15)})

    assert player.rate(60) == ("15s", "1")
    assert player.rate(60.001) is None

    player.answer(75, {C: Said(75, cpu=45)})
    assert player.rate(75) == ("1m0s", "500m")


def test_rule_5_an_answer_that_is_not_whole_keeps_a_node_from_being_stale() -> None:
    """The node answers, so what it said before holds."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, {C: Said(15, cpu=15)})
    for at in (45, 75):
        player.answer(at, {}, "resource_scrape_error 1\n")

    assert player.rate(75) == ("15s", "1")


def _unmoved(until: int) -> Player:
    player = Player()
    player.answer(0, {C: Said(0)})
    for at in range(15, until + 1, 15):
        player.answer(at, {C: Said(15, cpu=15)})
    return player


def test_rule_5_a_usage_is_stale_when_its_stamp_has_not_moved_for_ten_minutes() -> None:
    """Counted from when we took it, however often the node answers."""
    player = _unmoved(615)

    assert player.rate(615) == ("15s", "1")
    assert player.rate(615.001) is None


def test_rule_5_a_series_set_back_for_ten_minutes_starts_anew() -> None:
    """Its earlier stamp is then a first point, memory included; no start makes it a restart."""
    player = _unmoved(615)
    player.answer(615, {C: Said(-9999, cpu=99, memory=1, start=-9999 - 12)})
    assert player.rate(615) == ("15s", "1")

    player.answer(630, {C: Said(-9984, cpu=99, memory=1, start=-9984 - 12)})
    first = player.rate(630)
    player.answer(645, {C: Said(-9969, cpu=114, memory=2, start=-9984 - 12)})
    pod = player.pod(645)

    assert first is None
    assert player.rate(645) == ("15s", "1")
    assert pod
    assert pod["containers"][0]["usage"]["memory"] == "2"


@pytest.mark.parametrize(
    ("stamp", "window"), [pytest.param(15, None, id="same"), pytest.param(30, "15s", id="later")]
)
def test_rule_5_slow_housekeeping_keeps_its_pairs(stamp: float, window: str | None) -> None:
    """A stamp that stood still for ten minutes and then moves makes a pair with the last one."""
    player = _unmoved(615)
    player.answer(630, {C: Said(stamp, cpu=stamp)})
    rate = player.rate(630)

    assert (rate and rate[0]) == window


def test_rule_5_a_nodes_clock_is_not_compared_with_ours() -> None:
    """Stamps years away make the same rates."""
    player = Player()
    player.answer(0, {C: Said(-99_999_999)})
    player.answer(15, {C: Said(-99_999_984, cpu=15)})

    assert player.rate(15) == ("15s", "1")


# Rule 6

WHOLE = ""
BAD_LINE = "node_cpu_usage_seconds_total nonsense\n"
CUT = "resource_scrape_error 0"
SCRAPE_ERROR = "resource_scrape_error 1\n"


@pytest.mark.parametrize(
    "ending", [BAD_LINE, CUT, SCRAPE_ERROR], ids=["bad line", "cut", "scrape error"]
)
def test_rule_6_an_answer_that_is_not_whole_removes_nothing(ending: str) -> None:
    """It updates what it has: the other container keeps its usage, and the pod is served."""
    player = Player()
    player.answer(0, {C: Said(0), D: Said(0)})
    player.answer(15, {C: Said(15, cpu=15), D: Said(15, cpu=30)})
    player.answer(30, {C: Said(30, cpu=45)}, ending)

    pod = player.pod(30)

    assert pod
    assert [container["usage"]["cpu"] for container in pod["containers"]] == ["2", "2"]


def test_rule_6_what_a_whole_answer_lacks_is_gone() -> None:
    """A container at once; when it is back it is first seen, as of then."""
    player = Player()
    player.answer(0, {C: Said(0), D: Said(0)})
    player.answer(15, {C: Said(15), D: Said(15)})
    served = []
    for at, said in (
        (30, {C: Said(30)}),
        (45, {C: Said(45), D: Said(45)}),
        (60, {C: Said(60), D: Said(60)}),
    ):
        player.answer(at, said)
        pod = player.pod(at)
        served.append(pod and [container["name"] for container in pod["containers"]])

    assert served == [["c"], None, ["c", "d"]]


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        pytest.param(
            Said(30, memory=None, cpu=30), [None, ("15s", "1")], id="memory: the pair goes on"
        ),
        pytest.param(Said(30, cpu=None), [None, None], id="CPU: two points again"),
    ],
)
def test_rule_6_one_reading_can_be_gone(
    lacking: Said, expected: list[tuple[str, str] | None]
) -> None:
    """A whole answer that lacks one of the two readings hides the pod."""
    samples = [Said(0), Said(15, cpu=15), lacking, Said(45, cpu=45)]

    assert _rates(*samples)[2:] == expected


def test_rule_6_an_empty_answer_removes_nothing() -> None:
    """A node that answers runs, so an answer without series is a fault, not news."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, {C: Said(15, cpu=15)})
    player.answer(30, {})

    assert player.rate(30) == ("15s", "1")


def test_rule_6_a_forgotten_node_is_as_if_it_had_never_answered() -> None:
    """Nothing is left of it, not even that it answered before."""
    player = Player()
    player.answer(0, {C: Said(0)})
    player.answer(15, {C: Said(15, cpu=15)})
    player.model.forget("n")
    player.model.forget("never heard of")

    assert player.rate(15) is None
    player.answer(30, {C: Said(30, cpu=12, start=18)})
    assert player.rate(30) is None


# Rules 7 and 8


def test_rule_7_only_the_word_of_the_pods_own_node_counts() -> None:
    """Another node's claim on the pod is dropped."""
    player = Player()
    for at in (0, 15):
        player.answer(at, {C: Said(at, cpu=at)}, node="a")
        player.answer(at, {C: Said(at, cpu=3 * at)}, node="b")

    [pod] = player.model.pods(15, {("ns", "pod"): "b"})

    assert pod["containers"][0]["usage"]["cpu"] == "3"
    assert player.model.pods(15, {("ns", "pod"): "c"}) == []


def test_rule_8_lists_are_sorted_and_say_when_the_answer_was_stored() -> None:
    """Nodes by name; pods by namespace, then name; containers by name."""
    player = Player()
    keys = [("b", "a", "y"), ("a", "b", "z"), ("a", "b", "x"), ("a", "a", "w")]
    for at in (0, 15):
        for node, members in (("z", keys[:1]), ("y", keys[1:])):
            lines = node_lines(cpu=f"{at} {_ms(at)}", memory=f"1 {_ms(at)}")
            player.answer(at, {key: Said(at) for key in members}, lines, node)

    pods = player.model.pods(20)

    assert [node["metadata"]["name"] for node in player.model.nodes(20)] == ["y", "z"]
    assert [
        (
            pod["metadata"]["namespace"],
            pod["metadata"]["name"],
            [c["name"] for c in pod["containers"]],
        )
        for pod in pods
    ] == [("a", "a", ["w"]), ("a", "b", ["x", "z"]), ("b", "a", ["y"])]
    assert {pod["metadata"]["creationTimestamp"] for pod in pods} == {"2026-09-21T14:13:35Z"}


# The parser

LABELS = '{container="c",namespace="ns",pod="pod"}'
CPU = "container_cpu_usage_seconds_total"


@pytest.mark.parametrize(
    "line",
    [
        f"{CPU}{LABELS} 1.5 7",
        f"{CPU}{LABELS} 1.5 7\r",
        f"\t{CPU} {LABELS}\t+15e-1   07 ",
        f"{CPU}{LABELS}1.5 7",
        f'{CPU}{{pod="pod", namespace="ns" ,container="c",}} 1.5 7',
        f'{CPU}{{le="0.5",container="c",my_pod="x",namespace="ns",pod="pod"}} 1.5 7',
    ],
)
def test_lines_in_odd_forms_are_read(line: str) -> None:
    """All that the Prometheus text format allows means the same."""
    body = parse(f"{line}\n".encode(), 0)

    assert body.whole
    cpu = body.cpu(C)
    assert cpu
    assert (cpu.value, cpu.stamp) == (1_500_000_000, 7)


@pytest.mark.parametrize(
    "line",
    [
        f"{CPU} 1",
        f"{CPU}{{}} 1",
        f'{CPU}{{container="c",pod="pod"}} 1',
        f'{CPU}{{container="",namespace="ns",pod="pod"}} 1',
        f'{CPU}{{container="c",namespace="ns",pod="pod",pod="pod"}} 1',
        f'{CPU}{{container="c"namespace="ns",pod="pod"}} 1',
        f'{CPU}{{container="c",namespace="ns",pod="\\t"}} 1',
        f'{CPU}{{container="{"c" * 254}",namespace="ns",pod="pod"}} 1',
        *(
            f"{CPU}{LABELS} {value}"
            for value in ("", "NaN", "Inf", "-1", "1_0", "0x10", "1e400", "2e10", "1 2 3")
        ),
        *(f"{CPU}{LABELS} 1 {stamp}" for stamp in ("-1", "1.5", "1e3", "9223372036855", "+1", "x")),
        "<html>",
        "nothing",
        "\ufeff# HELP x y",
    ],
)
def test_a_bad_line_costs_only_itself(line: str) -> None:
    """The rest is read; the answer is not whole."""
    body = parse(f"{line}\n{CPU}{LABELS} 1 7\n".encode(), 0)

    assert len(body.bad) == 1
    assert not body.whole
    assert body.cpu(C)


def test_names_are_unescaped() -> None:
    """The three escapes of the format, and any UTF-8."""
    body = parse(f'{CPU}{{container="\\"\\\\\\nü",namespace="a}}b",pod="c,d"}} 1\n'.encode(), 0)

    assert list(body.figures) == [("a}b", "c,d", '"\\\nü')]


def test_bytes_that_are_not_utf_8_in_a_name_are_bad() -> None:
    """A name that nobody can have is nobody's."""
    body = parse(
        b'container_memory_working_set_bytes{container="\xff",namespace="a",pod="b"} 1\n', 0
    )

    assert not body.figures
    assert len(body.bad) == 1


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("node_memory_working_set_bytes 1\n", True),
        ("# a comment\n\nother{is not looked at} x y z\nnode_memory_working_set_bytes 1\n", True),
        ("node_memory_working_set_bytes 1\nnode_memory_working_set_bytes 2", False),
        ("node_memory_working_set_bytes 1\nresource_scrape_error 1\n", False),
        ("node_memory_working_set_bytes 1\nscrape_error 1\n", False),
        ("other 1\n", False),
        ("", False),
    ],
)
def test_what_is_whole(text: str, whole: bool) -> None:
    """Not without a series, not when cut, not when the kubelet says that it failed."""
    body = parse(text.encode(), 0)

    assert body.whole == whole
    memory = body.memory(NODE)
    assert memory is None or memory.value == 1


def test_the_last_line_of_a_series_counts() -> None:
    """A series twice is the later one; a bad line is no line."""
    lines = "".join(f"node_memory_working_set_bytes {value}\n" for value in ("1", "2", "x"))

    memory = parse(lines.encode(), 5).memory(NODE)

    assert memory
    assert (memory.value, memory.stamp) == (2, 5)
