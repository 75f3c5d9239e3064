"""The status of an HPA, its conditions, and the events about it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace


class ConditionType(StrEnum):
    ABLE_TO_SCALE = "AbleToScale"
    SCALING_ACTIVE = "ScalingActive"
    SCALING_LIMITED = "ScalingLimited"
    SCALED_TO_ZERO = "ScaledToZero"


class Condition(Struct, frozen=True):
    """Times in seconds, on the same clock as `now`."""

    type: str
    status: str
    reason: str
    message: str
    last_transition_time: float | None = None


class Status(Struct, frozen=True, kw_only=True):
    """The HPA's status; `current_metrics` as the API's JSON."""

    observed_generation: int | None = None
    last_scale_time: float | None = None
    current_replicas: int = 0
    desired_replicas: int = 0
    current_metrics: tuple[Mapping[str, Any], ...] = ()
    conditions: tuple[Condition, ...] = ()

    def reason(self, kind: ConditionType) -> str:
        """Of that condition; empty where it is not there."""
        return next((one.reason for one in self.conditions if one.type == kind), "")

    def is_true(self, kind: ConditionType) -> bool:
        return any(one.type == kind and one.status == "True" for one in self.conditions)


class Event(Struct, frozen=True):
    """An event about the HPA."""

    type: str
    reason: str
    message: str


class Report:
    """What a reconcile says as it goes: conditions over the old ones, events in order."""

    def __init__(self, status: Status, now: float) -> None:
        self._now = now
        self.conditions = list(status.conditions)
        self.events: list[Event] = []

    def condition(self, kind: ConditionType, holds: bool, reason: str, message: str) -> None:
        """Set it in its old place, else at the end. Its time moves only with its status."""
        status = "True" if holds else "False"
        for place, old in enumerate(self.conditions):
            if old.type == kind:
                since = old.last_transition_time if old.status == status else self._now
                self.conditions[place] = Condition(kind.value, status, reason, message, since)
                return
        self.conditions.append(Condition(kind.value, status, reason, message, self._now))

    def drop(self, kind: ConditionType) -> None:
        self.conditions = [one for one in self.conditions if one.type != kind]

    def normal(self, reason: str, message: str) -> None:
        self.events.append(Event("Normal", reason, message))

    def warning(self, reason: str, message: str) -> None:
        self.events.append(Event("Warning", reason, message))

    def onto(self, status: Status) -> Status:
        """The status with what was said about it."""
        return replace(status, conditions=tuple(self.conditions))
