"""What is measured of our server, part by part, in figures with their targets."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.alone.costs import FAST_PERIOD, FEW, costs, flatness
from bench.alone.figures import Figure
from bench.alone.site import site
from bench.alone.steadystate import measure, warm_up
from bench.compare import asking
from bench.compare.figures import percentile
from bench.compare.measuring import CROWD, hpas
from bench.compare.site import PERIOD, Say
from tests.realcluster.fleet import Fleet

CROWD_MILLISECONDS = 20.0

CLIENT_SECONDS = 8 * PERIOD
"""Of one client, which is killed if it takes twice as long: a longer crowd asks by several in turn,
each of which begins where the last one ended, for all HPAs have asked in each period."""


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
    """The steady state of each fleet, and whether all of them cost the same."""
    found = [measure(fleet, job.period, job.seconds, job.say) for fleet in job.fleets]
    figures = [figure for steady in found for figure in costs(steady)]
    return figures + [figure for larger in found[1:] for figure in flatness(found[0], larger)]


def fast(job: Job) -> list[Figure]:
    """The smallest fleet, asked three times as often."""
    return costs(measure(job.fleets[0], FAST_PERIOD, job.seconds, job.say))


def crowd(job: Job) -> list[Figure]:
    """A thousand HPAs that list their ten pods once in 15 s each, beside scraping."""
    fleet = job.fleets[0]
    with site(fleet, job.say) as place, place.server(PERIOD) as server:
        warm_up(server, fleet, job.say)
        job.say(f"{fleet.nodes} nodes: {CROWD} HPAs for {job.seconds:.0f} s")
        used, begun, times = server.cpu_seconds(), time.monotonic(), list[float]()
        for seconds in turns(job.seconds):
            times += asking.ask(server.door, hpas(fleet, seconds)).seconds
        cores = (server.cpu_seconds() - used) / (time.monotonic() - begun)
    name = f"{fleet.nodes} nodes and {CROWD} HPAs"
    slow = percentile(times, 99) * 1e3
    target = CROWD_MILLISECONDS if fleet == FEW else None
    return [
        Figure(f"{name}: a list, median", "ms", [percentile(times, 50) * 1e3]),
        Figure(f"{name}: a list, p99", "ms", [slow], target),
        Figure(f"{name}: CPU", "mCPU", [cores * 1e3]),
    ]


def turns(seconds: float) -> list[float]:
    """How long each client asks, so that all do for so many seconds."""
    whole, rest = divmod(seconds, CLIENT_SECONDS)
    return [CLIENT_SECONDS] * int(whole) + [rest] * (rest > 0)


PARTS: Mapping[str, Callable[[Job], list[Figure]]] = {
    "scrape": scrape,
    "fast": fast,
    "crowd": crowd,
}
