"""Values as `kubectl get` shows them: ages, selectors, and what stands for nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_YEAR = 365 * _DAY


def seconds_of(timestamp: str) -> float:
    """RFC 3339 as seconds since the epoch."""
    return dt.datetime.fromisoformat(timestamp).timestamp()


def age(timestamp: str | None, now: float) -> str:
    """The time since then in one or two units."""
    return human_duration(now - seconds_of(timestamp)) if timestamp else UNKNOWN


def human_duration(seconds: float) -> str:
    """As Kubernetes rounds it: two units while the smaller one matters, then one."""
    if seconds < -1:
        return "<invalid>"
    whole = max(0, int(seconds))
    for below, unit, letter, rest_unit, rest_letter in _STEPS:
        if whole < below:
            count, rest = divmod(whole, unit)
            rest //= rest_unit or unit
            return f"{count}{letter}" + (f"{rest}{rest_letter}" if rest and rest_unit else "")
    return f"{whole // _YEAR}y"


_STEPS = (
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)
"""Up to how many seconds: the unit with its letter, and the smaller one where it is shown."""


def labels_text(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector in the one-line form."""
    if not selector:
        return NONE
    terms = [f"{key}={value}" for key, value in sorted(selector.get("matchLabels", {}).items())]
    terms += map(_expression_text, selector.get("matchExpressions", ()))
    return ",".join(terms) or NONE


def _expression_text(term: Mapping[str, Any]) -> str:
    values = ",".join(sorted(term.get("values", ())))
    match term["operator"]:
        case "Exists":
            return str(term["key"])
        case "DoesNotExist":
            return f"!{term['key']}"
        case operator:
            return f"{term['key']} {operator.lower()} ({values})"


def joined(values: Sequence[str]) -> str:
    return ",".join(values) or NONE
