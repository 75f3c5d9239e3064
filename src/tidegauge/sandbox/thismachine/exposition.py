"""`/metrics/resource` to the byte as a kubelet writes it.

Families stand in the order of their names, series in that of their label values, and a family
without series is left out. Names need no escaping (see records.py).
"""

from collections.abc import Iterable
from typing import TypeAlias

from tidegauge.sandbox.thismachine.records import Node, Usage

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Series: TypeAlias = list[tuple[str, Usage]]
"""Labels in their braces, and whose usage it is."""


def encode(node: Node) -> bytes:
    """The body for one look at a node."""
    containers = sorted(
        ((each, pod) for pod in node.pods for each in pod.containers),
        key=lambda pair: (pair[0].name, pair[1].namespace, pair[1].name),
    )
    labels = [
        f'{{container="{each.name}",namespace="{pod.namespace}",pod="{pod.name}"}}'
        for each, pod in containers
    ]
    used = [(label, each.usage) for label, (each, _) in zip(labels, containers, strict=True)]
    pods = [
        (f'{{namespace="{pod.namespace}",pod="{pod.name}"}}', pod.usage)
        for pod in sorted(node.pods, key=lambda pod: (pod.namespace, pod.name))
    ]
    starts = [
        f"{label} {go_float(each.start)}"
        for label, (each, _) in zip(labels, containers, strict=True)
    ]
    return "".join(
        (
            _cpu("container", used),
            _memory("container", used),
            _family(
                "container_start_time_seconds",
                "gauge",
                "[STABLE] Start time of the container since unix epoch in seconds",
                starts,  # the one figure without a stamp
            ),
            _swap_limit(used),
            _swap("container_swap_usage_bytes", "amount of the container swap usage", used),
            _cpu("node", [("", node.usage)]),
            _memory("node", [("", node.usage)]),
            _swap("node_swap_usage_bytes", "swap usage of the node", [("", node.usage)]),
            _cpu("pod", pods),
            _memory("pod", pods),
            _swap("pod_swap_usage_bytes", "amount of the pod swap usage", pods),
            _family(
                "resource_scrape_error",
                "gauge",
                "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
                [f" {0 if node.whole else 1}"],
            ),
        )
    ).encode()


def _cpu(whose: str, series: _Series) -> str:
    text = f"[STABLE] Cumulative cpu time consumed by the {whose} in core-seconds"
    lines = (_line(labels, usage.cpu / 1e9, usage) for labels, usage in series)
    return _family(f"{whose}_cpu_usage_seconds_total", "counter", text, lines)


def _memory(whose: str, series: _Series) -> str:
    text = f"[STABLE] Current working set of the {whose} in bytes"
    lines = (_line(labels, usage.memory.working_set, usage) for labels, usage in series)
    return _family(f"{whose}_memory_working_set_bytes", "gauge", text, lines)


def _swap(name: str, what: str, series: _Series) -> str:
    lines = (_line(labels, use.swap, use) for labels, use in series if use.swap is not None)
    return _family(name, "gauge", _alpha(what), lines)


def _swap_limit(series: _Series) -> str:
    lines = (
        _line(labels, use.swap_limit, use) for labels, use in series if use.swap_limit is not None
    )
    what = _alpha("amount of the container swap limit")
    return _family("container_swap_limit_bytes", "gauge", what, lines)


def _alpha(what: str) -> str:
    return f"[ALPHA] Current {what} in bytes. Reported only on non-windows systems"


def _line(labels: str, value: float, usage: Usage) -> str:
    return f"{labels} {go_float(value)} {int(usage.time * 1000)}"


def _family(name: str, kind: str, text: str, lines: Iterable[str]) -> str:
    body = "".join(f"{name}{line}\n" for line in lines)
    return body and f"# HELP {name} {text}\n# TYPE {name} {kind}\n{body}"


def go_float(value: float) -> str:
    """A finite number in Go's shortest `g` form: exponents from 1e+06 up and below 1e-04."""
    shortest = repr(float(value))
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return shortest.removesuffix(".0")
    digits = shortest.partition("e")[0].replace(".", "").strip("-0")
    return f"{value:.{len(digits) - 1}e}"
