"""Recorded figures of the Go server: every quantity, window and time comes out byte for byte."""

import gzip
import json
from pathlib import Path

import pytest

from tidegauge.units.duration import format_duration, parse_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339

GOLDEN = Path(__file__).parent.parent / "golden"

FORMATS = {
    "cpu_nanocores": format_cpu,
    "memory_bytes": format_memory,
    "duration_ns": format_duration,
    "timestamp_ms": lambda ms: format_rfc3339(ms // 1000),
}


def vectors():
    with gzip.open(GOLDEN / "usage-quantity.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("op", FORMATS)
def test_text_equals_the_recording(op):
    """What the Go server printed for a number, we print."""
    cases = [vector for vector in vectors() if vector["input"]["op"] == op]
    expected = {vector["id"]: vector["expect"]["text"] for vector in cases}

    ours = {vector["id"]: FORMATS[op](vector["input"]["value"]) for vector in cases}

    assert cases
    assert ours == expected


def test_recorded_durations_read_back():
    """Parsing what was printed for a duration gives the duration."""
    cases = [vector for vector in vectors() if vector["input"]["op"] == "duration_ns"]

    for vector in cases:
        assert parse_duration(vector["expect"]["text"]) == vector["input"]["value"], vector["id"]
