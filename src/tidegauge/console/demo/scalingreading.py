"""What the API says of HPAs, as rows of a picture: pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from tidegauge.console.demo.picture import AutoscalerRow
from tidegauge.sandbox.apiserver.autoscalertargets import targets_text
from tidegauge.sandbox.apiserver.readable import seconds_of

Object: TypeAlias = dict[str, Any]

_TELLING = (("AbleToScale", "False"), ("ScalingActive", "False"), ("ScalingLimited", "True"))
"""Conditions that something is wrong or held back, the worst first."""


def autoscalers(
    found: Sequence[Object], workloads: Mapping[str, Sequence[Object]], now: float
) -> Iterator[AutoscalerRow]:
    """`workloads` are those that may be scaled, by kind."""
    targets = {
        (kind, each["metadata"]["namespace"], each["metadata"]["name"]): each
        for kind, those in workloads.items()
        for each in those
    }
    for each in found:
        metadata, spec = each["metadata"], each["spec"]
        target = spec["scaleTargetRef"]
        workload = targets.get((target["kind"], metadata["namespace"], target["name"]), {})
        yield AutoscalerRow(
            namespace=metadata["namespace"],
            name=metadata["name"],
            target=f"{target['kind']}/{target['name']}",
            usage=targets_text(each),
            minimum=spec.get("minReplicas", 1),
            maximum=spec["maxReplicas"],
            wanted=workload.get("spec", {}).get("replicas"),
            ready=workload.get("status", {}).get("readyReplicas", 0),
            said=_said(each.get("status", {})),
            age=now - seconds_of(metadata["creationTimestamp"]),
        )


def _said(status: Object) -> str:
    """The message of the condition that matters most."""
    found = {each["type"]: each for each in status.get("conditions") or ()}
    for kind, telling in _TELLING:
        if kind in found and found[kind]["status"] == telling:
            return str(found[kind].get("message", ""))
    return str(found.get("AbleToScale", {}).get("message", ""))
