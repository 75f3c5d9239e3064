"""Log lines: JSON for machines, text for people."""

import contextlib
import io
import json
import os

import pytest
import structlog

from tidegauge.telemetry.logs import configure, get_logger


class Terminal(io.BytesIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _pristine():
    yield
    structlog.reset_defaults()


def test_json_has_one_object_for_each_line():
    """A JSON line carries time, level, component, event and the details."""
    stream = io.BytesIO()
    configure("json", stream=stream)

    get_logger("scraper").warning("scrape failed", key="node-a", failures=2)

    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "component": "scraper",
        "event": "scrape failed",
        "key": "node-a",
        "failures": 2,
    }
    assert stream.getvalue().endswith(b"}\n")


ODD = [
    ("surrogate", "\udcff"),
    ("huge", 2**70),
    ("object", object),
    ("error", ValueError("no")),
    ("keys", {(1, 2): 3}),
]


@pytest.mark.parametrize(("name", "value"), ODD, ids=[name for name, _ in ODD])
def test_json_takes_any_value(name, value):
    """A value that JSON has no form for becomes text; logging never raises."""
    stream = io.BytesIO()
    configure("json", stream=stream)

    get_logger("x").info("odd", **{name: value})

    assert json.loads(stream.getvalue())["event"] == "odd"


def test_json_carries_the_trace_of_an_exception():
    """An exception is logged with its trace as one string."""
    stream = io.BytesIO()
    configure("json", stream=stream)

    try:
        os.environ.pop("lost")
    except KeyError:
        get_logger("x").exception("bug")

    assert "KeyError: 'lost'" in json.loads(stream.getvalue())["exception"]


@pytest.mark.parametrize(("stream", "coloured"), [(io.BytesIO(), False), (Terminal(), True)])
def test_text_is_coloured_only_on_a_terminal(stream, coloured):
    """Colour codes go to terminals, never into files and pipes."""
    configure("text", stream=stream)

    get_logger("x").info("hello", who="you\udcff")

    assert b"hello" in stream.getvalue()
    assert (b"\x1b[" in stream.getvalue()) is coloured


@pytest.mark.parametrize(("verbosity", "shown"), [(0, False), (3, False), (4, True), (9, True)])
def test_debug_lines_need_verbosity_four(verbosity, shown):
    """Debug lines appear from verbosity 4 on."""
    stream = io.BytesIO()
    configure("json", verbosity, stream)

    get_logger("x").debug("detail")

    assert bool(stream.getvalue()) is shown


def test_a_logger_made_before_configuring_follows_it():
    """Loggers of modules are made at import and still use what is configured later."""
    log = get_logger("early")
    stream = io.BytesIO()
    configure("json", stream=stream)

    log.info("late")

    assert json.loads(stream.getvalue())["component"] == "early"


def test_a_line_that_can_not_be_written_is_lost_and_no_error():
    """A full disk, or a pipe whose reader is gone, ends nothing that had something to say."""
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "wb")
    configure("json", stream=stream)

    get_logger("x").warning("nobody hears")
    get_logger("x").error("nor this")

    with contextlib.suppress(BrokenPipeError):
        stream.close()
