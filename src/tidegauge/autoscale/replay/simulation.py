"""A workload under a load, with its HPA, in virtual time."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Container as SeenContainer
from tidegauge.autoscale.engine.pods import Kind
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, Situation
from tidegauge.autoscale.replay import reasons, steps
from tidegauge.autoscale.replay.answering import Answering
from tidegauge.autoscale.replay.fleet import Fleet
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.measuring import Meter
from tidegauge.autoscale.replay.result import Scores, Step
from tidegauge.autoscale.replay.scores import Judge
from tidegauge.autoscale.replay.traffic import Traffic
from tidegauge.autoscale.replay.workload import Container, Workload
from tidegauge.units.quantities import DECIMAL_SI, Quantity

_LABELS = {"app": "simulated"}
_SELECTOR = "app=simulated"


class Setup(Struct, frozen=True, kw_only=True):
    """All that a simulation depends on."""

    autoscaler: Autoscaler
    load: Load
    workload: Workload
    origins: Mapping[str, str] = {}
    """What custom and external metrics tell, by name, where the default is not meant."""
    period: float = 15.0
    """Seconds between reconciles."""
    settings: Settings = Settings()
    profile: Profile = NEWEST


class Simulation:
    """One run. Before it begins the first row of the load has held for long, and the pods been
    ready; the controller has just started, so it remembers nothing.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        workload, measuring = setup.workload, setup.workload.measuring
        self._load = setup.load
        self._row = 0
        self._autoscaler = setup.autoscaler
        self._memory = Memory()
        looks_before = int((measuring.window + measuring.delay) / measuring.period) + 2
        self._now = -looks_before * measuring.period
        self._fleet = Fleet(
            workload,
            setup.autoscaler.spec.scale_target_ref.name,
            _LABELS,
            map(_seen, workload.containers),
        )
        self._meter = Meter(workload, self._now)
        self._traffic = Traffic(workload.capacity, queue=False)
        self._answering = Answering(setup.autoscaler.spec.metrics, setup.origins, setup.load)
        self._demand = workload.demand(self._load.rates[0])
        self._fleet.begin(workload.replicas, self._now)
        self._advance(0.0)
        self._traffic.begin(queue=workload.queue)
        self._judge = Judge(self._traffic)
        self._peak = 0.0
        self._before = self._traffic.served, self._traffic.dropped

    def steps(self) -> Iterator[Step]:
        """Each reconcile in turn. Then `scores` can be asked for."""
        number = 0
        while (at := number * self._setup.period) < self._load.seconds:
            self._advance(at)
            yield self._step()
            number += 1
        self._advance(self._load.seconds)

    def scores(self) -> Scores:
        return self._judge.scores(self._load.seconds, self._traffic)

    def _advance(self, until: float) -> None:
        while True:
            self._happen()
            if self._now >= until:
                return
            upcoming = min(until, self._meter.next_look, self._fleet.next_change, self._next_row())
            self._flow(upcoming - self._now)
            self._now = upcoming

    def _happen(self) -> None:
        """All that is due now."""
        if self._next_row() <= self._now:
            self._row += 1
            self._demand = self._setup.workload.demand(self._load.rates[self._row])
        if self._fleet.next_change <= self._now:
            self._fleet.advance(self._now, self._traffic.each)
        if self._meter.next_look <= self._now:
            self._meter.look(self._traffic, self._row)

    def _next_row(self) -> float:
        row = self._row + 1
        return self._load.times[row] if row < len(self._load.times) else float("inf")

    def _saturation(self) -> float:
        return self._traffic.saturation(self._load.rates[self._row], self._fleet.ready)

    def _flow(self, seconds: float) -> None:
        rate = self._load.rates[self._row]
        if self._now >= 0:
            saturation = self._saturation()
            self._peak = max(self._peak, saturation)
            self._judge.lasted(self._now, seconds, self._demand, self._fleet, saturation)
        self._traffic.flow(seconds, rate, self._fleet.ready)

    def _step(self) -> Step:
        had, ready = len(self._fleet.pods), self._fleet.ready
        decision = self._decide(had)
        size = had if decision.desired is None else decision.desired
        self._judge.stepped(self._demand, ready, had, size)
        step = self._shown(decision, had, size)
        self._before = self._traffic.served, self._traffic.dropped
        if decision.rescale:
            self._fleet.resize(size, self._now, self._traffic.each)
        self._peak = 0.0
        return step

    def _decide(self, replicas: int) -> Decision:
        setup, fleet = self._setup, self._fleet
        span = self._meter.span(self._now)
        decision = decide(
            Situation(
                autoscaler=self._autoscaler,
                scale=Scale(replicas, replicas, _SELECTOR),
                pods=fleet.seen(),
                answers=self._answering.answers(span, fleet.pods),
                memory=self._memory,
                now=self._now,
                settings=setup.settings,
                profile=setup.profile,
            )
        )
        self._memory = decision.outcome.memory
        self._autoscaler = replace(self._autoscaler, status=decision.outcome.status)
        return decision

    def _shown(self, decision: Decision, had: int, size: int) -> Step:
        traffic = self._traffic
        normalization = decision.normalization
        peak = max(self._peak, self._saturation())
        return Step(
            at=self._now,
            load=self._load.rates[self._row],
            served=self._since(traffic.served - self._before[0], traffic.pace * self._fleet.ready),
            waiting=traffic.waiting,
            dropped=self._since(traffic.dropped - self._before[1], 0.0),
            saturation=peak if peak < float("inf") else None,
            demand=self._demand,
            had=had,
            pods=len(self._fleet.pods),
            ready=self._fleet.ready,
            wanted=normalization.stabilization.recommended if normalization else None,
            stabilized=normalization.stabilization.replicas if normalization else None,
            size=size,
            tolerance=decision.tolerance.band if decision.tolerance else (1.0, 1.0),
            readings=steps.readings(decision),
            groups=steps.groups(decision),
            reason=reasons.reason(decision, 0.0),
            details=reasons.details(decision, 0.0),
        )

    def _since(self, total: float, at_first: float) -> float:
        """Per second since the step before, if there was one."""
        return total / self._setup.period if self._now else at_first


def _seen(container: Container) -> SeenContainer:
    """With its requests, as the controller reads them."""
    requests = {}
    if container.request is not None:
        requests["cpu"] = Quantity(round(container.request * 1e9), -9, DECIMAL_SI)
    if container.memory_request is not None:
        requests["memory"] = Quantity(round(container.memory_request), 0, DECIMAL_SI)
    kind = Kind.SIDECAR if container.sidecar else Kind.CONTAINER
    return SeenContainer(name=container.name, kind=kind, requests=requests)
