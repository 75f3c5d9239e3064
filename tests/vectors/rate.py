"""A rate made of two points.

Where the recording is an error, or the window is not above zero, the product's own way to a rate is
asked: two answers of a node into the store. It then says what the model says.
"""

from array import array
from typing import Any

from tests.clock import ManualClock
from tests.reference import Model
from tests.reference_body import Body, Reading
from tests.vectors.verdict import Verdict
from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.rates import nanocores
from tidegauge.usage.store import Store

NO_RATE = {"error_cpu", "error_start", "zero_window", "negative_window"}
POD = ("namespace", "pod")
LAYOUT = Layout((POD,), array("I", [1, 2]), ("", "container"), {POD: 0})


def check(vector: dict[str, Any]) -> Verdict:
    tags = set(vector["tags"])
    if tags & NO_RATE:
        return _check_store(vector["input"])
    verdict = Verdict()
    if "platform" not in tags:
        verdict.compare("usage", vector["expect"], _usage(**vector["input"]))
    return verdict


def _usage(last: dict[str, int], prev: dict[str, int]) -> dict[str, Any]:
    window = last["timestamp_ns"] - prev["timestamp_ns"]
    cpu = nanocores(last["cpu_ns"] - prev["cpu_ns"], window)
    return {
        "error": None,
        "cpu_nanocores": cpu if cpu < 2**63 else cpu // 10 * 10,  # recorded from the quantity
        "cpu": format_cpu(cpu),
        "memory": format_memory(last["memory_bytes"]),
        "window_ns": window,
        "window": format_duration(window),
        "timestamp": format_rfc3339(last["timestamp_ns"] // 10**9),
    }


def _check_store(points: dict[str, Any]) -> Verdict:
    """Neither the store nor the model makes a rate of such points."""
    clock = ManualClock()
    store, model = Store(clock, period=15), Model(15)
    for point in (points["prev"], points["last"]):
        store.record("node", _answer(**point))
        model.take("node", _body(**point), clock.running, clock.wall)
        clock.advance(15)
    verdict = Verdict()
    verdict.compare("rate", None, store.pod_usage(*POD, "node"))
    verdict.compare("rate of the model", [], model.pods(clock.running))
    return verdict


def _answer(*, timestamp_ns: int, cpu_ns: int, memory_bytes: int, start_ns: int | None) -> Answer:
    stamps = array("q", [MISSING, timestamp_ns // 10**6])
    return Answer(
        layout=LAYOUT,
        cpu=array("Q", [0, cpu_ns]),
        cpu_stamp=stamps,
        memory=array("Q", [0, memory_bytes]),
        memory_stamp=stamps[:],
        swap=array("q", [MISSING, MISSING]),
        start=array("q", [0, start_ns or 0]),
        whole=True,
    )


def _body(*, timestamp_ns: int, cpu_ns: int, memory_bytes: int, start_ns: int | None) -> Body:
    stamp = timestamp_ns // 10**6
    figures = {
        "cpu": Reading(cpu_ns, stamp),
        "memory": Reading(memory_bytes, stamp),
        "start": Reading(start_ns or 0, stamp),
    }
    return Body(figures={(*POD, "container"): figures})
