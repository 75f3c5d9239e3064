"""What the product answers, in the shapes that the vectors and the model have."""

from collections.abc import Iterable
from typing import Any

from tests.clock import ManualClock
from tests.reference_body import NODE, Series
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.samples import MISSING, NODE_SLOT, Answer
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.readings import ContainerUsage, Usage
from tidegauge.usage.store import Store


class Product:
    """Parser and store on a clock that is moved by hand: both hands show `seconds`."""

    def __init__(self, period_s: float) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock, period=period_s)

    def set_clock(self, seconds: float) -> None:
        self.clock.wall = self.clock.running = seconds

    def answer(self, node: str, body: bytes, request_ms: int) -> None:
        self.store.record(node, parse(body, request_ms, self.store.layout(node)))

    def nodes(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The items of a NodeMetricsList."""
        items = []
        for name in sorted(names):
            if usage := self.store.node_usage(name):
                head = _head({"name": name}, usage)
                items.append({**head, "usage": _usage(usage.containers[0])})
        return items

    def pods(self, placed: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
        """The items of a PodMetricsList; `placed` are namespace, pod and node."""
        items = []
        for namespace, pod, node in sorted(placed):
            if usage := self.store.pod_usage(namespace, pod, node):
                head = _head({"name": pod, "namespace": namespace}, usage)
                containers = [{"name": c.name, "usage": _usage(c)} for c in usage.containers]
                items.append({**head, "containers": containers})
        return items


def _head(metadata: dict[str, str], usage: Usage) -> dict[str, Any]:
    created = format_rfc3339(int(usage.stored))
    return {
        "metadata": {**metadata, "creationTimestamp": created},
        "timestamp": format_rfc3339(usage.stamp_ms // 1000),
        "window": format_duration(usage.window_ns),
    }


def _usage(container: ContainerUsage) -> dict[str, str]:
    usage = {"cpu": format_cpu(container.cpu), "memory": format_memory(container.memory)}
    if container.swap is not None:
        usage["swap"] = format_memory(container.swap)
    return usage


def reading(answer: Answer) -> dict[str, Any]:
    """What the parser says; a figure is None where its line is missing, a start then 0."""
    return {
        "series": {
            "/".join(key): _figures(answer, slot)
            for slot, key in enumerate(_keys(answer))
            if answer.cpu_stamp[slot] != MISSING or answer.memory_stamp[slot] != MISSING
        },
        "whole": answer.whole,
        "bad_lines": answer.bad_lines,
        "scrape_error": answer.scrape_error,
    }


def _figures(answer: Answer, slot: int) -> dict[str, int | None]:
    cpu_stamp, memory_stamp = _known(answer.cpu_stamp[slot]), _known(answer.memory_stamp[slot])
    return {
        "cpu": None if cpu_stamp is None else answer.cpu[slot],
        "cpu_stamp": cpu_stamp,
        "memory": None if memory_stamp is None else answer.memory[slot],
        "memory_stamp": memory_stamp,
        "swap": _known(answer.swap[slot]),
        "start": answer.start[slot],
    }


def _known(figure: int) -> int | None:
    return None if figure == MISSING else figure


def _keys(answer: Answer) -> list[Series]:
    layout = answer.layout
    keys = [NODE] * layout.slots
    assert layout.containers[NODE_SLOT] == ""
    for i, (namespace, pod) in enumerate(layout.pods):
        for slot in range(layout.firsts[i], layout.firsts[i + 1]):
            keys[slot] = namespace, pod, layout.containers[slot]
    return keys
