"""Figures as text."""

from collections.abc import Callable
from typing import Any

from tests.vectors.verdict import Verdict
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339

OPERATIONS: dict[str, Callable[[int], str]] = {
    "cpu_nanocores": format_cpu,
    "memory_bytes": format_memory,
    "duration_ns": format_duration,
    "timestamp_ms": lambda ms: format_rfc3339(ms // 1000),
}


def check(vector: dict[str, Any]) -> Verdict:
    verdict = Verdict()
    operation = OPERATIONS[vector["input"]["op"]]
    verdict.compare("text", vector["expect"]["text"], operation(vector["input"]["value"]))
    return verdict
