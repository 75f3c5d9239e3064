"""The steady state of one fleet: what our server takes while nobody asks, and how fresh it is."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.alone.site import Server, site
from bench.compare import asking
from bench.compare.asking import Asked, Door
from bench.compare.measuring import START_SECONDS, WARM_PERIODS, sampled, served_nodes
from bench.compare.questions import API
from bench.compare.site import Say, peak_megabytes
from tests.realcluster.fleet import Fleet

LOOKS = 8
"""At the ages of all nodes, over two periods."""

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

    @property
    def container_microseconds(self) -> list[float]:
        """Of each scrape."""
        return [each / self._node_containers for each in self.scrape_microseconds]

    @property
    def container_kilobytes(self) -> list[float]:
        containers = self.fleet.nodes * self._node_containers
        return [each * 1e3 / containers for each in self.megabytes]

    @property
    def _node_containers(self) -> int:
        return self.fleet.pods * self.fleet.containers


def measure(fleet: Fleet, period: float, seconds: float, say: Say) -> Steady:
    """Start a fleet and our server, let it warm up, and look on. Raises ProcessError."""
    with site(fleet, say) as place, place.server(period) as server:
        warm_up(server, fleet, say)
        say(f"{fleet.nodes} nodes each {period:g} s: steady state for {seconds:.0f} s")
        before = _scrapes(server), place.kubelets.cpu_seconds(), time.monotonic()
        cores, megabytes = sampled(server, period, seconds)
        after = _scrapes(server), place.kubelets.cpu_seconds(), time.monotonic()
        scrapes, kubelets, passed = (b - a for a, b in zip(before, after, strict=True))
        return Steady(
            fleet=fleet,
            period=period,
            cores=cores,
            megabytes=megabytes,
            scrapes=scrapes / passed,
            kubelets=kubelets / passed,
            ages=_ages(server.door, period),
            highest=peak_megabytes(server),
        )


def _ages(door: Door, period: float) -> list[float]:
    """What `LOOKS` looks see, each a client of its own: one for all ends after two minutes."""
    begun, ages = time.monotonic(), list[float]()
    for number in range(LOOKS):
        due = begun + number * 2 * period / LOOKS
        time.sleep(max(0.0, due - time.monotonic()))
        ages += asking.ask(door, Asked(paths=[f"{API}/nodes"], ages=True, times=1)).ages
    return ages


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


def scrapes_so_far(page: bytes) -> float:
    """How many scrapes gave something, from the server's own metrics."""
    found = _SCRAPES.search(page)
    return float(found[1]) if found else 0.0
