"""How long a body takes to parse: `python -m bench.parse`.

Bodies are of 30 and of 110 pods with two containers each, as a kubelet writes them. From one to the
next all numbers and stamps change; series and start times stay, unless the row says otherwise.
"""

import time
from collections.abc import Callable
from itertools import cycle

from tests.kubelet import bodies
from tidegauge.kubelet import careful
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.totals import pod_totals

ROUNDS = 7
CALLS = 100


def microseconds(work: Callable[[bytes], object], texts: list[bytes]) -> float:
    """The best round's mean: what the code costs when nobody else is at the machine."""
    best = float("inf")
    for _ in range(ROUNDS):
        supply = cycle(texts)
        begun = time.perf_counter()
        for _ in range(CALLS):
            work(next(supply))
        best = min(best, time.perf_counter() - begun)
    return best / CALLS * 1e6


def report(pods: int, *, with_pods: bool) -> None:
    containers = bodies.fleet(pods, 2)
    texts = [bodies.body(containers, tick=tick, pods=with_pods) for tick in range(8)]
    lines = texts[0].count(b"\n")
    extent = "all families" if with_pods else "without pod families"
    print(f"{pods} pods x 2, {extent}: {lines} lines, {len(texts[0]) / 1000:.1f} kB")
    last = parse(texts[0], 0, None).layout

    def unchanged(text: bytes) -> None:
        assert parse(text, 0, last).layout is last

    rows: dict[str, Callable[[bytes], object]] = {
        "series unchanged": unchanged,
        "first sight": lambda text: parse(text, 0, None),
        "careful": lambda text: careful.parse(text, 0, last),
        "pod totals": lambda text: pod_totals(text, 0),
    }
    for name, work in rows.items():
        print(f"  {name:18} {microseconds(work, texts):8.1f} us")


if __name__ == "__main__":
    for size in (30, 110):
        for pod_families in (False, True):
            report(size, with_pods=pod_families)
