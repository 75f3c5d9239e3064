"""What came of a run: the records that tables, JSON and pages are made of.

`msgspec.to_builtins` gives the JSON. All fields are always there; what is not known is null.
Times are seconds since the run began, rates are per second, figures of metrics are in the metric's
own unit (percent of the request, cores, bytes, or plain).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

VERSION = 1
"""Of this form; a program that reads it can tell when a field changes its meaning."""


class Unit(StrEnum):
    """Of a metric's usage and target."""

    PERCENT = "percent of the request"
    CORES = "cores"
    BYTES = "bytes"
    PLAIN = "plain"


class Metric(Struct, frozen=True, kw_only=True):
    """One of the HPA's metrics: what holds for the whole run."""

    name: str
    """As the controller calls it in events and conditions."""
    label: str
    """The same, short: `cpu`, `cpu of app`, `http_requests`."""
    unit: Unit
    target: float


class Reading(Struct, frozen=True, kw_only=True):
    """What one metric said at one step; in the order of `Run.metrics`."""

    usage: float | None = None
    """None where it failed, and where it is an average but there are no pods."""
    ratio: float | None = None
    """Usage to target; None as above."""
    rebalanced: float | None = None
    """The ratio with a guess for the pods left out; None where no pod was."""
    proposal: int | None = None
    """The size that it alone asks for; None where it failed."""
    won: bool = False
    """Its proposal is what the metrics together ask for."""
    course: str = ""
    """How the proposal came about."""
    failure: str = ""
    """Why there is none, in upstream's words."""


class PodGroup(Struct, frozen=True, kw_only=True):
    """Pods that the same thing was done with, for the same reason."""

    group: str
    """`ready`, `unready`, `missing` or `ignored`."""
    reason: str
    count: int
    names: tuple[str, ...] = ()
    """Empty for `ready`: there it tells nothing."""


class Step(Struct, frozen=True, kw_only=True):
    """One reconcile."""

    at: float
    load: float | None = None
    """Requests offered. None in recordings, so are the next five."""
    served: float | None = None
    """Requests served, on average since the step before."""
    waiting: float | None = None
    """Requests in the queue."""
    dropped: float | None = None
    """Requests dropped, on average since the step before."""
    saturation: float | None = None
    """The highest share of the ready pods' capacity that was asked for since the step before; above
    1 is more than they can do. None also where there was load but no ready pod."""
    demand: int | None = None
    """The least pods that could serve the load of this moment."""
    had: int
    """The target's replicas before this step."""
    pods: int
    """Pods that there are; more than can run are pending."""
    ready: int
    wanted: int | None = None
    """What the metrics ask for; None where they failed or were not asked."""
    stabilized: int | None = None
    """What is left of that after the stabilisation windows."""
    size: int
    """The target's replicas after this step."""
    cluster: int | None = None
    """In recordings: the size at the next look, so what the cluster's own controller chose."""
    same_figures: bool | None = None
    """In recordings: whether that controller reported to have seen the same figures."""
    tolerance: tuple[float, float]
    """The least and the greatest ratio that changes nothing."""
    readings: tuple[Reading, ...] = ()
    """Empty where the metrics were not asked."""
    groups: tuple[PodGroup, ...] = ()
    """The pods as the winning metric saw them; empty where it looks at none."""
    reason: str
    """Why the size is what it is, in one line."""
    details: tuple[str, ...] = ()
    """The same in full, a sentence each."""


class Scores(Struct, frozen=True, kw_only=True):
    """How well the sizes fitted the load. Definitions: `replay.scores`."""

    under_provisioning: float
    """Percent (theta U): pods lacking, relative to the demand."""
    over_provisioning: float
    """Percent (theta O): pods too many, relative to the demand."""
    under_time: float
    """Percent of the time (tau U) with pods lacking."""
    over_time: float
    """Percent of the time (tau O) with pods too many."""
    instability: float
    """Percent of the time (upsilon) in which demand and supply moved in different directions."""
    pod_hours: float
    pod_hours_needed: float
    """Of the demand."""
    peak_pods: int
    rescales: int
    """How often the size changed."""
    reversals: int
    """How often it changed against the direction of the change before."""
    worst_saturation: float | None
    """The highest share of the ready pods' capacity that was asked for; None: load and no pod."""
    worst_saturation_at: float
    saturated_time: float
    """Percent of the time in which more was asked for than the ready pods could do."""
    requests: float
    served: float
    dropped: float
    late: float
    """Requests that had to wait."""
    waiting: float
    """Requests that still wait at the end."""
    longest_wait: float
    """Seconds."""


class Run(Struct, frozen=True, kw_only=True):
    """One HPA over time."""

    name: str
    """As the user would call it: the file, or the HPA."""
    namespace: str
    hpa: str
    target: str
    """Kind and name of what is scaled."""
    spec: dict[str, Any]
    """Of the HPA, as the API server would keep it."""
    workload: dict[str, Any] | None = None
    """What was simulated, by flag or field; None for a recording."""
    assumptions: tuple[str, ...] = ()
    """What was assumed for want of better, a sentence each."""
    profile: str
    """The version of Kubernetes whose ways were followed."""
    began: float | None = None
    """Seconds since the epoch; None where the load's times are relative."""
    seconds: float
    """How long it took."""
    period: float
    """Seconds between steps."""
    metrics: tuple[Metric, ...]
    steps: tuple[Step, ...]
    scores: Scores | None = None
    """None for a recording, whose load is not known."""


class Report(Struct, frozen=True, kw_only=True):
    """Several runs, of the same load."""

    version: int = VERSION
    runs: tuple[Run, ...]
    differences: tuple[dict[str, float | None], ...]
    """For each run but the first: its scores less those of the first; None where one is not known.
    """


def report(runs: Sequence[Run]) -> Report:
    """The first is what the others are compared with."""
    first, *others = runs
    differences = tuple(
        _difference(first.scores, one.scores) for one in others if first.scores and one.scores
    )
    return Report(runs=tuple(runs), differences=differences)


def _difference(first: Scores, other: Scores) -> dict[str, float | None]:
    before = asdict(first)
    return {
        name: None if value is None or before[name] is None else value - before[name]
        for name, value in asdict(other).items()
    }
