"""Which pods count: ready, unready, missing, ignored, each with the reason.

Only for the resource cpu does readiness matter: a pod that starts burns more than it serves.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from tidegauge.autoscale.engine.answers import Sample
from tidegauge.autoscale.engine.pods import Pod, ReadyCondition
from tidegauge.autoscale.engine.profiles import Profile
from tidegauge.autoscale.engine.settings import Settings


class Group(StrEnum):
    READY = "ready"
    UNREADY = "unready"
    """Its sample is dropped; on the way up it counts as using nothing."""
    MISSING = "missing"
    """It has no sample; a guess is made that slows the change."""
    IGNORED = "ignored"
    """As if it did not exist."""


class GroupedPod(Struct, frozen=True):
    """A pod's group and why."""

    name: str
    group: Group
    reason: str


def group_pods(
    pods: Iterable[Pod],
    samples: Mapping[str, Sample],
    resource: str,
    settings: Settings,
    profile: Profile,
    now: float,
) -> list[GroupedPod]:
    """Each pod's group, in the order given. `resource` is empty for metrics of the Pods type."""
    return [
        GroupedPod(pod.name, *_group(pod, samples.get(pod.name), resource, settings, profile, now))
        for pod in pods
    ]


_Verdict = tuple[Group, str]

_DELETED = Group.IGNORED, "is being deleted"
_FAILED = Group.IGNORED, "has failed"
_SUCCEEDED = Group.IGNORED, "has succeeded"
_PENDING = Group.UNREADY, "is pending"
_NO_SAMPLE = Group.MISSING, "has no metric sample"
_NO_CONDITION = Group.UNREADY, "has no Ready condition"
_NOT_STARTED = Group.UNREADY, "has no start time"
_STARTING = Group.UNREADY, "is not ready, within the CPU initialization period"
_EARLY_SAMPLE = Group.UNREADY, "its sample may reach back before it became ready, as it started"
_NEVER_READY = Group.UNREADY, "is not ready, and has not been since it started"
_COUNTED = Group.READY, "its sample counts"


def _group(
    pod: Pod,
    sample: Sample | None,
    resource: str,
    settings: Settings,
    profile: Profile,
    now: float,
) -> _Verdict:
    if pod.deleted:
        return _DELETED
    if pod.phase == "Failed":
        return _FAILED
    if pod.phase == "Succeeded" and profile.succeeded_ignored:
        return _SUCCEEDED
    if pod.phase == "Pending":
        return _PENDING
    if sample is None:
        return _NO_SAMPLE
    return _by_readiness(pod, sample, settings, now) if resource == "cpu" else _COUNTED


def _by_readiness(pod: Pod, sample: Sample, settings: Settings, now: float) -> _Verdict:
    if pod.ready is None:
        return _NO_CONDITION
    if pod.started is None:
        return _NOT_STARTED
    if pod.started + settings.cpu_initialization_period > now:
        return _while_starting(pod.ready, sample)
    delayed = pod.started + settings.initial_readiness_delay > pod.ready.since
    return _NEVER_READY if pod.ready.status == "False" and delayed else _COUNTED


def _while_starting(ready: ReadyCondition, sample: Sample) -> _Verdict:
    if ready.status == "False":
        return _STARTING
    return _EARLY_SAMPLE if sample.timestamp < ready.since + sample.window else _COUNTED
