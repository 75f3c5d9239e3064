"""The targets of an autoscaler in one line: what is measured, against what is wanted."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from tidegauge.sandbox.apiserver.readable import NONE, UNKNOWN

Object = Mapping[str, Any]

_SHOWN = 2
"""Metrics shown; of more, the number only."""

_FIELDS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_OF_RESOURCES = ("resource", "containerResource")
_TOTALS = ("object", "external")
"""Of which an average is the exception."""


def targets_text(autoscaler: Object) -> str:
    """As `kubectl get hpa` shows it: `cpu: 50%/60%, cpu: <unknown>/200m + 1 more...`."""
    texts = list(_texts(autoscaler))
    more = f" + {len(texts) - _SHOWN} more..." if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more if texts else NONE


def _texts(autoscaler: Object) -> Iterator[str]:
    wanted: Sequence[Object] = autoscaler["spec"].get("metrics") or ()
    measured: Sequence[Object] = autoscaler.get("status", {}).get("currentMetrics") or ()
    nothing: Object = {}
    for metric, current in zip_longest(wanted, measured[: len(wanted)], fillvalue=nothing):
        field = _FIELDS.get(metric.get("type", ""))
        if field is None:
            yield "<unknown type>"
            continue
        source = metric.get(field, {})
        reading = (current or {}).get(field, {}).get("current", {})
        text = _against(reading, source.get("target", {}))
        if field in _OF_RESOURCES:
            yield f"{source.get('name')}: {text}"
        else:
            average = field in _TOTALS and "averageValue" in source.get("target", {})
            yield f"{text} (avg)" if average else text


def _against(current: Object, target: Object) -> str:
    if "averageValue" in target:
        return f"{current.get('averageValue') or UNKNOWN}/{target['averageValue']}"
    if "averageUtilization" in target:
        measured = current.get("averageUtilization")
        text = UNKNOWN if measured is None else f"{measured}%"
        return f"{text}/{target['averageUtilization']}%"
    return f"{current.get('value') or UNKNOWN}/{target.get('value', UNKNOWN)}"
