"""A metric's LabelSelector: its text in upstream's messages, and what makes it invalid."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tidegauge.units.gotext import quote
from tidegauge.units.selectors.labels import invalid, together
from tidegauge.units.selectors.syntax import key_faults, value_faults

_LISTING, _TESTING = ("In", "NotIn"), ("Exists", "DoesNotExist")


def selector_fault(selector: Mapping[str, Any] | None) -> str | None:
    """Why it cannot be used, or None. The API server lets such through."""
    return next(selector_faults(selector or {}), None)


def selector_faults(selector: Mapping[str, Any]) -> Iterator[str]:
    """What upstream says of each term that is wrong; it stops at the first one. Labels come in the
    order of their keys: upstream's is random.
    """
    for key, value in sorted((selector.get("matchLabels") or {}).items()):
        yield from _wrong(_word_faults(key, [value]))
    for expression in selector.get("matchExpressions") or ():
        yield from _wrong(_expression_faults(expression))


def _wrong(faults: Iterator[str]) -> Iterator[str]:
    """Those of one term."""
    if found := list(faults):
        yield together(found)


def _expression_faults(expression: Mapping[str, Any]) -> Iterator[str]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator not in (*_LISTING, *_TESTING):
        yield f"{quote(operator)} is not a valid label selector operator"
        return
    of_number = ""
    if operator in _LISTING and not values:
        of_number = "null: for 'in', 'notin' operators, values set can't be empty"
    if operator in _TESTING and values:
        shown = msgspec.json.encode(values).decode()
        of_number = f"{shown}: values set must be empty for exists and does not exist"
    yield from _word_faults(expression.get("key", ""), values, of_number)


def _word_faults(key: str, values: Sequence[str], of_number: str = "") -> Iterator[str]:
    """Of the key, then of how many values there are, then of each of them."""
    if found := key_faults(key):
        yield invalid("key", key, found)
    if of_number:
        yield f"values: Invalid value: {of_number}"
    for index, value in enumerate(values):
        if found := value_faults(value):
            yield invalid(f"values[{index}][{key}]", value, found)


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """As Go prints the API's struct."""
    if selector is None:
        return "nil"
    labels = sorted((selector.get("matchLabels") or {}).items())
    pairs = "".join(f"{key}: {value}," for key, value in labels)
    expressions = "".join(map(_expression, selector.get("matchExpressions") or ()))
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


def _expression(expression: Mapping[str, Any]) -> str:
    values = " ".join(expression.get("values") or ())
    return (
        f"LabelSelectorRequirement{{Key:{expression.get('key', '')},"
        f"Operator:{expression.get('operator', '')},Values:[{values}],}},"
    )
