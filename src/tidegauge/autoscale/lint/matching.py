"""The LabelSelector of the API, as JSON: what it matches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from tidegauge.autoscale.lint.access import Json, objects_at, texts_at
from tidegauge.units.selectors import LabelSelector
from tidegauge.units.selectors.labels import Membership

T = TypeVar("T")

_ABSENT = frozenset((None,))


def label_selector(selector: Json) -> LabelSelector:
    """As the controllers read it; terms with an unknown operator match nothing."""
    return LabelSelector(tuple(_terms(selector)))


def _terms(selector: Json) -> Iterator[Membership]:
    for key, value in texts_at(selector, "matchLabels").items():
        yield Membership(key, frozenset((value,)), wanted=True)
    for expression in objects_at(selector, "matchExpressions"):
        key, values = str(expression.get("key")), frozenset(_values(expression))
        match expression.get("operator"):
            case "In":
                yield Membership(key, values, wanted=True)
            case "NotIn":
                yield Membership(key, values, wanted=False)
            case "Exists":
                yield Membership(key, _ABSENT, wanted=False)
            case "DoesNotExist":
                yield Membership(key, _ABSENT, wanted=True)
            case _:
                yield Membership(key, frozenset(), wanted=True)


class ByLabels(Generic[T]):
    """Things found by the labels they have, in their order."""

    def __init__(self, things: Iterable[tuple[Mapping[str, str], T]]) -> None:
        self._things = list(things)
        self._by_label: dict[tuple[str, str], list[tuple[Mapping[str, str], T]]] = defaultdict(list)
        for labels, thing in self._things:
            for label in labels.items():
                self._by_label[label].append((labels, thing))

    def matching(self, selector: LabelSelector) -> list[T]:
        """All that it matches; only those with the rarest label it asks for are tried."""
        asked = (
            (term.key, value)
            for term in selector.memberships
            if term.wanted and len(term.values) == 1
            for value in term.values
            if value is not None
        )
        found = (self._by_label.get(label, []) for label in asked)
        tried = min(found, key=len, default=self._things)
        return [thing for labels, thing in tried if selector.matches(labels)]


def _values(expression: Json) -> list[str]:
    values = expression.get("values")
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
