"""Figures as text, and texts as figures."""

from collections.abc import Callable
from typing import Any

from tests.vectors.verdict import ABSENT, Verdict
from tidegauge.units.duration import format_duration
from tidegauge.units.quantities import QuantityError, milli_quantity, parse
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
    expected, got = _as_floats(vector["expect"]), _answer(vector["input"])
    for figure in expected:
        verdict.compare(figure, expected[figure], got.get(figure, ABSENT))
    return verdict


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    if given["op"] == "parse":
        return _parsed(given["quantity"])
    if given["op"] == "format_milli":
        quantity = milli_quantity(given["milli"], given["format"])
        return _figures(error=False, milli=quantity.milli, canonical=str(quantity))
    return {"text": OPERATIONS[given["op"]](given["value"])}


def _parsed(text: str) -> dict[str, Any]:
    try:
        quantity = parse(text)
    except QuantityError:
        return _figures(error=True)
    return _figures(False, quantity.milli, quantity.approximate, str(quantity))


def _figures(
    error: bool,
    milli: int | None = None,
    approximate: float | None = None,
    canonical: str | None = None,
) -> dict[str, Any]:
    return {
        "error": error,
        "milli_value": milli,
        "approximate_float": approximate,
        "canonical": canonical,
    }


def _as_floats(expect: dict[str, Any]) -> dict[str, Any]:
    """JSON writes whole floats as integers."""
    figure = expect.get("approximate_float")
    return expect if figure is None else {**expect, "approximate_float": float(figure)}
