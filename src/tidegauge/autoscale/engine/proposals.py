"""All metrics of an HPA: each proposes, the highest wins, a broken one only forbids going down."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tidegauge.autoscale.engine.calculation import Calculation
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.grouping import GroupedPod
from tidegauge.autoscale.engine.labels import Action, Fault, action_of
from tidegauge.autoscale.engine.sources import source_of
from tidegauge.autoscale.engine.spec import MetricSpec
from tidegauge.autoscale.engine.view import View
from tidegauge.units.gotext import quote


class MetricFailure(Struct, frozen=True, kw_only=True):
    """Why a metric proposes nothing."""

    reason: str
    """Of event and condition."""
    message: str
    text: str
    """The message with all that surrounds it in upstream's log and errors."""
    pods: tuple[GroupedPod, ...] = ()
    is_spec: bool = False
    """The spec is at fault, not the cluster."""


class Proposal(Struct, frozen=True, kw_only=True):
    """One metric's: either a calculation or a failure."""

    metric: MetricSpec
    name: str
    calculation: Calculation | None = None
    failure: MetricFailure | None = None
    current: Mapping[str, Any]
    """The entry of `currentMetrics`; of a failed metric an empty one."""

    def action_from(self, status_replicas: int) -> Action:
        """What it alone would do to the size that the status had before."""
        if self.calculation is None:
            return Action.NONE
        return action_of(status_replicas, self.calculation.replicas)

    @property
    def fault(self) -> Fault:
        if self.failure is None:
            return Fault.NONE
        return Fault.SPEC if self.failure.is_spec else Fault.INTERNAL


class Proposals(Struct, frozen=True, kw_only=True):
    """Of all metrics, in the order of the spec."""

    proposals: tuple[Proposal, ...]
    replicas: int
    """What the metrics together ask for; may be negative, as a metric may."""
    winner: Proposal | None
    blocked: bool
    """Failed metrics forbid to scale."""
    error: str | None
    """About the failed metrics, also where the others suffice."""

    @property
    def first_failure(self) -> MetricFailure | None:
        return next((one.failure for one in self.proposals if one.failure), None)


_EMPTY = {"type": ""}


def propose(metrics: tuple[MetricSpec, ...], view: View) -> Proposals:
    """Ties keep the first metric; while nothing is proposed yet, zero gives way to any figure."""
    proposals = tuple(_propose(metric, view) for metric in metrics)
    replicas, winner = 0, None
    for one in proposals:
        if one.calculation and (replicas == 0 or one.calculation.replicas > replicas):
            replicas, winner = one.calculation.replicas, one
    failures = [one.failure for one in proposals if one.failure]
    error = None
    if failures:
        counts = f"{len(failures)} invalid out of {len(metrics)}"
        error = f"invalid metrics ({counts}), first error is: {failures[0].text}"
    return Proposals(
        proposals=proposals,
        replicas=replicas,
        winner=winner,
        blocked=len(failures) >= len(metrics) or (bool(failures) and replicas < view.replicas),
        error=error,
    )


def _propose(metric: MetricSpec, view: View) -> Proposal:
    source = source_of(metric)
    if source is None:
        return _unknown(metric)
    try:
        calculation = source.calculate(view)
    except MetricError as error:
        failure = MetricFailure(
            reason=source.reason,
            message=str(error),
            text=f"{source.context}: {error}",
            pods=error.pods,
        )
        return Proposal(metric=metric, name=source.name, failure=failure, current=_EMPTY)
    return Proposal(
        metric=metric,
        name=source.name,
        calculation=calculation,
        current=source.report(calculation),
    )


def _unknown(metric: MetricSpec) -> Proposal:
    message = f"unknown metric source type {quote(metric.type)}"
    failure = MetricFailure(
        reason="InvalidMetricSourceType", message=message, text=message, is_spec=True
    )
    return Proposal(metric=metric, name=metric.type, failure=failure, current=_EMPTY)
