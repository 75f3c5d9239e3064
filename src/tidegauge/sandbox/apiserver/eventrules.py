"""The rules of Events: few for those of old, more for those with an `eventTime`, most for those
that are made in the newer group. Source: pkg/apis/core/validation/events.go.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.rules import required, wrong
from tidegauge.serving.status import Cause
from tidegauge.units.selectors.syntax import key_faults

Object = Mapping[str, Any]
Causes = Iterator[Cause]

_LONGEST = {"reportingInstance": 128, "action": 128, "reason": 128, "message": 1024}
"""Characters; what is empty lacks, but for the message."""

_OF_OLD = ("firstTimestamp", "lastTimestamp", "count")


def event_faults(kind: Kind, event: Object) -> Causes:
    newer = kind.group != ""
    if event.get("eventTime"):
        yield from _with_time(event, "reportingController" if newer else "reportingComponent")
    else:
        yield from _place(event, ("default",))
    if newer:
        yield from _newer(event)


def _place(event: Object, without: tuple[str, ...]) -> Causes:
    """It lies where its object does; `without` are the namespaces for objects that have none."""
    own, of_object = event["metadata"].get("namespace", ""), _namespace(event)
    if own not in ((of_object,) if of_object else without):
        yield wrong("involvedObject.namespace", of_object, "does not match event.namespace")


def _namespace(event: Object) -> str:
    return str((event.get("involvedObject") or {}).get("namespace", ""))


def _with_time(event: Object, component: str) -> Causes:
    if not _namespace(event):
        yield from _place(event, ("default", "kube-system"))
    reporter = event.get("reportingComponent") or ""
    if not reporter:
        yield required(component)
    yield from (wrong(component, reporter, fault) for fault in key_faults(reporter))
    for field, longest in _LONGEST.items():
        text = event.get(field) or ""
        if not text and field != "message":
            yield required(field)
        if len(text) > longest:
            yield wrong(field, "", f"can have at most {longest} characters")


def _newer(event: Object) -> Causes:
    if not event.get("eventTime"):
        yield required("eventTime")
    if event.get("type") not in ("Normal", "Warning"):
        yield wrong("type", "", f"has invalid value: {event.get('type', '')}")
    for field in _OF_OLD:
        if event.get(field):
            yield wrong(field, "", "needs to be unset")
    if any((event.get("source") or {}).values()):
        yield wrong("source", "", "needs to be unset")
