"""Events that are refused, and some that are not, for the sandbox and for a real server."""

from typing import Any

Object = dict[str, Any]

CORE = "/api/v1/namespaces/default/events"
NEWER = "/apis/events.k8s.io/v1/namespaces/default/events"

TIME = "2026-11-24T10:00:00.000000Z"
_ABOUT = {"kind": "HorizontalPodAutoscaler", "name": "web", "namespace": "default"}


def core(**changed: Any) -> Object:
    """As recorders of old write them."""
    event = {
        "involvedObject": _ABOUT,
        "type": "Normal",
        "reason": "SuccessfulRescale",
        "message": "New size: 3",
        "source": {"component": "horizontal-pod-autoscaler"},
        "count": 1,
        "firstTimestamp": "2026-11-24T10:00:00Z",
    }
    return {"metadata": {"generateName": "web-"}} | event | changed


def newer(**changed: Any) -> Object:
    event = {
        "regarding": _ABOUT,
        "type": "Normal",
        "reason": "SuccessfulRescale",
        "note": "New size: 3",
        "action": "Scale",
        "eventTime": TIME,
        "reportingController": "example.com/scaler",
        "reportingInstance": "scaler-1",
    }
    return {"metadata": {"generateName": "web-"}} | event | changed


EVENTS: dict[str, tuple[str, Object]] = {
    "core": (CORE, core()),
    "core of a node": (CORE, core(involvedObject={"kind": "Node", "name": "n"})),
    "core elsewhere": (CORE, core(involvedObject=_ABOUT | {"namespace": "kube-system"})),
    "core with a time": (CORE, core(eventTime=TIME)),
    "core with all": (
        CORE,
        core(eventTime=TIME, reportingComponent="a", reportingInstance="b", action="c"),
    ),
    "newer": (NEWER, newer()),
    "newer without a time": (NEWER, newer(eventTime=None)),
    "newer without most": (NEWER, newer(action="", reason="", reportingController="")),
    "newer of no type": (NEWER, newer(type="Odd")),
    "newer with a long note": (NEWER, newer(note="a" * 1025)),
    "newer with old fields": (
        NEWER,
        newer(deprecatedCount=2, deprecatedSource={"component": "a"}),
    ),
}
