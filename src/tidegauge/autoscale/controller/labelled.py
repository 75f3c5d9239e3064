"""Things with labels, found by selector without looking at each.

Pods of one template have the same labels, so what is matched is sets of labels; and nearly every
selector names a label and its value, so what is looked at is the sets that have it. Beside 10,000
pods of 1,000 workloads a selector costs two matches.
"""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeAlias, TypeVar

from tidegauge.units.selectors import LabelSelector

T = TypeVar("T")

LabelSet: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted."""


def label_set(labels: Mapping[str, str]) -> LabelSet:
    return tuple(sorted(labels.items()))


class _Group(Generic[T]):
    """Things with the same labels, which they share."""

    __slots__ = ("key", "labels", "things")

    def __init__(self, key: LabelSet, labels: Mapping[str, str]) -> None:
        self.key = key
        self.labels = labels
        self.things: dict[str, T] = {}


class Labelled(Generic[T]):
    """Things by name, and by labels."""

    def __init__(self) -> None:
        self._groups: dict[LabelSet, _Group[T]] = {}
        self._having: dict[tuple[str, str], dict[LabelSet, None]] = {}
        self._group_of: dict[str, _Group[T]] = {}

    def __len__(self) -> int:
        return len(self._group_of)

    def names(self) -> Iterable[str]:
        return self._group_of.keys()

    def put(self, name: str, labels: Mapping[str, str], thing: T) -> None:
        key = label_set(labels)
        group = self._group_of.get(name)
        if group is None or group.key != key:
            self.remove(name)
            group = self._group_of[name] = self._groups.get(key) or self._new(key, labels)
        group.things[name] = thing

    def remove(self, name: str) -> None:
        group = self._group_of.pop(name, None)
        if group is None:
            return
        del group.things[name]
        if not group.things:
            self._drop(group)

    def select(self, selector: LabelSelector) -> list[T]:
        """In no order that means anything."""
        pair = exact(selector)
        keys = self._groups if pair is None else self._having.get(pair, {})
        found: list[T] = []
        for key in keys:
            group = self._groups[key]
            if selector.matches(group.labels):
                found.extend(group.things.values())
        return found

    def _new(self, key: LabelSet, labels: Mapping[str, str]) -> _Group[T]:
        group: _Group[T] = _Group(key, labels)
        self._groups[key] = group
        for pair in key:
            self._having.setdefault(pair, {})[key] = None
        return group

    def _drop(self, group: _Group[T]) -> None:
        del self._groups[group.key]
        for pair in group.key:
            sets = self._having[pair]
            del sets[group.key]
            if not sets:
                del self._having[pair]


def exact(selector: LabelSelector) -> tuple[str, str] | None:
    """A label and the one value of it that the selector takes, if it has such a term."""
    for term in selector.memberships:
        if term.wanted and len(term.values) == 1:
            (value,) = term.values
            if value is not None:
                return term.key, value
    return None
