"""What bytes mean: the grammar line by line, and what makes an answer whole, for both parsers."""

import pytest

from tests.kubelet.reading import Said, keys, said
from tidegauge.kubelet import careful, exposition
from tidegauge.kubelet.samples import MISSING
from tidegauge.kubelet.series import MAX_LABELS, MAX_LINES, MAX_NAME, MAX_SERIES, NODE

ASKED = 1_786_600_020_000
LABELS = b'{container="app",namespace="shop",pod="web"}'
APP = ("shop", "web", "app")
NODE_LINES = b"node_cpu_usage_seconds_total 7 5\nnode_memory_working_set_bytes 8 5\n"

LARGEST_BELOW_2_64 = 18446744073709549568
LARGEST_BELOW_2_63 = 9223372036854774784


@pytest.fixture(params=[careful.parse, exposition.parse], ids=["careful", "fast"])
def parse(request):
    return lambda body, last=None: request.param(body, ASKED, last)


def framed(name: bytes, *rows: bytes) -> bytes:
    """A family as a kubelet writes it, so that the fast parser is tempted."""
    lines = b"".join(name + row + b"\n" for row in rows)
    return b"# HELP %b [STABLE] Text\n# TYPE %b gauge\n%b" % (name, name, lines)


def container(
    cpu: bytes = b" 1 5", memory: bytes = b" 2 5", *others: bytes, labels: bytes = LABELS
) -> bytes:
    return b"".join([
        framed(b"container_cpu_usage_seconds_total", labels + cpu),
        framed(b"container_memory_working_set_bytes", labels + memory),
        *others,
        framed(b"node_cpu_usage_seconds_total", b" 7 5"),
        framed(b"node_memory_working_set_bytes", b" 8 5"),
        framed(b"resource_scrape_error", b" 0"),
    ])  # fmt: skip


NUMBERS = [
    ("0", 0),
    ("-0", 0),
    ("-0.0e7", 0),
    ("7", 7_000_000_000),
    ("+7", 7_000_000_000),
    ("7.", 7_000_000_000),
    (".5", 500_000_000),
    ("0.5", 500_000_000),
    ("007", 7_000_000_000),
    ("1e3", 1_000_000_000_000),
    ("1E+03", 1_000_000_000_000),
    ("25e-1", 2_500_000_000),
    ("1e-10", 0),
    ("1e-999", 0),
    ("0.000000001", 1),
    # Doubles are multiplied and cut as doubles, as the Go server does: exact arithmetic has ...635.
    ("1070.369893635", 1_070_369_893_634),
    ("18446744073.70955", 18_446_744_073_709_549_568),
    ("0." + "3" * 5000, 333_333_333),
]
BAD_NUMBERS = [
    "NaN", "nan", "Inf", "+Inf", "-Inf", "infinity", "-1", "-1e-9", "1e400", "18446744073.709553",
    "0x10", "0x1p-2", "1_0", "1e", "e5", ".", "+", "-", "--1", "1.2.3", "1,5", "1f", "1d0",
    "\u0661", "\uff11", "\u00a01", "1\u00a0", "1\x00", "\x0b1", "1\x0c", "1\x1c",
    "{1}", "}1", '"1"', "1#",
]  # fmt: skip


@pytest.mark.parametrize(("text", "cpu"), NUMBERS, ids=[text[:20] for text, _ in NUMBERS])
def test_reads_numbers_as_go_does(parse, text, cpu):
    """Every decimal form that Go reads gives the double that Go has, times 1e9, cut."""
    answer = parse(container(b" %b 5" % text.encode()))

    assert said(answer)[APP].cpu == (cpu, 5)
    assert answer.whole


@pytest.mark.parametrize("text", BAD_NUMBERS, ids=repr)
@pytest.mark.parametrize("stamp", [b"", b" 5"], ids=["unstamped", "stamped"])
def test_drops_lines_whose_value_is_no_usable_number(parse, text, stamp):
    """What Go does not read, or reads as what no counter can be, costs its line only."""
    answer = parse(container(b" " + text.encode() + stamp))

    assert said(answer)[APP] == Said(memory=(2, 5))
    assert said(answer)[NODE] == Said((7_000_000_000, 5), (8, 5))
    assert (answer.whole, answer.bad_lines) == (False, 1)


RANGES = [
    ("container_memory_working_set_bytes", "1.8446744073709550e19", LARGEST_BELOW_2_64),
    ("container_memory_working_set_bytes", "1.8446744073709552e19", None),
    ("container_memory_working_set_bytes", "0.9", 0),
    ("container_memory_working_set_bytes", "-0.9", None),
    ("container_memory_working_set_bytes", "32923648", 32_923_648),
    ("container_memory_working_set_bytes", "3.2923648e+07", 32_923_648),
    ("container_swap_usage_bytes", "9.2233720368547748e18", LARGEST_BELOW_2_63),
    ("container_swap_usage_bytes", "9.2233720368547758e18", None),
    ("container_swap_usage_bytes", "-1", None),
    ("container_swap_usage_bytes", "0", 0),
    ("container_start_time_seconds", "9223372036.854774", LARGEST_BELOW_2_63),
    ("container_start_time_seconds", "9223372036.854776", None),
    ("container_start_time_seconds", "1.7865101203148203e+09", 1_786_510_120_314_820_352),
    ("container_start_time_seconds", "NaN", None),
]


@pytest.mark.parametrize(("name", "text", "figure"), RANGES)
def test_keeps_what_fits_into_64_bits(parse, name, text, figure):
    """A figure is exact up to its array's range; beyond it, or below zero, the line is bad."""
    extra = framed(name.encode(), LABELS + b" %b 5" % text.encode())
    body = container(b" 1 5", b" 2 5", extra)
    if "memory" in name:
        body = container(b" 1 5", b" %b 5" % text.encode())

    answer = parse(body)

    app = said(answer)[APP]
    got = {"memory": app.memory and app.memory[0], "swap": app.swap, "start": app.start}
    assert got[name.split("_")[1]] == figure
    assert answer.bad_lines == (figure is None)


@pytest.mark.parametrize("text", ["0", "-0", "-1", "-1.7e9", "-1e300", "1e-10"])
def test_takes_a_start_that_is_not_above_zero_for_an_unknown_one(parse, text):
    """Starts at or before the epoch say that the kubelet knows none: no error, no start."""
    start = framed(b"container_start_time_seconds", LABELS + b" " + text.encode())

    answer = parse(container(b" 1 5", b" 2 5", start))

    assert said(answer)[APP].start is None
    assert answer.whole


STAMPS = [
    (b"", ASKED),
    (b" 0", 0),
    (b" 5", 5),
    (b" 0005", 5),
    (b" 1786600015123", 1_786_600_015_123),
    (b" 9223372036854", 9_223_372_036_854),
    (b" 9223372036855", None),
    (b" 9223372036854775808", None),
    (b" " + b"1" * 5000, None),
    (b" -5", None),
    (b" -0", None),
    (b" +5", None),
    (b" 5.0", None),
    (b" 1.7866e12", None),
    (b" 1_0", None),
    (b" 0x5", None),
    (b" x", None),
    (b" 5 6", None),
    (b' 5 # {trace="a"} 1', None),
    (b' # {trace="a"} 1', None),
    (b" 5x", None),
    ("\u0665".encode(), None),
]


@pytest.mark.parametrize(("text", "stamp"), STAMPS, ids=[repr(text[:20]) for text, _ in STAMPS])
@pytest.mark.parametrize("name", ["cpu", "memory", "swap", "start"])
def test_takes_whole_milliseconds_for_a_stamp(parse, name, text, stamp):
    """Stamps are digits that fit into nanoseconds; a line without them is of the request."""
    swap = framed(b"container_swap_usage_bytes", LABELS + b" 3" + (text if name == "swap" else b""))
    start = framed(
        b"container_start_time_seconds", LABELS + b" 4" + (text if name == "start" else b"")
    )
    rows = {"cpu": b" 1 5", "memory": b" 2 5"} | (
        {name: b" 1" + text} if name in ("cpu", "memory") else {}
    )

    answer = parse(container(rows["cpu"], rows["memory"], start, swap))

    app = said(answer)[APP]
    good = stamp is not None
    assert answer.bad_lines == (not good)
    expected = {
        "cpu": app.cpu == ((1_000_000_000, stamp) if good else None),
        "memory": app.memory == ((1, stamp) if good else None),
        "swap": app.swap == (3 if good else None),
        "start": app.start == (4_000_000_000 if good else None),
    }
    assert expected[name]


ESCAPED = [
    (rb"a\\b", "a\\b"),
    (rb"a\"b", 'a"b'),
    (rb"a\nb", "a\nb"),
    (rb"\\\"\n", '\\"\n'),
    (rb"\\n", "\\n"),
    (b"a b", "a b"),
    (b"a\tb", "a\tb"),
    (b"a\x0bb", "a\x0bb"),
    (b"a\rb", "a\rb"),
    (b"a,b", "a,b"),
    (b"a{b}c", "a{b}c"),
    (b"# HELP x", "# HELP x"),
    (b"pod=", "pod="),
    (b"\x00", "\x00"),
    ("\u00fc\U0001f30a".encode(), "\u00fc\U0001f30a"),
    (b"x" * MAX_NAME, "x" * MAX_NAME),
]
BAD_VALUES = [
    rb"a\b", rb"a\tb", rb"a\0", b"a\\", b'a"b', b"", b"\xff", b"\xed\xa0\x80", b"\xc0\x80",
    b"x" * (MAX_NAME + 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), ESCAPED, ids=[repr(text[:20]) for text, _ in ESCAPED])
@pytest.mark.parametrize("place", [0, 1, 2], ids=["namespace", "pod", "container"])
def test_unescapes_label_values(parse, text, name, place):
    """Names are any UTF-8, with the format's three escapes undone."""
    key = (*APP[:place], name, *APP[place + 1 :])
    values = [text if at == place else part.encode() for at, part in enumerate(APP)]
    labels = b'{namespace="%b",pod="%b",container="%b"}' % tuple(values)

    answer = parse(container(labels=labels))

    assert said(answer)[key] == Said((1_000_000_000, 5), (2, 5))
    assert answer.whole


@pytest.mark.parametrize("text", BAD_VALUES, ids=[repr(text[:20]) for text in BAD_VALUES])
@pytest.mark.parametrize("label", [b"container", b"namespace", b"pod"])
def test_drops_lines_whose_names_are_unusable(parse, text, label):
    """Empty, overlong or ill-formed names and unknown escapes make their lines bad."""
    value = {b"container": b"app", b"namespace": b"shop", b"pod": b"web"}[label]
    labels = LABELS.replace(b'"%b"' % value, b'"%b"' % text)

    answer = parse(container(labels=labels))

    assert keys(answer.layout) == [NODE]
    assert (answer.whole, answer.bad_lines) == (False, 2)


GOOD_LABELS = [
    b'{pod="web",container="app",namespace="shop"}',
    b'{container="app",namespace="shop",pod="web",}',
    b'{ container = "app" , namespace\t=\t"shop",pod="web" , }',
    b' {container="app",namespace="shop",pod="web"}',
    b'{container="app",id="/kubepods/b\\\\c",namespace="shop",pod="web",zone="a b"}',
    b'{x_container="no",container="app",my_namespace="no",namespace="shop",pod="web",podx="no"}',
    b'{container="app",namespace="shop",pod="web",empty=""}',
    b'{container="app",namespace="shop",pod="web",le="' + b"x" * 3000 + b'"}',
]
BAD_LABELS = [
    b"",
    b"{}",
    b"{",
    b"}",
    b"{{}",
    b'{container="app"}',
    b'{container="app",namespace="shop"}',
    b'{container="app",pod="web"}',
    b'{namespace="shop",pod="web"}',
    b'{Container="app",namespace="shop",pod="web"}',
    b'{container="app",namespace="shop",pod="web",pod="web"}',
    b'{container="app",namespace="shop",pod="web",x="1",x="2"}',
    b'{container="app",namespace="shop",pod="web",,}',
    b'{,container="app",namespace="shop",pod="web"}',
    b'{container="app" namespace="shop",pod="web"}',
    b'{container=app,namespace="shop",pod="web"}',
    b"{container='app',namespace='shop',pod='web'}",
    b'{container="app",namespace="shop",pod="web"',
    b'container="app",namespace="shop",pod="web"}',
    b'{container="app",namespace="shop",pod="web}',
    b'{container="app",namespace="shop",pod="web"}}',
    b'{container="app",namespace="shop",pod="web"}{}',
    b'{container="app",namespace="shop",pod="web",1x="a"}',
    b'{container="app",namespace="shop",pod="web",="a"}',
    b'{container="app",namespace="shop",pod="web",x="\xff"}',
    b'{container="app",namespace="shop",pod="web",x="\\q"}',
    b'{"container_cpu_usage_seconds_total",container="app",namespace="shop",pod="web"}',
    b'{container="app",namespace="shop",pod="web",le="' + b"x" * MAX_LABELS + b'"}',
    b'_extra {container="app",namespace="shop",pod="web"}'.replace(b"_extra", b"\xc3\xa9"),
]


@pytest.mark.parametrize("labels", GOOD_LABELS, ids=[repr(one[:60]) for one in GOOD_LABELS])
def test_reads_labels_wherever_they_stand(parse, labels):
    """Labels come in any order, with blanks, a last comma and others among them."""
    answer = parse(container(labels=labels))

    assert said(answer)[APP] == Said((1_000_000_000, 5), (2, 5))
    assert (answer.whole, answer.bad_lines) == (True, 0)


@pytest.mark.parametrize("labels", BAD_LABELS, ids=[repr(one[:60]) for one in BAD_LABELS])
def test_drops_lines_whose_labels_are_not_those_of_a_container(parse, labels):
    """Without its three names, or against the format, a container's line is bad, no other."""
    answer = parse(container(labels=labels))

    assert keys(answer.layout) == [NODE]
    assert said(answer) == {NODE: Said((7_000_000_000, 5), (8, 5))}
    assert (answer.whole, answer.bad_lines) == (False, 2)


@pytest.mark.parametrize("labels", [b"{}", b'{zone="a"}', b'{node="x",} ', b" ", b"\t"])
def test_lets_a_node_line_have_labels(parse, labels):
    """A node's line needs none, and says the same with any."""
    answer = parse(
        b"node_cpu_usage_seconds_total%b 3 4\nnode_memory_working_set_bytes%b 5 6\n"
        % (labels, labels)
    )

    assert said(answer) == {NODE: Said((3_000_000_000, 4), (5, 6))}


@pytest.mark.parametrize(
    "labels", [b"{", b"}", b'{zone="a}', b"{zone}", b'{a="1",a="2"}', b'{a="\xff"}']
)
def test_wants_labels_of_a_node_well_formed(parse, labels):
    """Labels that say nothing must be labels all the same, framed or not."""
    body = container().replace(
        b"node_cpu_usage_seconds_total 7", b"node_cpu_usage_seconds_total%b 7" % labels
    )

    answer = parse(body)

    assert said(answer)[NODE] == Said(memory=(8, 5))
    assert answer.bad_lines == 1


IGNORED = [
    b"",
    b"# a comment\n",
    b"#\n",
    b"#no blank\n",
    b"  # indented\n",
    b"# HELP\n",
    b"# TYPE container_cpu_usage_seconds_total nonsense\n",
    b"# TYPE x\n",
    b"# UNIT x seconds\n",
    b"# EOF\n",
    b"# \xff\x00\n",
    b"\n\n",
    b" \t \n",
    b"\r\n",
    b"container_swap_limit_bytes" + LABELS + b" nonsense\n",
    b"container_cpu_usage_seconds_total_extra{} 1\n",
    b"CONTAINER_CPU_USAGE_SECONDS_TOTAL" + LABELS + b" 1\n",
    b'pod_cpu_usage_seconds_total{namespace="a",pod="b"} 0x10\n',
    b"up{ unfinished\n",
    b"a:b_c9 \xff\n",
]


@pytest.mark.parametrize("lines", IGNORED, ids=[repr(one[:40]) for one in IGNORED])
@pytest.mark.parametrize("place", ["first", "within", "last"])
def test_skips_what_it_does_not_read(parse, lines, place):
    """Comments, blank lines and other families say nothing and cost nothing, anywhere."""
    body = container()
    within = body.index(b"node_cpu_usage_seconds_total 7")
    where = {"first": 0, "within": within, "last": len(body)}[place]

    answer = parse(body[:where] + lines + body[where:])

    assert said(answer) == {
        APP: Said((1_000_000_000, 5), (2, 5)),
        NODE: Said((7_000_000_000, 5), (8, 5)),
    }
    assert (answer.whole, answer.bad_lines) == (True, 0)


HOPELESS = [
    b"<html>\n",
    b"404 page not found\n",
    b"Unauthorized\n",
    b"up\n",
    b"up \n",
    b'{"kind":"Status"}\n',
    b"\x00\x01\n",
    b"\xef\xbb\xbfup 1\n",
    b"a-b 1\n",
    b"9up 1\n",
    b"up\x0b1\n",
    b"# HELP 9up x\n# TYPE 9up gauge\n9up{} 1\n",
]


@pytest.mark.parametrize("line", HOPELESS, ids=repr)
@pytest.mark.parametrize("place", ["first", "within", "last"])
def test_counts_a_line_that_begins_with_no_name(parse, line, place):
    """A line that can't belong to any family is bad: the body may lack more than meets the eye."""
    body = container()
    within = body.index(b"node_cpu_usage_seconds_total 7")
    where = {"first": 0, "within": within, "last": len(body)}[place]

    answer = parse(body[:where] + line + body[where:])

    assert len(said(answer)) == 2
    assert (answer.whole, answer.bad_lines) == (False, 1)


NOT_WHOLE = [
    ("empty", b"", 0, False),
    ("blank", b"\n \n", 0, False),
    ("comments only", b"# HELP x\n# EOF\n", 0, False),
    ("others only", b"up 1\n", 0, False),
    ("start only", b"container_start_time_seconds" + LABELS + b" 5\n", 0, False),
    ("error page", b"<html>\n<body>404</body>\n</html>\n", 3, False),
    ("text", b"Forbidden (user=x, verb=get)\n", 0, False),
    ("no line end", b"x", 1, False),
    ("binary", bytes(range(256)) + b"\n", 2, False),
    ("scrape error", b"resource_scrape_error 1\n", 0, True),
    ("old scrape error", b"scrape_error 1\n", 0, True),
    ("stamped scrape error", b"resource_scrape_error 1 5\n", 0, True),
    ("labelled scrape error", b"resource_scrape_error{} 1\n", 0, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "bad_lines", "scrape_error"),
    [row[1:] for row in NOT_WHOLE],
    ids=[row[0] for row in NOT_WHOLE],
)
def test_an_answer_without_series_is_never_whole(parse, body, bad_lines, scrape_error):
    """A body of nothing usable must not pass for a node that runs nothing."""
    answer = parse(body)

    assert keys(answer.layout) == [NODE]
    assert said(answer) == {}
    assert not answer.whole
    assert (answer.bad_lines, answer.scrape_error) == (bad_lines, scrape_error)


def test_a_scrape_error_leaves_the_series_that_came(parse):
    """What the kubelet could say is taken, but it does not claim that there is no more."""
    answer = parse(container().replace(b"resource_scrape_error 0", b"resource_scrape_error 1"))

    assert len(said(answer)) == 2
    assert (answer.whole, answer.bad_lines, answer.scrape_error) == (False, 0, True)


def test_one_verdict_of_failure_is_enough(parse):
    """Of two verdicts the worse counts, in either order."""
    for first, second in ((b"1", b"0"), (b"0", b"1")):
        verdicts = b"resource_scrape_error %b\nresource_scrape_error %b" % (first, second)
        answer = parse(container().replace(b"resource_scrape_error 0", verdicts))

        assert (answer.whole, answer.scrape_error) == (False, True)


@pytest.mark.parametrize("text", [b"NaN", b"", b"0 x"])
def test_a_verdict_that_makes_no_sense_is_a_bad_line(parse, text):
    """The kubelet's verdict is read as strictly as all else."""
    answer = parse(
        container().replace(b"resource_scrape_error 0", b"resource_scrape_error " + text)
    )

    assert (answer.whole, answer.bad_lines, answer.scrape_error) == (False, 1, False)


def test_every_cut_but_that_at_a_line_end_is_noticed(parse):
    """A body cut anywhere keeps its full lines, drops the last one and is not whole."""
    body = container()
    for length in range(1, len(body)):
        answer = parse(body[:length])
        full = parse(body[: body.rfind(b"\n", 0, length) + 1])
        cut = body[length - 1 : length] != b"\n"

        assert said(answer) == said(full)
        assert answer.bad_lines == cut
        assert not (cut and answer.whole)


def test_cuts_no_number_short(parse):
    """A number at the end of a cut body may have had more digits, so it is not taken."""
    answer = parse(NODE_LINES.removesuffix(b"\n"))

    assert said(answer) == {NODE: Said(cpu=(7_000_000_000, 5))}
    assert (answer.whole, answer.bad_lines) == (False, 1)


def test_tolerates_carriage_returns(parse):
    """Line ends of the other kind change nothing."""
    answer = parse(container().replace(b"\n", b"\r\n"))

    assert said(answer) == said(parse(container()))
    assert answer.whole


def test_tolerates_blanks_around_every_word(parse):
    """Words may stand apart as far as they like."""
    answer = parse(
        b"  node_cpu_usage_seconds_total \t 7 \t 5 \t\n\tnode_memory_working_set_bytes\t8  5\n"
    )

    assert said(answer) == {NODE: Said((7_000_000_000, 5), (8, 5))}
    assert answer.whole


def test_takes_lines_in_any_order(parse):
    """Families need not hang together: each line speaks for itself."""
    lines = container().splitlines(keepends=True)

    assert said(parse(b"".join(reversed(lines)))) == said(parse(b"".join(lines)))


def test_takes_a_family_in_two_blocks(parse):
    """A second block of a family adds to the first."""
    more = framed(b"container_cpu_usage_seconds_total", LABELS.replace(b"app", b"b") + b" 3 4")

    answer = parse(container() + more)

    assert said(answer)["shop", "web", "b"] == Said(cpu=(3_000_000_000, 4))
    assert said(answer)[APP].cpu == (1_000_000_000, 5)


@pytest.mark.parametrize(
    ("second", "kept"), [(b" 3 4", (3_000_000_000, 4)), (b" NaN 4", (1_000_000_000, 5))]
)
def test_the_last_good_line_of_a_series_wins(parse, second, kept):
    """Of two lines for one series the later counts, unless it is bad."""
    first = b"container_cpu_usage_seconds_total" + LABELS + b" 1 5\n"
    shuffled = b'{pod="web",namespace="shop",container="app"}'
    again = b"container_cpu_usage_seconds_total" + shuffled + second + b"\n"

    answer = parse(container().replace(first, first + again))

    assert said(answer)[APP] == Said(kept, (2, 5))


@pytest.mark.parametrize("name", [b"container_start_time_seconds", b"container_swap_usage_bytes"])
def test_a_container_needs_cpu_or_memory(parse, name):
    """One that has only a start or a swap line is not there."""
    labels = LABELS.replace(b"app", b"init")

    answer = parse(container(b" 1 5", b" 2 5", framed(name, labels + b" 9")))

    assert keys(answer.layout) == [NODE, APP]
    assert answer.whole


@pytest.mark.parametrize("name", [b"container_start_time_seconds", b"container_swap_usage_bytes"])
def test_a_bad_line_of_an_absent_container_is_bad_too(parse, name):
    """Whether a line is bad does not depend on the lines around it."""
    labels = LABELS.replace(b"app", b"init")

    answer = parse(container(b" 1 5", b" 2 5", framed(name, labels + b" 1e19")))

    assert (answer.whole, answer.bad_lines) == (False, 1)


def test_half_a_container_is_there(parse):
    """One with only CPU, or only memory, has a slot whose other stamp is missing."""
    other = LABELS.replace(b"app", b"b")
    body = container().replace(
        b"container_memory_working_set_bytes" + LABELS,
        b"container_memory_working_set_bytes" + other,
    )

    answer = parse(body)

    assert keys(answer.layout) == [NODE, APP, ("shop", "web", "b")]
    assert list(answer.cpu_stamp) == [5, 5, MISSING]
    assert list(answer.memory_stamp) == [5, MISSING, 5]
    assert answer.whole


def test_a_node_without_lines_of_its_own_keeps_its_slot(parse):
    """Slot 0 is the node's, whatever the answer says of it."""
    body = b"".join(line for line in container().splitlines(keepends=True) if b"node_" not in line)

    answer = parse(body)

    assert keys(answer.layout) == [NODE, APP]
    assert (answer.cpu_stamp[0], answer.memory_stamp[0], answer.swap[0]) == (MISSING,) * 3
    assert answer.whole


def test_sorts_slots_by_namespace_pod_and_container(parse):
    """Slots are in the order of names, not of lines, pod by pod."""
    rows = [("b", "a", "a"), ("a", "b", "b"), ("a", "b", "a"), ("a", "a", "z"), ("a-b", "a", "a")]
    labels = [
        b'{namespace="%b",pod="%b",container="%b"}' % tuple(n.encode() for n in r) for r in rows
    ]
    body = framed(
        b"container_cpu_usage_seconds_total",
        *(one + b" %d 5" % at for at, one in enumerate(labels)),
    )

    answer = parse(body)

    layout = answer.layout
    assert keys(layout) == [NODE, *sorted(rows)]
    assert layout.pods == (("a", "a"), ("a", "b"), ("a-b", "a"), ("b", "a"))
    assert list(layout.firsts) == [1, 2, 4, 5, 6]
    assert layout.index == {pod: place for place, pod in enumerate(layout.pods)}
    assert layout.slots == 6
    assert [cpu // 10**9 for cpu in answer.cpu] == [0, 3, 2, 1, 4, 0]


def test_keeps_no_more_containers_than_it_may(parse):
    """Series over the limit are bad lines, those before it are served, in all their figures."""
    rows = [b'{container="c",namespace="n",pod="p%05d"} 1 5' % at for at in range(MAX_SERIES + 2)]
    body = framed(b"container_cpu_usage_seconds_total", *rows) + framed(
        b"container_memory_working_set_bytes", *rows
    )

    answer = parse(body)

    assert answer.layout.slots == MAX_SERIES + 1
    assert (answer.whole, answer.bad_lines) == (False, 4)
    assert MISSING not in [*answer.cpu_stamp[1:], *answer.memory_stamp[1:]]


def test_keeps_as_many_containers_as_it_may(parse):
    """The limit itself is still whole."""
    rows = [b'{container="c",namespace="n",pod="p%05d"} 1 5' % at for at in range(MAX_SERIES)]

    answer = parse(framed(b"container_cpu_usage_seconds_total", *rows))

    assert (answer.whole, answer.layout.slots) == (True, MAX_SERIES + 1)


@pytest.mark.parametrize(("spare", "whole"), [(0, True), (1, False)])
def test_reads_no_more_lines_than_it_may(parse, spare, whole):
    """What comes after the limit is cut off, and counts as such."""
    body = container()
    others = MAX_LINES - body.count(b"\n") - 2 + spare
    up = b"# HELP up x\n# TYPE up gauge\n" + b"up 1\n" * others

    answer = parse(up + body)

    assert (answer.whole, answer.bad_lines) == (whole, not whole)
    assert len(said(answer)) == 2
