"""`python -m bench.flame`: what it makes of recorded stacks, and the picture."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.flame.__main__ import main
from bench.flame.boxes import ROOMS, placed, room, shares, tree
from bench.flame.drawing import label, picture
from bench.flame.stacks import BadStacksError, Frame, Profile, profile, read

START = "<module> (tidegauge:8);Runner.run (asyncio/runners.py:118)"
LOOP = f"{START};BaseEventLoop._run_once (asyncio/base_events.py:"
STEP = f"{LOOP}1922);Handle._run (asyncio/events.py:80)"
ASK = "Scraper._ask (tidegauge/kubelet/scraper.py:136)"
TAKE = "NodeSeries.take (tidegauge/usage/series.py:98)"

RECORDED = [
    f"{STEP};{ASK} 10",
    f"{STEP};Scraper._ask (tidegauge/kubelet/scraper.py:138);{TAKE} 20",
    f"{STEP};{ASK};{TAKE};NodeSeries.take.<locals>.<listcomp> (tidegauge/usage/series.py:99) 30",
    f"{STEP};{ASK};parse.<locals>.<genexpr> (tidegauge/kubelet/exposition.py:9) 1",
    f"{STEP} 4",
    f"{LOOP}1887);EpollSelector.select (selectors.py:468) 50",
    f"{TAKE};<lambda> (<string>:1) 6",
    f"{TAKE} 1",
    " 2",
]
"""The last three begin amid others, or with nothing."""


def recorded() -> Profile:
    return profile(read(RECORDED, "steady.raw"))


def names(found: Profile) -> dict[tuple[str, ...], int]:
    return {tuple(frame.name for frame in stack): n for stack, n in found.work.items()}


def test_work_is_what_stands_below_the_event_loop() -> None:
    """By function: lines and comprehensions make no difference; of the loop's own work it stays."""
    assert names(recorded()) == {
        ("Scraper._ask",): 10,
        ("Scraper._ask", "NodeSeries.take"): 50,
        ("Scraper._ask", "parse.<genexpr>"): 1,
        ("Handle._run",): 4,
    }


def test_waiting_and_torn_stacks_are_counted_and_left_out() -> None:
    """What lost its outer functions would stand where it does not belong."""
    assert recorded()[1:] == (50, 9)


def test_programs_without_an_event_loop_keep_their_stacks() -> None:
    """Nothing is cut away where there is no trunk."""
    found = profile(read(["<module> (a.py:1);f (a.py:2) 3"], "a"))

    assert names(found) == {("<module>", "f"): 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(["f (a.py:1) 3", "<svg>"], "a.raw: line 2 .*'<svg>'", id="no count"),
        pytest.param(["f (a.py:1) -3"], "a.raw: line 1 ", id="not a count"),
        pytest.param([], "a.raw: empty", id="nothing"),
    ],
)
def test_what_is_no_stack_is_named(text: list[str], message: str) -> None:
    """With the file and the line."""
    with pytest.raises(BadStacksError, match=message):
        read(text, "a.raw")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tidegauge/kubelet/http1.py", "kubelet"),
        ("/usr/lib/python3.11/site-packages/tidegauge/serving/lists.py", "serving"),
        ("prometheus_client/metrics.py", "telemetry"),
        ("ssl.py", "ssl, socket"),
        ("selectors.py", "asyncio"),
        ("asyncio/selector_events.py", "asyncio"),
        ("tidegauge/units/clock.py", "other"),
        ("", "other"),
    ],
)
def test_every_file_has_a_room(file: str, expected: str) -> None:
    """Wherever packages are installed."""
    assert room(Frame("f", file)) == expected


def test_a_room_has_the_work_done_in_its_own_functions() -> None:
    """Not what they had others do, so that the shares make a whole."""
    assert shares(recorded().work) == {
        "kubelet": pytest.approx(11 / 65),
        "usage": pytest.approx(50 / 65),
        "asyncio": pytest.approx(4 / 65),
    }


def test_boxes_stand_below_their_callers_widest_first() -> None:
    """Those under the least share are not there, and the others stay in place."""
    boxes = [
        (box.function.frame.name, round(box.left * 65), round(box.width * 65), box.depth)
        for box in placed(tree(recorded().work), least=0.05)
    ]

    assert boxes == [
        ("Scraper._ask", 0, 61, 0),
        ("NodeSeries.take", 0, 50, 1),
        ("Handle._run", 61, 4, 0),
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (200, "Connection._read 12 %"),
        (130, "Connection._read"),
        (60, "_read"),
        (40, "_re…"),
        (30, ""),
    ],
)
def test_labels_fit(width: float, expected: str) -> None:
    """The share goes first, then the class, then the end; few letters say nothing."""
    assert label("Connection._read", 0.12, width) == expected


def test_the_picture_names_what_it_shows() -> None:
    """Well-formed, for both colour schemes, without scripts; whole names and shares are titles."""
    page = picture(recorded(), "A < B", 0.007)
    svg = ET.fromstring(page)
    titles = Counter(title.text for title in svg.findall(".//{*}title"))

    assert {element.tag.partition("}")[2] for element in svg.iter()} == {
        "svg", "style", "title", "rect", "text",
    }  # fmt: skip
    assert "prefers-color-scheme:dark" in page
    assert titles["A < B"] == 1
    assert titles["NodeSeries.take (tidegauge/usage/series.py): 76.9 %, 76.9 % by itself"] == 1
    assert "124 samples, less 40 % waiting in select, 7 % torn while read." in page


def test_every_room_can_be_drawn() -> None:
    """All of them at once, the legend too."""
    files = [
        "ssl.py",
        "asyncio/events.py",
        "enum.py",
        *(f"tidegauge/{room}/a.py" for room in ROOMS),
    ]
    page = picture(profile(read([f"f{i} ({f}:1) 1" for i, f in enumerate(files)], "a")), "All", 0)

    assert [name for name in ROOMS if f">{name} " not in page] == []


def test_the_command_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a file to a file; torn stacks are not passed over in silence."""
    (tmp_path / "steady.raw").write_text("\n".join(RECORDED))

    assert main([str(tmp_path / "steady.raw"), "--output", str(tmp_path / "flame.svg")]) == 0
    assert "Scraper._ask" in (tmp_path / "flame.svg").read_text()
    assert "--nonblocking" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xd8 1\n", id="no text"),
        pytest.param(RECORDED[5].encode(), id="only waiting"),
        pytest.param(b"<svg/>", id="no stacks"),
    ],
)
def test_a_file_without_work_is_refused(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the code of bad files, and nothing is written."""
    (tmp_path / "bad.raw").write_bytes(content)

    assert main([str(tmp_path / "bad.raw"), "--output", str(tmp_path / "flame.svg")]) == 2
    assert str(tmp_path / "bad.raw") in capsys.readouterr().err
    assert not (tmp_path / "flame.svg").exists()
