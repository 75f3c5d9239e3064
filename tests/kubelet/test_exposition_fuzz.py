"""Made-up bodies, near to a kubelet's and far from it: the parsers agree, and nothing is raised."""

import re
from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import reference_body
from tests.kubelet.reading import everything, keys, said
from tidegauge.kubelet import careful
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.samples import Layout
from tidegauge.kubelet.totals import pod_totals

ASKED = 1_786_600_020_000

EXAMPLES = 1000
"""So many that each kind of oddity below comes up several times on the fast path, in seconds."""

FAMILIES = [
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_start_time_seconds",
    "container_swap_usage_bytes",
    "node_cpu_usage_seconds_total",
    "node_memory_working_set_bytes",
    "pod_cpu_usage_seconds_total",
    "resource_scrape_error",
    "up",
]
NUMBERS = ["0", "1", "0.5", "1843.218745", "3.2923648e+07", "1e-05"]
ODD_NUMBERS = [
    "-1", "-0.5", "-0", "+5", "NaN", "1e400", "1e19", "1_0", "0x10", "1e10", "x",
]  # fmt: skip
ODD_STAMPS = ["-1", "+1", "1_0", "1.5", "0", "9223372036854", "9223372036855", "1 2", "x", ""]
ODD_LABELS = [
    "", "{", "{}", "}", '{container="a"}', '{pod="p",namespace="n",container="a"}',
    '{container="a",namespace="n",pod="p",}', '{container="a",namespace="n",pod="p",x="1"}',
    '{container="a",namespace="n",pod="p",pod="p"}', '{container="a",namespace="n",pod=""}',
    '{container="a\\n",namespace="n",pod="p"}', '{container="a\\x",namespace="n",pod="p"}',
    '{container="a b",namespace="n",pod="p"}', '{container="a",namespace="n",pod="p"}{}',
    '{container="}",namespace="{",pod="#"}', '{container="a",namespace="n",pod="p"} ',
]  # fmt: skip
ODD_BYTES = [
    b"", b" ", b"\n", b"\r", b"\t", b"\x0b", b"\x00", b"\xff", b'"', b"{", b"}", b"#", b"-", b"_",
    b"9", b"\\", b",", b"=", b"\n# HELP ", b"\n# TYPE ", b"\nup 1", b"\nresource_scrape_error 1",
]  # fmt: skip

Line = list[str]
"""Name, labels, value and stamp; or a single text."""


def usual_lines(random: Random) -> list[Line]:
    """Families as a kubelet writes them, with stamps or without; starts not of all."""
    series = sorted({tuple(random.choices("ab", k=3)) for _ in range(5)})
    spared = random.choices([*FAMILIES, *[""] * 20], k=3)
    stamps = random.random() < 0.8
    lines: list[Line] = []
    for name in FAMILIES:
        if name in spared:
            continue
        lines += [[f"# HELP {name} [STABLE] text"], [f"# TYPE {name} gauge"]]
        stamped = random.random() < (0.98 if stamps else 0.02)
        owners = series if name.startswith("container") else [("", "", "")]
        for container, namespace, pod in owners if name in FAMILIES[:2] else owners[-3:]:
            labels = f'{{container="{container}",namespace="{namespace}",pod="{pod}"}}'
            stamp = random.choice(["1786600000000", "1786600015123"]) if stamped else ""
            row = [random.choice(NUMBERS), stamp] if name != "resource_scrape_error" else ["0", ""]
            lines.append([name, labels if container else "", *row])
    return lines


@st.composite
def kubelet_like(draw: st.DrawFn) -> bytes:
    """Such lines with one or two things wrong: with more the fast path would hardly be taken."""
    lines = usual_lines(Random(draw(st.integers(0, 2**32))))
    changes = draw(st.lists(st.sampled_from([*LINE_CHANGES, *BYTE_CHANGES]), max_size=2))
    for change in LINE_CHANGES:
        if change in changes:
            change(draw, lines)
    rows = ((line[0] + "".join(line[1:2]), *filter(None, line[2:])) for line in lines)
    body = "".join(" ".join(words) + "\n" for words in rows).encode()
    for other in BYTE_CHANGES:
        if other in changes:
            body = other(draw, body)
    return body


LineChange: TypeAlias = Callable[[st.DrawFn, list[Line]], None]


def put(column: int, odd: list[str]) -> LineChange:
    """Make a change that puts something odd into a column of one line."""

    def change(draw: st.DrawFn, lines: list[Line]) -> None:
        samples = [line for line in lines if len(line) == 4]
        draw(st.sampled_from(samples))[column] = draw(st.sampled_from(odd))

    return change


def move(draw: st.DrawFn, lines: list[Line]) -> None:
    line = lines.pop(draw(st.integers(0, len(lines) - 1)))
    lines.insert(draw(st.integers(0, len(lines))), line)


def repeat(draw: st.DrawFn, lines: list[Line]) -> None:
    lines.insert(draw(st.integers(0, len(lines))), list(draw(st.sampled_from(lines))))


def edit(draw: st.DrawFn, body: bytes) -> bytes:
    at = draw(st.integers(0, len(body)))
    span = draw(st.sampled_from([0, 0, 1, 20]))
    return body[:at] + draw(st.sampled_from(ODD_BYTES)) + body[at + span :]


def swap_gaps(draw: st.DrawFn, body: bytes) -> bytes:
    """Two gaps between words change places, so that the words are the same in other lines."""
    words = re.split(rb"([ \n])", body)
    gaps = range(1, len(words), 2)
    here = draw(st.sampled_from(gaps))
    there = draw(st.sampled_from([at for at in gaps if abs(at - here) < 12]))
    words[here], words[there] = words[there], words[here]
    return b"".join(words)


LINE_CHANGES = [
    put(0, [*FAMILIES, "scrape_error", "pod_cpu", "9", ""]),
    put(1, ODD_LABELS),
    put(2, ODD_NUMBERS),
    put(3, ODD_STAMPS),
    move,
    repeat,
]
BYTE_CHANGES = [edit, swap_gaps]


def layout_of(body: bytes) -> Layout:
    return parse(body, ASKED, None).layout


def by_reference(body: bytes) -> dict[str, Any]:
    read = reference_body.parse(body, ASKED)
    figures = {
        series: (
            (cpu := read.cpu(series)) and (cpu.value, cpu.stamp),
            (memory := read.memory(series)) and (memory.value, memory.stamp),
            read.swap(series),
            read.start(series) or None,
        )
        for series in read.figures
    }
    return {
        "figures": figures,
        "whole": read.whole,
        "bad_lines": len(read.bad) + read.cut,
        "scrape_error": read.scrape_error,
    }


@settings(max_examples=EXAMPLES, deadline=None)
@given(kubelet_like(), kubelet_like())
def test_both_parsers_agree(body, earlier):
    """At first sight, after itself and after any other body: the careful parser's answer."""
    expected = everything(careful.parse(body, ASKED, None))

    for last in (None, layout_of(body), layout_of(earlier)):
        answer = parse(body, ASKED, last)

        assert everything(answer) == expected
        if last is not None:
            assert (answer.layout is last) == (keys(answer.layout) == keys(last))


@settings(max_examples=EXAMPLES, deadline=None)
@given(kubelet_like())
def test_the_naive_parser_agrees(body):
    """What a slow parser reads that shares no code with ours is what ours reads."""
    answer = parse(body, ASKED, layout_of(body))

    got = {
        # The node has a slot without CPU and memory too, where its swap may stand alone.
        "figures": {key: tuple(one) for key, one in said(answer).items() if one.cpu or one.memory},
        "whole": answer.whole,
        "bad_lines": answer.bad_lines,
        "scrape_error": answer.scrape_error,
    }
    assert got == by_reference(body)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=400), kubelet_like())
@example(b"", b"")
@example(b"# HELP \n# TYPE \n", b"")
@example(b"# HELP a b\n# TYPE a b\na{\n", b"")
def test_no_bytes_raise(junk, earlier):
    """Whatever a node sends makes an answer, and the same one whatever it sent before."""
    for body in (junk, earlier + junk, junk + earlier):
        answer = parse(body, ASKED, layout_of(earlier))

        assert everything(answer) == everything(careful.parse(body, ASKED, None))
        assert isinstance(pod_totals(body, ASKED), dict)
