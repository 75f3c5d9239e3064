"""What is measured of our server, part by part, in figures with their targets."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.alone.figures import Figure
from bench.alone.site import site
from bench.alone.steadystate import costs, flatness, measure, warm_up
from bench.compare import asking
from bench.compare.figures import percentile
from bench.compare.measuring import CROWD, hpas
from bench.compare.site import PERIOD, Say
from tests.realcluster.fleet import Fleet

FAST_PERIOD = 5.0

CROWD_MILLISECONDS = 20.0


@dataclass(frozen=True)
class Job:
    """What to measure: fleets from the smallest to the largest, how often nodes are asked where
    the part does not say, and for how many seconds each.
    """

    fleets: Sequence[Fleet]
    period: float
    seconds: float
    say: Say


def scrape(job: Job) -> list[Figure]:
    """The steady state of each fleet, and whether a scrape costs the same in all of them."""
    found = [measure(fleet, job.period, job.seconds, job.say) for fleet in job.fleets]
    figures = [figure for steady in found for figure in costs(steady)]
    if len(found) > 1:
        figures.append(flatness(found[0], found[-1]))
    return figures


def fast(job: Job) -> list[Figure]:
    """The smallest fleet, asked three times as often."""
    return costs(measure(job.fleets[0], FAST_PERIOD, job.seconds, job.say))


def crowd(job: Job) -> list[Figure]:
    """A thousand HPAs that list their ten pods once in 15 s each, beside scraping."""
    fleet = job.fleets[0]
    with site(fleet, job.say) as place, place.server(PERIOD) as server:
        warm_up(server, fleet, job.say)
        job.say(f"{fleet.nodes} nodes: {CROWD} HPAs for {job.seconds:.0f} s")
        used, begun = server.cpu_seconds(), time.monotonic()
        times = asking.ask(server.door, hpas(fleet, job.seconds)).seconds
        cores = (server.cpu_seconds() - used) / (time.monotonic() - begun)
    name = f"{fleet.nodes} nodes and {CROWD} HPAs"
    slow = percentile(times, 99) * 1e3
    return [
        Figure(f"{name}: a list, median", "ms", [percentile(times, 50) * 1e3]),
        Figure(f"{name}: a list, p99", "ms", [slow], CROWD_MILLISECONDS),
        Figure(f"{name}: CPU", "mCPU", [cores * 1e3]),
    ]


PARTS: Mapping[str, Callable[[Job], list[Figure]]] = {
    "scrape": scrape,
    "fast": fast,
    "crowd": crowd,
}
