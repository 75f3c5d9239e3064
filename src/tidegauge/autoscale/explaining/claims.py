"""What the status claims, and what it is worth."""

from collections.abc import Iterator, Mapping
from typing import Any

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.engine.status import ConditionType, Status
from tidegauge.autoscale.explaining.explanation import Claim, Standing, moment
from tidegauge.autoscale.explaining.measures import source_of
from tidegauge.autoscale.explaining.wording import clock, span
from tidegauge.autoscale.reading.objects import AutoscalerObject, ManagedFields

_LOOKS = 2.0
"""A status may be that many of the controller's periods behind: it may just be about to look."""

_GRACE = 5.0
"""Seconds that a look may take."""

_TELLING = (ConditionType.SCALING_ACTIVE, ConditionType.SCALING_LIMITED)
"""Conditions whose reasons are worth comparing; that of AbleToScale changes with every step."""


def standing(
    stored: AutoscalerObject,
    autoscaler: Autoscaler,
    decision: Decision,
    alike: float | None,
    now: float,
    period: float,
) -> Standing:
    """`alike` is when it was last seen to be as it should, or to have changed; `period` is the
    controller's, in seconds.

    What was not computed is not compared. A status is written only when something in it changes,
    so an old one that differs may be of a load that has changed just now.
    """
    writer = _writer(stored)
    at = writer.time.timestamp() if writer and writer.time else None
    if not autoscaler.status.conditions:
        return _unlooked(stored, now, period)
    claims = tuple(_claims(autoscaler, decision))
    changed = None if at is None else moment(at)
    who = f", by {writer.manager}" if writer else ""
    since = "" if at is None else f"last changed at {clock(at)} ({span(now - at)} ago{who})"
    if not claims:
        return Standing(
            stale=False, changed=changed, text="; ".join(filter(None, ("up to date", since)))
        )
    known = max(filter(None, (at, alike)), default=now)
    stale = now - known > _LOOKS * period + _GRACE
    though = f"{since}, though " if since else ""
    text = (
        f"stale, if nothing has changed just now: {though}the controller looks each {span(period)}"
        if stale
        else "; ".join(filter(None, ("changed since the controller's last look", since)))
    )
    return Standing(stale=stale, changed=changed, text=text, claims=claims)


def _unlooked(stored: AutoscalerObject, now: float, period: float) -> Standing:
    created = stored.metadata.creation_timestamp
    age = 0.0 if created is None else now - created.timestamp()
    if age > _LOOKS * period + _GRACE:
        text = f"no controller has looked at it in the {span(age)} since it was created"
        return Standing(stale=True, text=text)
    return Standing(stale=False, text="no controller has looked at it yet")


def _writer(stored: AutoscalerObject) -> ManagedFields | None:
    fields = stored.metadata.managed_fields or ()
    return next((one for one in fields if one.subresource == "status"), None)


def _claims(autoscaler: Autoscaler, decision: Decision) -> Iterator[Claim]:
    old, new = autoscaler.status, decision.outcome.status
    seen = old.observed_generation
    if seen is not None and seen < autoscaler.generation:
        yield Claim("spec", f"generation {seen}", f"generation {autoscaler.generation}")
    # After a change of size the status has the one before as the current one.
    if decision.current not in (None, old.current_replicas, old.desired_replicas):
        yield Claim("currentReplicas", str(old.current_replicas), str(decision.current))
    yield from _metrics(autoscaler, old, new)
    if decision.rescale:
        return  # the rest is to change with the size
    if decision.desired is not None and old.desired_replicas != decision.desired:
        yield Claim("desiredReplicas", str(old.desired_replicas), str(decision.desired))
    yield from _conditions(old, new)


def _metrics(autoscaler: Autoscaler, old: Status, new: Status) -> Iterator[Claim]:
    both = zip(autoscaler.spec.metrics, old.current_metrics, new.current_metrics, strict=False)
    for metric, claimed, found in both:
        before, after = _figure(claimed), _figure(found)
        if _called(claimed) != _called(found) and "nothing" not in (before, after):
            before = "another metric"  # the spec was changed since
        if before != after:
            yield Claim(source_of(metric).label, before, after)


def _called(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells an entry of currentMetrics from others, but for selectors."""
    part = next((one for one in entry.values() if isinstance(one, Mapping)), {})
    name = part.get("name") or (part.get("metric") or {}).get("name")
    return entry.get("type"), name, part.get("container")


def _figure(entry: Mapping[str, Any]) -> str:
    """Of an entry of currentMetrics; one that failed is empty."""
    for part in entry.values():
        if isinstance(part, Mapping) and (current := part.get("current")):
            if (percent := current.get("averageUtilization")) is not None:
                return f"{percent}%"
            return str(current.get("averageValue") or current.get("value") or "nothing")
    return "nothing"


def _conditions(old: Status, new: Status) -> Iterator[Claim]:
    before = {one.type: one for one in old.conditions}
    for one in new.conditions:
        was = before.get(one.type)
        if (
            was is None
            or was.status != one.status
            or (one.type in _TELLING and was.reason != one.reason)
        ):
            claimed = f"{was.status} ({was.reason})" if was else "not there"
            yield Claim(one.type, claimed, f"{one.status} ({one.reason})")
