"""The steady state of one fleet: what our server takes while nobody asks, and how fresh it is."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.alone.figures import Figure
from bench.alone.site import Server, site
from bench.compare import asking
from bench.compare.asking import Asked
from bench.compare.figures import percentile
from bench.compare.measuring import START_SECONDS, WARM_PERIODS, sampled, served_nodes
from bench.compare.questions import API
from bench.compare.site import Say, peak_megabytes
from tests.realcluster.fleet import Fleet

MANY = 10_000
"""Nodes of the size for which CPU and memory are promised."""

MOST_CORES, MOST_MEGABYTES = 500.0, 1073.7
"""Half a core and 1 GiB, for `MANY` nodes of 30 pods."""

FLAT, FLAT_FROM = 1.15, 1000
"""Cost of a scrape at the largest size to that at the smallest. Below so many nodes there is no
such promise: what the process does without any node is then the most."""

LOOKS = 8
"""At the ages of all nodes, over two periods."""

SHIFT = 0.1
"""Of a period, by which two answers of a node may lie further apart: a turn that other work held
up, and the time from the kubelet's stamp to the client."""

STAMP_SECONDS = 1.0
"""Time stamps are served in whole seconds, so that usage looks older by up to so much."""

_SCRAPES = re.compile(
    rb'^metrics_server_kubelet_request_total\{success="true"\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Steady:
    """One fleet's cost while nobody asks, and how old its usage then is."""

    fleet: Fleet
    period: float
    cores: Sequence[float]
    """A sample each period, as of memory."""

    megabytes: Sequence[float]
    highest: float
    """Resident memory since the start, in MB."""

    scrapes: float
    """Per second."""

    ages: Sequence[float]
    """Of all nodes' usage in each of `LOOKS` looks, in seconds."""

    kubelets: float
    """Cores that all kubelets take in their one process: near 1, they are what is measured."""

    @property
    def scrape_microseconds(self) -> list[float]:
        return [each / self.scrapes * 1e6 for each in self.cores]


def measure(fleet: Fleet, period: float, seconds: float, say: Say) -> Steady:
    """Start a fleet and our server, let it warm up, and look on. Raises ProcessError."""
    with site(fleet, say) as place, place.server(period) as server:
        warm_up(server, fleet, say)
        say(f"{fleet.nodes} nodes each {period:g} s: steady state for {seconds:.0f} s")
        before = _scrapes(server), place.kubelets.cpu_seconds(), time.monotonic()
        cores, megabytes = sampled(server, period, seconds)
        after = _scrapes(server), place.kubelets.cpu_seconds(), time.monotonic()
        scrapes, kubelets, passed = (b - a for a, b in zip(before, after, strict=True))
        looked = Asked(paths=[f"{API}/nodes"], ages=True, every=2 * period / LOOKS, times=LOOKS)
        return Steady(
            fleet=fleet,
            period=period,
            cores=cores,
            megabytes=megabytes,
            scrapes=scrapes / passed,
            kubelets=kubelets / passed,
            ages=asking.ask(server.door, looked).ages,
            highest=peak_megabytes(server),
        )


def _scrapes(server: Server) -> float:
    return scrapes_so_far(server.admin.send("GET", "/metrics").body)


def warm_up(server: Server, fleet: Fleet, say: Say) -> None:
    """Until all nodes have been asked a few times."""
    say(f"{fleet.nodes} nodes: first data for each")
    begun = time.monotonic()
    server.wait_until(
        lambda: served_nodes(server.admin) == fleet.nodes,
        "data of all nodes",
        START_SECONDS,
        every=1.0,  # at 10,000 nodes each look takes some hundredths of a second of CPU
    )
    say(f"{fleet.nodes} nodes: all after {time.monotonic() - begun:.0f} s; warming up")
    time.sleep(WARM_PERIODS * server.period)


def costs(found: Steady) -> list[Figure]:
    """What a scrape, a container and a node take, with what is promised of `MANY` nodes."""
    fleet = found.fleet
    name = f"{fleet.nodes} nodes each {found.period:g} s"
    fresh = fresh_share(found.ages, fleet.nodes, LOOKS, found.period)
    containers = fleet.pods * fleet.containers
    scrape_costs = found.scrape_microseconds
    kilobytes = [each * 1e3 / (fleet.nodes * containers) for each in found.megabytes]
    cores, megabytes = (MOST_CORES, MOST_MEGABYTES) if fleet.nodes >= MANY else (None, None)
    return [
        Figure(f"{name}: answered within it", "%", [fresh], 100.0, at_least=True),
        Figure(f"{name}: oldest usage seen", "s", [max(found.ages)]),
        Figure(f"{name}: CPU", "mCPU", [each * 1e3 for each in found.cores], cores),
        Figure(f"{name}: CPU per scrape", "µs", scrape_costs),
        Figure(f"{name}: CPU per container", "µs", [each / containers for each in scrape_costs]),
        Figure(f"{name}: resident memory", "MB", found.megabytes, megabytes),
        Figure(f"{name}: highest memory since the start", "MB", [found.highest], megabytes),
        Figure(f"{name}: memory per container", "kB", kilobytes),
        Figure(f"{name}: CPU of all fake kubelets", "mCPU", [found.kubelets * 1e3]),
    ]


def flatness(smallest: Steady, largest: Steady) -> Figure:
    """Cost of a scrape at one size to that at another."""
    each_scrape = [percentile(each.scrape_microseconds, 50) for each in (largest, smallest)]
    sizes = f"{largest.fleet.nodes} nodes to {smallest.fleet.nodes}"
    promised = FLAT if smallest.fleet.nodes >= FLAT_FROM else None
    return Figure(f"CPU per scrape, {sizes}", "times", [each_scrape[0] / each_scrape[1]], promised)


def fresh_share(ages: Sequence[float], nodes: int, looks: int, period: float) -> float:
    """Of `looks` at as many nodes, the share that had answered within the period, in percent; a
    node that is not served counts as one that had not.
    """
    limit = period * (1 + SHIFT) + STAMP_SECONDS
    return 100 * sum(age <= limit for age in ages) / (nodes * looks)


def scrapes_so_far(page: bytes) -> float:
    """How many scrapes gave something, from the server's own metrics."""
    found = _SCRAPES.search(page)
    return float(found[1]) if found else 0.0
