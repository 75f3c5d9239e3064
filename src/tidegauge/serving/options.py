"""The options of a list: what selects, what is checked though nothing comes of it, what is refused.

Nothing is paged and nothing has a resource version, so `limit`, `continue` and `resourceVersion`
are accepted and change nothing. Checks run in the order of the Go server, whose texts clients know.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tidegauge.serving.query import Query
from tidegauge.serving.status import Cause, StatusError, bad_request, invalid_list_options
from tidegauge.units.duration import parse_duration
from tidegauge.units.gotext import quote
from tidegauge.units.selectors import (
    FieldSelector,
    LabelSelector,
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)

_SELECTS = re.compile("(?:label|field)Selector")

_INTEGER = re.compile("[+-]?[0-9]+")

_MATCH = "resourceVersionMatch"


@dataclass(frozen=True, slots=True)
class ListOptions:
    labels: LabelSelector
    fields: FieldSelector
    watch: bool


def parse_list_options(
    query: Query, parse_fields: Callable[[str], FieldSelector] = parse_field_selector
) -> ListOptions:
    """Raise 400 for what cannot be read and 422 for options that exclude each other."""
    _refuse_lost_selectors(query)
    for name in ("timeoutSeconds", "limit"):
        if name in query:
            _check_integer(query.get(name))
    try:
        labels = parse_label_selector(query.get("labelSelector"))
        fields = parse_fields(query.get("fieldSelector"))
    except SelectorError as error:
        raise StatusError(bad_request(str(error))) from error
    watch = query.is_set("watch")
    if causes := _watch_conflicts(query) if watch else _list_conflicts(query):
        raise StatusError(invalid_list_options(causes))
    return ListOptions(labels, fields, watch)


def _refuse_lost_selectors(query: Query) -> None:
    """A selector in a malformed piece would be dropped, and the list would hold everything."""
    for piece in filter(_SELECTS.search, query.malformed):
        hint = "write ; as %3B and % as %25"
        message = f"malformed piece of the query: {quote(piece)} holds a selector: {hint}"
        raise StatusError(bad_request(message))


def _check_integer(text: str) -> None:
    if not _INTEGER.fullmatch(text):
        fault = "invalid syntax"
    elif not -(2**63) <= int(text[:40]) < 2**63:  # 40 digits are too large however many follow
        fault = "value out of range"
    else:
        return
    raise StatusError(bad_request(f"strconv.ParseInt: parsing {quote(text)}: {fault}"))


def _list_conflicts(query: Query) -> list[Cause]:
    causes = []
    match, version = query.get(_MATCH), query.get("resourceVersion")
    if match and not version:
        text = f"{_MATCH} is forbidden unless resourceVersion is provided"
        causes.append(_forbidden(_MATCH, text))
    if match and query.get("continue"):
        causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided"))
    if match not in ("", "Exact", "NotOlderThan"):
        causes.append(_unsupported(match, "Exact", "NotOlderThan", ""))
    if match == "Exact" and version == "0":
        text = f'{_MATCH} "Exact" is forbidden for resourceVersion "0"'
        causes.append(_forbidden(_MATCH, text))
    if "sendInitialEvents" in query:
        text = "sendInitialEvents is forbidden for list"
        causes.append(_forbidden("sendInitialEvents", text))
    return causes


def _watch_conflicts(query: Query) -> list[Cause]:
    causes = []
    match, initial = query.get(_MATCH), "sendInitialEvents" in query
    if not match and not initial and query.get("resourceVersion") in ("", "0"):
        match, initial = "NotOlderThan", True  # what such a watch has always meant
    if initial and match != "NotOlderThan":
        text = f"sendInitialEvents requires setting {_MATCH} to NotOlderThan"
        causes.append(_forbidden(_MATCH, text))
    if match and not initial:
        text = f"{_MATCH} is forbidden for watch unless sendInitialEvents is provided"
        causes.append(_forbidden(_MATCH, text))
    if match not in ("", "NotOlderThan"):
        causes.append(_unsupported(match, "NotOlderThan"))
    if match and query.get("continue"):
        causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided"))
    return causes


def _forbidden(field: str, text: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {text}", field)


def _unsupported(value: str, *supported: str) -> Cause:
    values = ", ".join(map(quote, supported))
    text = f"Unsupported value: {quote(value)}: supported values: {values}"
    return Cause("FieldValueNotSupported", text, _MATCH)


def time_limit(query: Query) -> float | None:
    """Seconds that the client grants the request, or None; 400 where `timeout` is no duration."""
    text = query.get("timeout")
    if not text:
        return None
    try:
        ns = parse_duration(text)
    except ValueError as error:
        message = f"invalid timeout specified in the request URL - {error}"
        raise StatusError(bad_request(message)) from error
    return ns / 1e9 if ns > 0 else None


_TRUE = ("1", "t", "T", "true", "TRUE", "True")

_HUMAN_AGENTS = ("curl", "Wget", "Mozilla/5.0")
"""Whoever types a URL wants to read the answer."""


def wants_pretty(query: Query, user_agent: str) -> bool:
    if asked := query.get("pretty"):
        return asked in _TRUE
    return user_agent.startswith(_HUMAN_AGENTS)
