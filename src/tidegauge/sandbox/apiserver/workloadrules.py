"""The rules of what makes pods: Deployments, ReplicaSets, StatefulSets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.podrules import pod_spec_faults
from tidegauge.sandbox.apiserver.rules import not_negative, required, wrong
from tidegauge.serving.status import Cause

Object = Mapping[str, Any]
Causes = Iterator[Cause]

_COUNTS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")

_PERCENT = "[0-9]+%"
_BAD_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    f"'93%', regex used for validation is '{_PERCENT}')"
)


def workload_faults(spec: Object) -> Causes:
    for field in _COUNTS:
        yield from not_negative(f"spec.{field}", spec.get(field))
    yield from _selector(spec)
    yield from pod_spec_faults(spec["template"].get("spec") or {}, "spec.template.spec")
    yield from _strategy(spec.get("strategy") or {})
    deadline, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds", 0)
    if deadline is not None and deadline <= ready:
        detail = "must be greater than minReadySeconds"
        yield wrong("spec.progressDeadlineSeconds", deadline, detail)
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    yield from not_negative("spec.updateStrategy.rollingUpdate.partition", rolling.get("partition"))


def _selector(spec: Object) -> Causes:
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    labels = spec["template"].get("metadata", {}).get("labels") or {}
    if not spec.get("selector"):
        yield required("spec.selector")
    elif not selector.items() <= labels.items():
        detail = "`selector` does not match template `labels`"
        yield wrong("spec.template.metadata.labels", labels, detail)


def _strategy(strategy: Object) -> Causes:
    """How many pods a rolling update may have too many, and too few: counts or percentages."""
    path, rolling = "spec.strategy.rollingUpdate", strategy.get("rollingUpdate")
    if rolling is None:
        return
    if strategy.get("type") == "Recreate":
        detail = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause("FieldValueForbidden", detail, path)
        return
    for field in ("maxUnavailable", "maxSurge"):
        yield from _share(f"{path}.{field}", rolling.get(field))
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    if _amount(unavailable) == _amount(surge) == 0:
        detail = "may not be 0 when `maxSurge` is 0"
        yield wrong(f"{path}.maxUnavailable", unavailable, detail)
    if isinstance(unavailable, str) and _amount(unavailable) > 100:
        yield wrong(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")


def _share(path: str, value: Any) -> Causes:
    if isinstance(value, str):
        if not _is_percent(value):
            yield wrong(path, value, _BAD_PERCENT)
    else:
        yield from not_negative(path, value)


def _amount(value: Any) -> int:
    """Of pods, or of a percentage; what is not there or can't be read counts as none."""
    if isinstance(value, str):
        return int(value[:-1]) if _is_percent(value) else 0
    return int(value or 0)


def _is_percent(text: str) -> bool:
    return bool(re.fullmatch(_PERCENT, text, re.ASCII))
