"""A simulation from beginning to end, as the record that tables and pages are made of."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.sources import source_of
from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.replay.building import Built
from tidegauge.autoscale.replay.figures import metric_of
from tidegauge.autoscale.replay.loads import Load
from tidegauge.autoscale.replay.manifests import Given
from tidegauge.autoscale.replay.result import Metric, Run, Step
from tidegauge.autoscale.replay.simulation import Setup, Simulation

MOST_STEPS = 250_000
"""A month and a half of a reconcile each 15 seconds; each step is a record of some kilobytes."""

_TELL_EACH = 1_000
"""Steps, which take a tenth of a second."""


class Controller(Struct, frozen=True, kw_only=True):
    """How the controller is run."""

    profile: str = "1.37"
    """A key of PROFILES."""
    period: float = 15.0
    """Seconds between reconciles."""
    settings: Settings = Settings()


def simulated(
    name: str,
    given: Given,
    built: Built,
    load: Load,
    controller: Controller,
    progress: Callable[[float], None],
) -> Run:
    """The whole load, under the HPA given; `progress` is told the share of it that is done."""
    simulation = Simulation(_setup(given, built, load, controller))
    steps = tuple(_told(simulation.steps(), load.seconds, progress))
    target = given.autoscaler.spec.scale_target_ref
    return Run(
        name=name,
        namespace=given.autoscaler.namespace,
        hpa=given.autoscaler.name,
        target=f"{target.kind} {target.name}",
        spec=given.manifest["spec"],
        workload=msgspec.to_builtins(built.workload),
        assumptions=built.assumptions,
        profile=controller.profile,
        began=load.began,
        seconds=load.seconds,
        period=controller.period,
        metrics=metrics_of(given.autoscaler.spec),
        steps=steps,
        scores=simulation.scores(),
    )


def _setup(given: Given, built: Built, load: Load, controller: Controller) -> Setup:
    return Setup(
        autoscaler=given.autoscaler,
        load=load,
        workload=built.workload,
        origins=built.origins,
        period=controller.period,
        settings=controller.settings,
        profile=PROFILES[controller.profile],
    )


def _told(
    steps: Iterable[Step], seconds: float, progress: Callable[[float], None]
) -> Iterator[Step]:
    for number, step in enumerate(steps, 1):
        if not number % _TELL_EACH:
            progress(step.at / seconds)
        yield step


def metrics_of(spec: Spec) -> tuple[Metric, ...]:
    """In the order of the spec."""
    sources = ((metric, source_of(metric)) for metric in spec.metrics)
    return tuple(metric_of(metric, found.name if found else "") for metric, found in sources)
