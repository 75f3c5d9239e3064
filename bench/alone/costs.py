"""What a steady state costs beside what is promised, and whether all sizes cost the same."""

from collections.abc import Sequence
from statistics import median

from bench.alone.figures import Figure
from bench.alone.steadystate import LOOKS, Steady
from bench.compare.site import PERIOD
from tests.realcluster.fleet import Fleet

FEW, MANY = Fleet(1_000, 30, 2), Fleet(10_000, 30, 2)
"""The fleets of which something is promised; others are shown without a target."""

FAST_PERIOD = 5.0
"""Within which `FEW` are to answer too."""

MOST_CORES, MOST_MEGABYTES = 500.0, 1073.7
"""Half a core and 1 GiB, for `MANY`."""

FLAT = 1.15
"""Cost of a scrape or a container of `MANY` to that of `FEW`."""

SHIFT = 0.1
"""Of a period, by which two answers of a node may lie further apart: a turn that other work held
up, and the time from the kubelet's stamp to the client."""

STAMP_SECONDS = 1.0
"""Time stamps are served in whole seconds, so that usage looks older by up to so much."""


def costs(found: Steady) -> list[Figure]:
    """What a scrape, a container and a node take, with what is promised of it."""
    fleet = found.fleet
    name = f"{fleet.nodes} nodes each {found.period:g} s"
    fresh = fresh_share(found.ages, fleet.nodes, LOOKS, found.period)
    setting = fleet, found.period
    all_fresh = 100.0 if setting in {(MANY, PERIOD), (FEW, FAST_PERIOD)} else None
    cores, megabytes = (MOST_CORES, MOST_MEGABYTES) if setting == (MANY, PERIOD) else (None, None)
    return [
        Figure(f"{name}: answered within it", "%", [fresh], all_fresh, at_least=True),
        Figure(f"{name}: oldest usage seen", "s", [max(found.ages)]),
        Figure(f"{name}: CPU", "mCPU", [each * 1e3 for each in found.cores], cores),
        Figure(f"{name}: CPU per scrape", "µs", found.scrape_microseconds),
        Figure(f"{name}: CPU per container", "µs", found.container_microseconds),
        Figure(f"{name}: resident memory", "MB", found.megabytes, megabytes),
        Figure(f"{name}: highest memory since the start", "MB", [found.highest], megabytes),
        Figure(f"{name}: memory per container", "kB", found.container_kilobytes),
        Figure(f"{name}: CPU of all fake kubelets", "mCPU", [found.kubelets * 1e3]),
    ]


def flatness(smallest: Steady, larger: Steady) -> list[Figure]:
    """Costs at one size to those at another, each of medians.

    What the process takes without any node is in both: it makes few nodes look dear.
    """
    sizes = f"{larger.fleet.nodes} nodes to {smallest.fleet.nodes}"
    measured = smallest.fleet, larger.fleet, larger.period
    target = FLAT if measured == (FEW, MANY, PERIOD) else None
    return [
        Figure(f"{what}, {sizes}", "times", [median(many) / median(few)], target)
        for what, many, few in (
            ("CPU per scrape", larger.scrape_microseconds, smallest.scrape_microseconds),
            ("CPU per container", larger.container_microseconds, smallest.container_microseconds),
            ("memory per container", larger.container_kilobytes, smallest.container_kilobytes),
        )
    ]


def fresh_share(ages: Sequence[float], nodes: int, looks: int, period: float) -> float:
    """Of `looks` at as many nodes, the share that had answered within the period, in percent; a
    node that is not served counts as one that had not.
    """
    limit = period * (1 + SHIFT) + STAMP_SECONDS
    return 100 * sum(age <= limit for age in ages) / (nodes * looks)
