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


class Labelled(Generic[T]):
    """Things by name, and by labels."""

    def __init__(self) -> None:
        self._groups: dict[LabelSet, tuple[Mapping[str, str], dict[str, T]]] = {}
        self._having: dict[tuple[str, str], dict[LabelSet, None]] = {}
        self._labels: dict[str, LabelSet] = {}

    def __len__(self) -> int:
        return len(self._labels)

    def names(self) -> Iterable[str]:
        return self._labels.keys()

    def put(self, name: str, labels: Mapping[str, str], thing: T) -> None:
        key = label_set(labels)
        if self._labels.get(name, key) != key:
            self.remove(name)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = labels, {}
            for pair in key:
                self._having.setdefault(pair, {})[key] = None
        group[1][name] = thing
        self._labels[name] = key

    def remove(self, name: str) -> None:
        key = self._labels.pop(name, None)
        if key is None:
            return
        things = self._groups[key][1]
        del things[name]
        if things:
            return
        del self._groups[key]
        for pair in key:
            sets = self._having[pair]
            del sets[key]
            if not sets:
                del self._having[pair]

    def select(self, selector: LabelSelector) -> list[T]:
        """In no order that means anything, but always the same one."""
        pair = exact(selector)
        keys = self._groups if pair is None else self._having.get(pair, {})
        found: list[T] = []
        for key in keys:
            labels, things = self._groups[key]
            if selector.matches(labels):
                found.extend(things.values())
        return found


def exact(selector: LabelSelector) -> tuple[str, str] | None:
    """A label and the one value of it that the selector takes, if it has such a term."""
    for term in selector.memberships:
        if term.wanted and len(term.values) == 1:
            (value,) = term.values
            if value is not None:
                return term.key, value
    return None
