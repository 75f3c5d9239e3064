"""What a layout remembers of the body that it was made of, so that the next one needs no names.

Of each table only a mark of its key column is kept, since the keys themselves take 118 kB for 220
containers: a hash of 64 bits, salted anew in each process, so that no node can aim at a collision.
With the order of the slots a plan takes 2.4 kB for 60 containers: 12 MB for 300,000 on 5,000 nodes.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from tidegauge.kubelet.layouts import layout_of
from tidegauge.kubelet.lines import container_key, read_labels
from tidegauge.kubelet.samples import Layout
from tidegauge.kubelet.series import MAX_SERIES, NODE, NODE_SERIES, READ_SERIES, Figure, SeriesKey
from tidegauge.kubelet.tables import Table, UnfamiliarError

Mark: TypeAlias = tuple[int, int]
"""Length and hash of some bytes."""

Pick: TypeAlias = Callable[[Sequence[int]], tuple[int, ...]]
"""Puts figures into the order of the slots; a slot without a line takes the last of them."""


def mark_of(text: bytes) -> Mark:
    return len(text), hash(text)


class Column(NamedTuple):
    """Where in a table the figure of each slot stands."""

    mark: Mark
    """Of the keys, which have no blanks in them, joined by blanks."""
    pick: Pick


@dataclass(slots=True)
class Plan:
    columns: tuple[Column, ...]
    """By figure."""
    start_mark: Mark | None = None
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    """The last start times, and the mark of all the lines that they were read from."""

    def fits(self, tables: Sequence[Table]) -> bool:
        """Whether the `tables`, of the first figures or of all, have the keys that this is for."""
        return all(
            column.mark == mark_of(b" ".join(table.keys))
            for column, table in zip(self.columns, tables, strict=False)
        )

    def same_stamps(self, cpu: Table, memory: Table) -> bool:
        """Whether each slot has one stamp for both, as with cAdvisor, which reads both at once."""
        columns = self.columns
        same_order = columns[Figure.CPU].pick is columns[Figure.MEMORY].pick
        return same_order and cpu.stamps == memory.stamps


def lay_out(tables: Sequence[Table], last: Layout | None) -> tuple[Layout, Plan]:
    """Return the layout of all `tables`, `last` if it still holds, with a new plan in it."""
    labels: dict[bytes, SeriesKey] = {}
    keys = [
        [_series_key(key, figure, labels) for key in table.keys]
        for figure, table in zip(Figure, tables, strict=True)
    ]
    if len(set(labels.values())) > MAX_SERIES:
        raise UnfamiliarError
    layout, slots = layout_of(keys[Figure.CPU] + keys[Figure.MEMORY], last)
    if len(slots) == 1:  # no containers, and itemgetter gives no tuple for one item
        raise UnfamiliarError
    picks: dict[tuple[int, ...], Pick] = {}
    columns = []
    for table, column_keys in zip(tables, keys, strict=True):
        places = {key: place for place, key in enumerate(column_keys)}  # of equal keys the last
        order = tuple(places.get(key, -1) for key in slots)
        pick = picks.setdefault(order, itemgetter(*order))
        columns.append(Column(mark_of(b" ".join(table.keys)), pick))
    plan = Plan(tuple(columns))
    object.__setattr__(layout, "plan", plan)  # a cache, no part of the frozen record's value
    return layout, plan


def _series_key(key: bytes, figure: Figure, known: dict[bytes, SeriesKey]) -> SeriesKey:
    name, brace, labels = key.partition(b"{")
    if READ_SERIES.get(name) is not figure or (brace and not labels.endswith(b"}")):
        raise UnfamiliarError
    if name in NODE_SERIES:
        read_labels(labels[:-1])
        return NODE
    return known.get(labels) or known.setdefault(labels, container_key(labels[:-1]))
