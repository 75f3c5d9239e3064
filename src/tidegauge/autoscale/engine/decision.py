"""A decision, with every number that led there and all that the controller says of it."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.labels import Action, Fault
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.normalizing import Normalization
from tidegauge.autoscale.engine.proposals import Proposals
from tidegauge.autoscale.engine.status import Event, Status
from tidegauge.autoscale.engine.tolerance import Tolerance


class Path(StrEnum):
    """Which way a reconcile went."""

    NO_SCALE = "the target's scale could not be read"
    DISABLED = "the target has zero replicas, which switches autoscaling off"
    ABOVE_MAXIMUM = "the target has more replicas than the maximum; metrics are not asked"
    BELOW_MINIMUM = "the target has fewer replicas than the minimum; metrics are not asked"
    NO_PODS_KNOWN = "the target's pods cannot be told by its selector"
    NO_PROPOSAL = "too many metrics failed"
    METRICS = "the metrics decide"


class Outcome(Struct, frozen=True, kw_only=True):
    """What the controller writes and says."""

    status: Status
    write: bool
    """The status differs from what is stored."""
    events: tuple[Event, ...]
    late_events: tuple[Event, ...] = ()
    """Those that come after the status is written."""
    error: str | None = None
    final: bool = True
    """The error stands even if writing the status fails as well."""
    action: Action = Action.NONE
    fault: Fault = Fault.NONE
    memory: Memory

    def with_unwritten_status(self, name: str, message: str) -> "Outcome":
        """What it says where writing the status failed with `message`."""
        failed = Event("Warning", "FailedUpdateStatus", message)
        outcome = replace(self, events=(*self.events, failed))
        if self.final:
            return outcome
        return replace(
            outcome,
            error=f"failed to update status for {name}: {message}",
            fault=Fault.INTERNAL,
        )


class Findings(Struct, frozen=True, kw_only=True):
    """What was found out about one situation."""

    path: Path
    current: int | None = None
    """The target's size; None where it could not be read."""
    minimum: int
    maximum: int
    tolerance: Tolerance | None = None
    proposals: Proposals | None = None
    normalization: Normalization | None = None


class Decision(Findings, frozen=True, kw_only=True):
    """What is done about it."""

    desired: int | None = None
    """The final size; None where none was found."""
    rescale: bool = False
    """The target is to be given a new size."""
    reason: str = ""
    """Of the new size, in upstream's words."""
    outcome: Outcome
