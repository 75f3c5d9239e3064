"""A metric's LabelSelector: its text in upstream's messages, and what makes it invalid."""

from collections.abc import Mapping
from typing import Any

from tidegauge.units.gotext import quote

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selector_fault(selector: Mapping[str, Any] | None) -> str | None:
    """Why it cannot be used, or None. The API server lets such through."""
    for expression in (selector or {}).get("matchExpressions") or ():
        operator = expression.get("operator", "")
        if operator not in _OPERATORS:
            return f"{quote(operator)} is not a valid label selector operator"
    return None


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
