"""The fast parser: what it recognises, and what it is spared when it does."""

from collections.abc import Callable

import pytest

from tests.kubelet import bodies
from tests.kubelet.bodies import Container
from tests.kubelet.reading import everything, keys
from tidegauge.kubelet import careful, exposition, plans
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.samples import MISSING
from tidegauge.kubelet.tables import MAX_FAMILIES, UnfamiliarError, figure_blocks

ASKED = 1_786_600_020_000
FLEET = bodies.fleet(30, 2)
SOME = [
    Container("app", "shop", "web"),
    Container("app", "team", "db"),
    Container("envoy", "shop", "web"),
]


def lines_of(body: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"".join(change(line) for line in body.splitlines(keepends=True))


def without(*names: bytes):
    """Take whole families out of a body."""
    return lambda body: lines_of(
        body, lambda line: b"" if any(name in line for name in names) else line
    )


def unstamped(body: bytes) -> bytes:
    def change(line: bytes) -> bytes:
        words = line.split(b" ")
        return line if line.startswith(b"#") or len(words) < 3 else b" ".join(words[:2]) + b"\n"

    return lines_of(body, change)


def stamped_starts(body: bytes) -> bytes:
    """As kubelets before 1.25 wrote it."""

    def change(line: bytes) -> bytes:
        start = line.startswith(b"container_start_time_seconds")
        return line.replace(b"\n", b" 1786600000123\n") if start else line

    return lines_of(body, change)


def labelled(body: bytes) -> bytes:
    return body.replace(b'{container="app"', b'{id="/x",container="app"')


SHAPES = {
    "as it is": lambda body: body,
    "no pods": without(b"pod_cpu", b"pod_memory"),
    "no node": without(b"node_"),
    "no starts": without(b"container_start"),
    "no verdict": without(b"resource_scrape_error"),
    "old verdict": lambda body: body.replace(b"resource_scrape_error", b"scrape_error"),
    "unstamped": unstamped,
    "stamped starts": stamped_starts,
    "extra labels": labelled,
    "unknown family": lambda body: body + b"# HELP up x\n# TYPE up gauge\nup 1\nup{} 2 3\n",
    "escapes": lambda body: body.replace(b'pod="web', b'pod="\\"\\\\web'),
    "half a container": lambda body: body.replace(
        b"container_memory_working_set_bytes" + FLEET[0].labels.encode(),
        b"container_memory_working_set_bytes" + FLEET[0].labels.replace("app", "b").encode(),
    ),
    "one twice": lambda body: body.replace(FLEET[1].labels.encode(), FLEET[0].labels.encode()),
}  # fmt: skip


@pytest.fixture
def careful_is_out(monkeypatch):
    """Fail when the careful parser is asked."""

    def refuse(*_: object) -> None:
        pytest.fail("the careful parser was needed")

    monkeypatch.setattr(careful, "parse", refuse)


@pytest.fixture
def names_are_out(monkeypatch):
    """Return a switch after which no label may be read."""

    def refuse(*_: object) -> None:
        pytest.fail("names were read again")

    return lambda: [
        monkeypatch.setattr(plans, "lay_out", refuse),
        monkeypatch.setattr(exposition, "lay_out", refuse),
        monkeypatch.setattr(careful, "parse", refuse),
    ]


@pytest.mark.parametrize("swap", [False, True], ids=["", "swap"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.usefixtures("careful_is_out")
def test_reads_kubelet_bodies_without_the_careful_parser(shape, swap):
    """Every shape that kubelets are known to write is parsed fast, at first sight too."""
    answer = parse(shape(bodies.body(FLEET, swap=swap)), ASKED, None)

    assert answer.whole
    assert answer.layout.slots in (60, 61, 62)


@pytest.mark.parametrize("swap", [False, True], ids=["", "swap"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_agrees_with_the_careful_parser(shape, swap):
    """At first sight, and with the series known, the answer is the careful parser's."""
    first, second = (shape(bodies.body(FLEET, tick=tick, swap=swap)) for tick in (1, 2))

    known = parse(first, ASKED, None)
    again = parse(second, ASKED + 1, known.layout)

    assert everything(known) == everything(careful.parse(first, ASKED, None))
    assert everything(again) == everything(careful.parse(second, ASKED + 1, None))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_reads_no_names_while_the_series_stay(names_are_out, shape):
    """The same series give the same layout object at the next scrape, by their key columns."""
    last = parse(shape(bodies.body(FLEET, tick=1, swap=True)), ASKED, None).layout
    names_are_out()

    for tick in (2, 3):
        assert parse(shape(bodies.body(FLEET, tick=tick, swap=True)), ASKED, last).layout is last


def test_a_new_start_time_needs_no_names(names_are_out):
    """A restart changes numbers only."""
    body = bodies.body(FLEET)
    last = parse(body, ASKED, None).layout
    names_are_out()

    later = body.replace(b"1.7865135995e+09", b"1.7866e+09")
    answer = parse(later, ASKED, last)

    assert later != body
    assert answer.layout is last
    assert 1_786_600_000_000_000_000 in answer.start
    assert answer.start != parse(body, ASKED, last).start


@pytest.mark.parametrize(
    "change",
    [
        without(b"resource_scrape_error 0"),
        lambda body: body.replace(b"resource_scrape_error 0", b"resource_scrape_error 1"),
        lambda body: body[:-1],
        lambda body: body.replace(b"\n", b"\r\n"),
        without(b"# HELP"),
        without(b"# TYPE"),
        without(b"# HELP container_cpu"),
        without(b"# TYPE node_cpu"),
        lambda body: b"\n" + body,
        lambda body: body + b"nonsense\n",
        lambda body: b"".join(reversed(body.splitlines(keepends=True))),
    ],
)
def test_keeps_the_layout_on_the_careful_path(change):
    """However the series are found to be the same, the layout is the same object."""
    last = parse(bodies.body(SOME), ASKED, None).layout
    body = change(bodies.body(SOME, tick=1))

    answer = parse(body, ASKED, last)

    assert answer.layout is last
    assert everything(answer) == everything(careful.parse(body, ASKED, None))


@pytest.mark.parametrize(
    ("line", "swap", "bad_lines"),
    [
        (b"node_swap_usage_bytes 7 8\n", 7, 0),
        (b"<html> container_cpu_usage_seconds_total of it\n", MISSING, 1),
    ],
)
def test_what_stands_in_place_of_a_heading_is_read(line, swap, bad_lines):
    """A line above a TYPE line is what it is, even without HELP and as the first of all."""
    first, rest = bodies.body(SOME).split(b"\n", 1)
    assert first.startswith(b"# HELP container_cpu")

    answer = parse(line + rest, ASKED, None)

    assert (answer.swap[0], answer.bad_lines) == (swap, bad_lines)


def test_leaves_a_body_of_many_families_to_the_careful_parser():
    """What no kubelet writes is not cut into blocks, which could fill the memory."""
    heads = b"".join(b"# HELP f%d x\n# TYPE f%d gauge\n" % (at, at) for at in range(MAX_FAMILIES))
    body = heads + bodies.body(SOME)

    with pytest.raises(UnfamiliarError):
        figure_blocks(body)

    assert everything(parse(body, ASKED, None)) == everything(careful.parse(body, ASKED, None))


def test_keeps_the_layout_when_lines_move():
    """Other families, or another order of lines, do not make other series."""
    last = parse(bodies.body(SOME), ASKED, None).layout

    for body in (
        bodies.body(SOME, tick=1, swap=True),
        bodies.body(SOME[::-1], tick=2),
        without(b"container_start")(bodies.body(SOME, tick=3)),
        without(b"node_")(bodies.body(SOME, tick=4)),
    ):
        answer = parse(body, ASKED, last)

        assert answer.layout is last
        assert everything(answer) == everything(careful.parse(body, ASKED, None))


@pytest.mark.parametrize(
    "others",
    [SOME[:2], [*SOME, Container("z", "z", "z")], [*SOME[:2], Container("envoy", "shop", "web2")]],
    ids=["gone", "new", "other"],
)
def test_makes_a_new_layout_of_other_series(others):
    """Where the series differ, the layout does, and the old one is left as it was."""
    last = parse(bodies.body(SOME), ASKED, None).layout
    before = keys(last)
    body = bodies.body(others, tick=1)

    answer = parse(body, ASKED, last)

    assert answer.layout is not last
    assert keys(last) == before
    assert everything(answer) == everything(careful.parse(body, ASKED, None))


def test_the_answers_arrays_are_its_own():
    """Whoever takes an answer may change its arrays, but for the start times, which are shared."""
    body = bodies.body(SOME)
    answer = parse(body, ASKED, None)
    again = parse(body, ASKED, answer.layout)
    expected = everything(again)
    columns = [answer.cpu, answer.cpu_stamp, answer.memory, answer.memory_stamp, answer.swap]

    for mark, column in enumerate(columns, 1):
        column[0] = mark

    assert [column[0] for column in columns] == [1, 2, 3, 4, 5]
    assert everything(again) == expected
    assert everything(parse(body, ASKED, answer.layout)) == expected


def test_stamps_of_cpu_and_memory_may_differ():
    """Where a runtime samples them apart, each has its own."""
    body = bodies.body(SOME)
    stamp = body.split(b"\n")[2].rpartition(b" ")[2]
    head, _, tail = body.partition(b"# HELP container_memory")
    apart = head + b"# HELP container_memory" + tail.replace(stamp, b"77")

    answer = parse(apart, ASKED, parse(body, ASKED, None).layout)

    assert 77 in answer.memory_stamp
    assert 77 not in answer.cpu_stamp
    assert everything(answer) == everything(careful.parse(apart, ASKED, None))


MORE_CPU = b"container_cpu_usage_seconds_total%b 1 2\n" % SOME[0].labels.encode()
SMUGGLED = [
    ("a line of ours in another family", b"node_memory_working_set_bytes 5 6\n"),
    ("a container in another family", MORE_CPU),
    ("a verdict in another family", b"resource_scrape_error 1\n"),
    ("a hopeless line", b"<br>\n"),
    ("a comment", b"# now what\n"),
    ("a name alone", b"pod_cpu_usage_seconds_total \n"),
    ("two lines in one", b"pod_cpu_usage_seconds_total{} 1 2 node_cpu_usage_seconds_total 5 6\n"),
    ("an odd line of a family not read", b"pod_cpu_usage_seconds_total{\xff\n"),
]  # fmt: skip


@pytest.mark.parametrize("line", [line for _, line in SMUGGLED], ids=[name for name, _ in SMUGGLED])
@pytest.mark.parametrize(
    "place", [b"container_memory", b"node_cpu", b"pod_cpu", b"resource_scrape"]
)
def test_nothing_hides_in_a_family(line, place):
    """A line where it does not belong means the same as anywhere."""
    body = bodies.body(SOME)
    at = body.index(b"\n", body.index(b"\n" + place)) + 1
    bent = body[:at] + line + body[at:]
    last = parse(body, ASKED, None).layout

    for known in (None, last):
        assert everything(parse(bent, ASKED, known)) == everything(careful.parse(bent, ASKED, None))


MISALIGNED = [
    b"NAME{A} 1 2 NAME{B}\n3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1\n2 NAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A}\n1 2\nNAME{B} 3 4 NAME{C} 5 6\n",
    b"NAME{A}  1\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1 2 \nNAME{B} 3 4\nNAME{C} 5\n",
    b"NAME{A}\t1 2\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A}\x0b1 2\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1\r2\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1 2\n\nNAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1 2\n NAME{B} 3 4\nNAME{C} 5 6\n",
    b"NAME{A} 1 2 9\nNAME{B} 3\nNAME{C} 5 6\n",
    b"NAME{A} 1 2\nNAME{B} 3 4\nNAME{C} 5 \n",
    b"NAME{A} 1 2\nNAME{B} 3 4\nNAME{C}  5\n",
    b"NAME{A} 1 2\nNAME{B} 3 4\nNAME{C} \n",
]  # fmt: skip


@pytest.mark.parametrize("text", MISALIGNED, ids=repr)
@pytest.mark.parametrize("figure", [b"cpu_usage_seconds_total", b"swap_usage_bytes"])
def test_words_are_where_lines_have_them(text, figure):
    """The right words in the wrong lines are not taken for the usual ones."""
    a, b, c = (one.labels.encode() for one in SOME)
    usual = b"NAME{A} 1 2\nNAME{B} 3 4\nNAME{C} 5 6\n"

    def whole(rows: bytes) -> bytes:
        name = b"container_" + figure
        for short, full in ((b"NAME", name), (b"{A}", a), (b"{B}", b), (b"{C}", c)):
            rows = rows.replace(short, full)
        memory = bodies.family(
            "container_memory_working_set_bytes", [f"{one.labels} 7 8" for one in SOME]
        )
        return memory.encode() + b"# HELP %b x\n# TYPE %b gauge\n%b" % (name, name, rows)

    last = parse(whole(usual), ASKED, None).layout

    for known in (None, last):
        got = parse(whole(text), ASKED, known)
        assert everything(got) == everything(careful.parse(whole(text), ASKED, None))


def test_shares_names_between_nodes():
    """Two nodes that run the same container store its name and namespace once."""
    one, other = (parse(bodies.body(SOME), ASKED, None).layout for _ in range(2))

    assert one is not other
    assert all(a is b for a, b in zip(one.containers, other.containers, strict=True))
    assert all(a[0] is b[0] for a, b in zip(one.pods, other.pods, strict=True))
