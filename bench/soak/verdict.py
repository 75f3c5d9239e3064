"""Whether memory is flat: the last hours against those before."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

WARM_UP = 4
"""Hours, in which the last caches fill: those of texts for seconds and windows, 4,096 of each."""

LEAST_HOURS = WARM_UP + 2

BLOCKS = 0.01
"""One for each pod that came and went would be more than that within two hours of 60 nodes."""

RESIDENT = 0.02
"""What allocators have more in one hour than in another, since pools are given back only whole. For
half a day it grows by less and less while blocks and tables stand still, and so it is the last
third of the hours that is held against the one before.
"""

ENTRIES = 20
"""Of one table: label values of metrics that are seen for the first time, such as a rare cause.
What comes that way does not come in every hour: a table that grows in each is a leak, however slow.
"""


class Hour(NamedTuple):
    hour: int
    resident_mb: float
    blocks: int
    """Of Python's allocator."""
    tables: Counter[str]
    """Entries, see the census."""
    gone_pods: int
    gone_nodes: int
    served: int
    """Pods in a list of all."""

    def columns(self) -> dict[str, float]:
        """Its figures by name, of all tables the sum."""
        return self._asdict() | {"tables": self.tables.total()}


def growth(hours: Sequence[Hour]) -> list[str]:
    """What has grown beyond its tolerance, in words. Takes hour 0 and `LEAST_HOURS` more."""
    warm = hours[WARM_UP:]
    third = len(warm) // 3
    before, after = warm[-2 * third : -third], warm[-third:]
    found = []
    for name, figure, tolerance in (
        ("resident MB", lambda hour: hour.resident_mb, RESIDENT),
        ("blocks", lambda hour: hour.blocks, BLOCKS),
    ):
        first, last = median(map(figure, before)), median(map(figure, after))
        if last > first * (1 + tolerance):
            found.append(f"{name}: {first:,.0f} to {last:,.0f}, over {tolerance:.0%} more")
    tables = [hour.tables for hour in warm]
    return found + [
        f"{table}: {first} to {last} entries"
        for table, first, last in grown(tables[0], tables[-1])
        if last - first > ENTRIES or all(a[table] < b[table] for a, b in pairwise(tables))
    ]


def grown(before: Counter[str], after: Counter[str]) -> list[tuple[str, int, int]]:
    """What there is more of: name, then and now; what has grown most is first."""
    more = (after - before).most_common()
    return [(name, before[name], after[name]) for name, _ in more]
