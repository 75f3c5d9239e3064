"""Bodies of `/metrics/resource` as a kubelet writes them, for tests and benchmarks."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

EPOCH_MS = 1_786_600_000_000


@dataclass(frozen=True)
class Container:
    name: str
    namespace: str
    pod: str

    @property
    def labels(self) -> str:
        return f'{{container="{self.name}",namespace="{self.namespace}",pod="{self.pod}"}}'

    @property
    def pod_labels(self) -> str:
        return f'{{namespace="{self.namespace}",pod="{self.pod}"}}'


def fleet(pods: int, per_pod: int) -> list[Container]:
    """Some containers in the kubelet's order: by container, namespace and pod."""
    random = Random(pods)
    places = sorted(
        (f"team-{random.randrange(12)}", f"web-{random.randrange(10**9):09}-{place:05}")
        for place in range(pods)
    )
    names = ["app", "istio-proxy", "log-shipper", "metrics-exporter"][:per_pod]
    return [Container(name, *place) for name in names for place in places]


def number(value: float) -> str:
    """As Go writes a double: shortest, with an exponent from 1e+06 up."""
    if value < 1e6:
        return repr(value).removesuffix(".0")
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e+")
    return f"{mantissa}e+{int(exponent):02}"


def family(name: str, lines: Iterable[str], kind: str = "gauge") -> str:
    rows = "".join(f"{name}{line}\n" for line in lines)
    return f"# HELP {name} [STABLE] What it is\n# TYPE {name} {kind}\n{rows}" if rows else ""


def body(
    containers: list[Container], *, tick: int = 0, swap: bool = False, pods: bool = True
) -> bytes:
    """What a node with these containers says at its `tick`-th scrape."""
    random = Random(tick)
    stamps = [EPOCH_MS + tick * 15_000 + random.randrange(10_000) for _ in containers]
    rows = list(zip(containers, stamps, strict=True))
    now = EPOCH_MS + tick * 15_000

    def cpu(seconds: float) -> str:
        return number(round(seconds + tick * random.random(), 6))

    def memory() -> str:
        return number(4096.0 * random.randrange(10**5))

    start = [
        f"{c.labels} {number(EPOCH_MS / 1e3 - 86400.5 - place)}"
        for place, c in enumerate(containers)
    ]
    whole_pods = list(dict.fromkeys(c.pod_labels for c in containers)) if pods else []
    counter = "counter"
    return "".join([
        family(
            "container_cpu_usage_seconds_total",
            [f"{c.labels} {cpu(place)} {s}" for place, (c, s) in enumerate(rows)],
            counter,
        ),
        family(
            "container_memory_working_set_bytes", [f"{c.labels} {memory()} {s}" for c, s in rows]
        ),
        family("container_start_time_seconds", start),
        family("container_swap_usage_bytes", [f"{c.labels} 0 {s}" for c, s in rows if swap]),
        family("node_cpu_usage_seconds_total", [f" {cpu(1e5)} {now}"], counter),
        family("node_memory_working_set_bytes", [f" {memory()} {now}"]),
        family("node_swap_usage_bytes", [f" 0 {now}"] if swap else []),
        family("pod_cpu_usage_seconds_total", [f"{p} {cpu(1)} {now}" for p in whole_pods], counter),
        family("pod_memory_working_set_bytes", [f"{p} {memory()} {now}" for p in whole_pods]),
        family("resource_scrape_error", [" 0"]),
    ]).encode()  # fmt: skip
