"""How a kubelet writes `/metrics/resource`: which families, in which order, numbers as Go has them.

Source: Kubernetes, pkg/kubelet/metrics/collectors/resource_metrics.go, and client_golang's encoder.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

PodKey: TypeAlias = tuple[str, str]
Key: TypeAlias = tuple[str, str, str]
"""Container, namespace, pod: as series are sorted, by the values of their sorted labels."""

NANO = 10**9

_USED_BY = "Cumulative cpu time consumed by the {} in core-seconds"
_NOT_WINDOWS = "Reported only on non-windows systems"
_FAMILIES = {
    "container_cpu_usage_seconds_total": _USED_BY.format("container"),
    "container_memory_working_set_bytes": "Current working set of the container in bytes",
    "container_start_time_seconds": "Start time of the container since unix epoch in seconds",
    "container_swap_limit_bytes": (
        f"Current amount of the container swap limit in bytes. {_NOT_WINDOWS}"
    ),
    "container_swap_usage_bytes": (
        f"Current amount of the container swap usage in bytes. {_NOT_WINDOWS}"
    ),
    "node_cpu_usage_seconds_total": _USED_BY.format("node"),
    "node_memory_working_set_bytes": "Current working set of the node in bytes",
    "node_swap_usage_bytes": f"Current swap usage of the node in bytes. {_NOT_WINDOWS}",
    "pod_cpu_usage_seconds_total": _USED_BY.format("pod"),
    "pod_memory_working_set_bytes": "Current working set of the pod in bytes",
    "pod_swap_usage_bytes": f"Current amount of the pod swap usage in bytes. {_NOT_WINDOWS}",
    "resource_scrape_error": (
        "1 if there was an error while getting container metrics, 0 otherwise"
    ),
}
_UNSTAMPED = {"container_start_time_seconds", "resource_scrape_error"}


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement: `cpu` in nanoseconds since the start, sizes in bytes, `stamp` in ms.

    `swap` is None where it isn't accounted for; `swap_limit` for what has no limit of its own.
    """

    stamp: int
    cpu: int
    memory: int
    swap: int | None = None
    swap_limit: int | None = None
    started: float = 0.0
    """Seconds since the epoch; of containers only."""


def go_float(value: float) -> str:
    """A number as Go's shortest 'g' format writes it, which is what Prometheus' encoder uses."""
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        return repr(value).removesuffix(".0")
    digits = len(repr(value).partition("e")[0].replace(".", "").strip("-0"))
    return f"{value:.{max(digits - 1, 0)}e}"


# Sizes and start times hardly change, and a benchmark's fleet writes each a hundred times.
@lru_cache(maxsize=1 << 17)
def number(value: float) -> bytes:
    return go_float(float(value)).encode()


def template(
    containers: Sequence[Key],
    limited: Sequence[Key],
    pods: Sequence[PodKey],
    *,
    swap: bool,
    unknown: frozenset[Key | PodKey] = frozenset(),
) -> bytes:
    """The body with gaps for the numbers, all sequences sorted; `limited` have a swap limit.

    Whose swap is unknown has no line for it.
    """
    names = [_container_labels(key) for key in containers]
    of_pods = [f'{{namespace="{namespace}",pod="{pod}"}}' for namespace, pod in pods]
    series = {
        **{family: names for family in _FAMILIES if family.startswith("container_")},
        **{family: of_pods for family in _FAMILIES if family.startswith("pod_")},
    }
    series["container_swap_limit_bytes"] = [_container_labels(key) for key in limited]
    if unknown:
        swapping = [_container_labels(key) for key in containers if key not in unknown]
        series["container_swap_usage_bytes"] = swapping
        known = zip(pods, of_pods, strict=True)
        series["pod_swap_usage_bytes"] = [labels for key, labels in known if key not in unknown]
    kept = (family for family in _FAMILIES if swap or "_swap_" not in family)
    return "".join(_family(family, series.get(family, [""])) for family in kept).encode()


def render(
    containers: Mapping[Key, Figures],
    pods: Mapping[PodKey, Figures],
    node: Figures,
    *,
    scrape_error: bool = False,
) -> bytes:
    """The whole body; swap lines are there for what has a figure, when the node has one."""
    names, swap = tuple(sorted(containers)), node.swap is not None
    limited = tuple(key for key in names if containers[key].swap_limit is not None)
    unknown = frozenset(
        key for figures in (containers, pods) for key, each in figures.items() if each.swap is None
    )
    gaps = _template(names, limited, tuple(sorted(pods)), swap, unknown)
    figures = [containers[key] for key in names]
    totals = [figures_ for _, figures_ in sorted(pods.items())]
    values = [*_of_containers(figures, swap=swap), *_of_totals([node], swap=swap)]
    values += [*_of_totals(totals, swap=swap), b"1" if scrape_error else b"0"]
    return gaps % tuple(values)


# One for each node of a sandbox, and some of what they had before.
_template = lru_cache(maxsize=64)(
    lambda names, limited, pods, swap, unknown: template(
        names, limited, pods, swap=swap, unknown=unknown
    )
)


def _seconds(cpu: int) -> bytes:
    """Rounded twice, as in Go, which makes a float of the nanoseconds first."""
    return go_float(float(cpu) / NANO).encode()


def _of_containers(figures: Sequence[Figures], *, swap: bool) -> Iterator[bytes | int]:
    for each in figures:
        yield from (_seconds(each.cpu), each.stamp)
    for each in figures:
        yield from (number(each.memory), each.stamp)
    for each in figures:
        yield number(each.started)
    if swap:
        for each in figures:
            if each.swap_limit is not None:
                yield from (number(each.swap_limit), each.stamp)
        for each in figures:
            if each.swap is not None:
                yield from (number(each.swap), each.stamp)


def _of_totals(figures: Sequence[Figures], *, swap: bool) -> Iterator[bytes | int]:
    for each in figures:
        yield from (_seconds(each.cpu), each.stamp)
    for each in figures:
        yield from (number(each.memory), each.stamp)
    if swap:
        for each in figures:
            if each.swap is not None:
                yield from (number(each.swap), each.stamp)


def _container_labels(key: Key) -> str:
    container, namespace, pod = key
    return f'{{container="{container}",namespace="{namespace}",pod="{pod}"}}'


def _family(name: str, labels: Sequence[str]) -> str:
    """A family with gaps for its values; nothing at all when it has no series."""
    if not labels:
        return ""
    stability = "ALPHA" if "_swap_" in name else "STABLE"
    kind = "counter" if name.endswith("_total") else "gauge"
    gap = "%b" if name in _UNSTAMPED else "%b %d"
    lines = [f"{name}{label.replace('%', '%%')} {gap}\n" for label in labels]
    help_line = f"# HELP {name} [{stability}] {_FAMILIES[name]}\n"
    return f"{help_line}# TYPE {name} {kind}\n{''.join(lines)}"
